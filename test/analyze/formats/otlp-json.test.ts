import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OtlpSpan } from '../../../src/analyze/formats/otlp-types.ts';
import { outcomeOf, readDocument } from '../../support/read-document.ts';

const TRACE = '5b8efff798038103d269b633813fc60c';
const SPAN = 'eee19b7ec3c1b174';
const BASE = { traceId: TRACE, spanId: SPAN };

const documentOf = (...spans: unknown[]) =>
  JSON.stringify({
    resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: TRACE, spanId: 'ffffffffffffffff' }, ...spans] }] }],
  });

/** What becomes of one span, or why nothing does. */
function read(span: unknown): OtlpSpan | string | undefined {
  const { spans, summary } = readDocument(documentOf(span));
  return spans[1]?.span ?? summary.skipped[0]?.reason;
}

const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64');

describe('ids', () => {
  it.each<[string, string, string]>([
    ['lower-case hex as it is', TRACE, TRACE],
    ['upper-case hex in lower case', TRACE.toUpperCase(), TRACE],
    ['base64 of 16 bytes as hex', base64(TRACE), TRACE],
    ['base64 for URLs as hex', base64('fb'.repeat(16)).replaceAll('+', '-').replaceAll('/', '_'), 'fb'.repeat(16)],
    ['a UUID as it came', '5B8EFFF7-9803-8103-D269-B633813FC60C', '5B8EFFF7-9803-8103-D269-B633813FC60C'],
    ['a letter as it came', 'A', 'A'],
    ['31 digits as they came', TRACE.slice(1).toUpperCase(), TRACE.slice(1).toUpperCase()],
    ['base64 without its end as it came', base64(TRACE).replaceAll('=', ''), base64(TRACE).replaceAll('=', '')],
    ['base64 of 8 bytes in a trace id as it came', base64(SPAN), base64(SPAN)],
  ])('prints %s', (_what, traceId, expected) => {
    expect(read({ ...BASE, traceId })).toMatchObject({ traceId: expected, spanId: SPAN });
  });

  it('prints those of spans, parents and links alike', () => {
    const span = {
      ...BASE,
      spanId: base64(SPAN),
      parentSpanId: 'EEE19B7EC3C1B175',
      links: [{ traceId: base64(TRACE), spanId: base64(SPAN) }],
    };
    expect(read(span)).toEqual({ ...BASE, parentSpanId: 'eee19b7ec3c1b175', links: [BASE] });
  });

  it.each(['', '0000000000000000', 'AAAAAAAAAAA=', null, 0])('takes the parent %j for none', (parentSpanId) => {
    expect(read({ ...BASE, parentSpanId })).toEqual(BASE);
  });

  it.each<[object, string]>([
    [{ traceId: '' }, 'a span has no traceId'],
    [{ traceId: 7 }, 'a span has no traceId'],
    [{ traceId: '0'.repeat(32) }, 'a span has no traceId'],
    [{ traceId: 'AAAAAAAAAAAAAAAAAAAAAA==' }, 'a span has an id of zeros'],
    [{ spanId: null }, 'a span has no spanId'],
    [{ spanId: '0'.repeat(16) }, 'a span has no spanId'],
  ])('refuses a span with %j', (ids, reason) => {
    expect(read({ ...BASE, ...ids })).toBe(reason);
  });

  it('keeps links without a trace id and drops those without a span id', () => {
    expect(read({ ...BASE, links: [{ spanId: SPAN }, { traceId: TRACE }, 1, { spanId: '0000000000000000' }] })).toEqual(
      {
        ...BASE,
        links: [{ spanId: SPAN }],
      },
    );
  });
});

describe('times', () => {
  const times = (start: unknown, end: unknown) => read({ ...BASE, startTimeUnixNano: start, endTimeUnixNano: end });

  it.each<[unknown, string]>([
    ['1700000000000000001', '1700000000000000001'],
    ['18446744073709551615', '18446744073709551615'],
    ['0', '0'],
    [0, '0'],
    ['0042', '42'],
    [1_700_000_000, '1700000000'],
    [1.7e18, '1700000000000000000'],
  ])('reads %j', (value, digits) => {
    expect(times(value, value)).toEqual({ ...BASE, startTimeUnixNano: digits, endTimeUnixNano: digits });
  });

  it('keeps every digit of a bare number', () => {
    const document = documentOf({ ...BASE, startTimeUnixNano: 1 }).replace(':1}', ':1700000000000000001}');
    expect(readDocument(document).spans[1]?.span.startTimeUnixNano).toBe('1700000000000000001');
  });

  it('takes absent and null for none', () => {
    expect(times(undefined, null)).toEqual(BASE);
  });

  it.each([['-1'], ['1.5'], ['18446744073709551616'], ['1e18'], ['now'], [''], [-1], [true], [{}], [[]]])(
    'refuses %j',
    (value) => {
      expect(times(value, '1')).toBe('a span has an unreadable startTimeUnixNano');
      expect(times('1', value)).toBe('a span has an unreadable endTimeUnixNano');
    },
  );
});

describe('enums', () => {
  it.each<[unknown, number | undefined]>([
    [3, 3],
    ['SPAN_KIND_CLIENT', 3],
    ['span_kind_server', 2],
    ['SPAN_KIND_ODD', undefined],
    [1.5, undefined],
    [null, undefined],
  ])('reads the kind %j', (kind, expected) => {
    expect(read({ ...BASE, kind })).toEqual(expected === undefined ? BASE : { ...BASE, kind: expected });
  });

  it.each<[unknown, object | undefined]>([
    [
      { code: 2, message: 'no' },
      { code: 2, message: 'no' },
    ],
    [{ code: 'STATUS_CODE_ERROR' }, { code: 2 }],
    [{ code: 'STATUS_CODE_OK', message: 7 }, { code: 1 }],
    [{}, {}],
    ['ERROR', undefined],
    [null, undefined],
  ])('reads the status %j', (status, expected) => {
    expect(read({ ...BASE, status })).toEqual(expected === undefined ? BASE : { ...BASE, status: expected });
  });
});

describe('what is within a span', () => {
  it('is kept where it is as it should be', () => {
    const span = {
      ...BASE,
      name: 'n',
      flags: 257,
      traceState: 'a=b',
      attributes: [{ key: 'k', value: { intValue: '9007199254740993' } }, { key: 'none' }],
      events: [{ timeUnixNano: '5', name: 'exception', attributes: [{ key: 'k', value: { stringValue: 'v' } }] }],
      links: [{ ...BASE, attributes: [] }],
      status: { code: 1 },
    };
    expect(read(span)).toEqual(span);
  });

  it('is left out where it is not', () => {
    const attributes = [1, null, 'x', {}, { key: 5 }, { key: 'a', value: 'v' }, { key: 'b', value: {} }];
    const span = {
      ...BASE,
      name: 5,
      attributes,
      events: [3, { name: 9, timeUnixNano: 'x' }, { name: 9, attributes: 1 }],
      links: {},
    };
    expect(read(span)).toEqual({ ...BASE, attributes: [{ key: 'b', value: {} }], events: [{}] });
  });

  it('keeps every digit of a bare integer attribute', () => {
    const attributes = [{ key: 'k', value: { intValue: 1 } }];
    const document = documentOf({ ...BASE, attributes }).replace('"intValue":1', '"intValue":-9223372036854775808');
    expect(readDocument(document).spans[1]?.span.attributes).toEqual([
      { key: 'k', value: { intValue: '-9223372036854775808' } },
    ]);
  });

  it('never reaches a prototype', () => {
    const document = documentOf(BASE).replaceAll(
      '"spanId"',
      '"__proto__":{"polluted":1},"constructor":{"a":1},"spanId"',
    );
    expect(readDocument(document).summary.spans).toBe(2);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it('may be anything at all', () => {
    const keys = [
      'traceId',
      'spanId',
      'parentSpanId',
      'name',
      'kind',
      'startTimeUnixNano',
      'endTimeUnixNano',
      'attributes',
      'events',
      'links',
      'status',
    ];
    const record = fc.dictionary(fc.constantFrom(...keys), fc.jsonValue());
    fc.assert(
      fc.property(record, (members) => {
        const outcome = outcomeOf(documentOf({ ...BASE, ...members }));
        expect(outcome).not.toHaveProperty('error');
      }),
    );
  });
});

describe('what is around spans', () => {
  const span = { ...BASE };

  it('has older names', () => {
    const old = {
      instrumentationLibrarySpans: [{ instrumentationLibrary: { name: 'lib', version: '1' }, spans: [span] }],
    };
    const [got] = readDocument(JSON.stringify({ resourceSpans: [old] })).spans;
    expect(got).toMatchObject({ scope: { name: 'lib', version: '1' }, span });
  });

  it('may be null or of another kind, and is said', () => {
    const scopeSpans = [{ scope: null, spans: null }, { scope: 5, spans: [span] }, 'x'];
    const document = JSON.stringify({ resourceSpans: [{ resource: null, scopeSpans }, 7, null] });
    const { summary } = readDocument(document);
    expect(summary.spans).toBe(1);
    expect(summary.skipped.map(({ reason, count }) => [reason, count])).toEqual([
      ['a scope is not an object', 1],
      ['unexpected value of "scopeSpans"', 1],
      ['unexpected value of "resourceSpans"', 1],
    ]);
  });

  it('keeps each resource and scope with its spans', () => {
    const piece = (service: string, scope: string, spanId: string) => ({
      resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
      scopeSpans: [{ scope: { name: scope }, spans: [{ ...BASE, spanId }] }],
    });
    const { spans } = readDocument(JSON.stringify({ resourceSpans: [piece('a', 'x', '1'), piece('b', 'y', '2')] }));
    expect(
      spans.map((got) => [got.resource.attributes?.[0]?.value?.stringValue, got.scope.name, got.span.spanId]),
    ).toEqual([
      ['a', 'x', '1'],
      ['b', 'y', '2'],
    ]);
  });
});
