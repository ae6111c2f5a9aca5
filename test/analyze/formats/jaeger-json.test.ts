import { describe, expect, it } from 'vitest';
import type { OtlpSpan } from '../../../src/analyze/formats/otlp-types.ts';
import { readDocument } from '../../support/read-document.ts';

const BASE = { traceID: 'T', spanID: 'S', operationName: 'op', startTime: 1_700_000_000_000_000, duration: 5 };
const CONVERTED = {
  traceId: 'T',
  spanId: 'S',
  name: 'op',
  startTimeUnixNano: '1700000000000000000',
  endTimeUnixNano: '1700000000000005000',
};

const documentOf = (span: unknown, more: object = {}) =>
  JSON.stringify({ traceID: 'T', spans: [span, { traceID: 'T', spanID: 'other', startTime: 1 }], ...more });

/** What becomes of one span, or why nothing does. */
function read(span: unknown): OtlpSpan | string | undefined {
  const { spans, summary } = readDocument(documentOf(span));
  return spans.find((got) => got.span.spanId !== 'other')?.span ?? summary.skipped[0]?.reason;
}

const tag = (key: string, value: unknown, type = typeof value === 'boolean' ? 'bool' : 'string') => ({
  key,
  type,
  value,
});
const withTags = (...tags: unknown[]) => read({ ...BASE, tags });

describe('ids', () => {
  it('are as they came: case, length and letters count', () => {
    expect(read({ ...BASE, traceID: 'ABCDEF', spanID: '00f' })).toEqual({
      ...CONVERTED,
      traceId: 'ABCDEF',
      spanId: '00f',
    });
  });

  it("are the span's own, else those of the trace around it", () => {
    expect(read({ ...BASE, traceID: 'other trace' })).toMatchObject({ traceId: 'other trace' });
    const { traceID: _, ...nameless } = BASE;
    expect(read(nameless)).toEqual(CONVERTED);
  });

  it.each([
    [{ ...BASE, traceID: '' }, 'a span has no traceID'],
    [{ ...BASE, traceID: 5 }, 'a span has no traceID'],
    [{ ...BASE, spanID: '0000' }, 'a span has no spanID'],
    [{ ...BASE, spanID: undefined }, 'a span has no spanID'],
    [null, 'a span is not an object'],
    ['x', 'a span is not an object'],
  ])('are needed: %j', (span, reason) => {
    expect(read(span)).toBe(reason);
  });
});

describe('times', () => {
  const times = (startTime: unknown, duration: unknown) => {
    const span = read({ ...BASE, startTime, duration });
    return typeof span === 'object' ? [span.startTimeUnixNano, span.endTimeUnixNano] : span;
  };

  it.each<[unknown, unknown, string[]]>([
    [1_700_000_000_000_001, 999, ['1700000000000001000', '1700000000001000000']],
    [0, 100, ['0', '100000']],
    [0, 0, ['0', '0']],
    [1.5, 0.25, ['1500', '1750']],
    [0.1234567, 1e-7, ['123', '123']],
    ['1700000000000001.234', '1', ['1700000000000001234', '1700000000000002234']],
    [10, -4, ['10000', '6000']],
    [10, -40, ['10000', '0']],
  ])('of %j and %j µs are exact in nanoseconds', (start, duration, expected) => {
    expect(times(start, duration)).toEqual(expected);
  });

  it('keep every digit of a number with a long fraction', () => {
    const document = documentOf({ ...BASE, startTime: 77 }).replace(':77', ':1700000000000001.234');
    expect(readDocument(document).spans[0]?.span).toMatchObject({
      startTimeUnixNano: '1700000000000001234',
      endTimeUnixNano: '1700000000000006234',
    });
  });

  it('have no end without a duration', () => {
    const { endTimeUnixNano: _, ...open } = CONVERTED;
    expect(read({ ...BASE, duration: undefined })).toEqual(open);
    expect(read({ ...BASE, duration: null })).toEqual(open);
  });

  it.each([[undefined], [null], [-1], ['soon'], [1e30], [{}]])('cannot start at %j', (startTime) => {
    expect(read({ ...BASE, startTime })).toBe('a span has no readable startTime');
  });

  it.each([['long'], [true], [[]]])('cannot last %j', (duration) => {
    expect(read({ ...BASE, duration })).toBe('a span has an unreadable duration');
  });
});

describe('tags', () => {
  it('become attributes of their types', () => {
    const tags = [
      tag('s', 'text'),
      tag('b', true),
      tag('i', 42, 'int64'),
      tag('big', '9007199254740993', 'int64'),
      tag('f', 0.5, 'float64'),
      tag('whole', 2, 'float64'),
      tag('nan', 'NaN', 'float64'),
      tag('bytes', 'AAEC', 'binary'),
      tag('told true', 'true', 'bool'),
      tag('no integer', 'many', 'int64'),
      { key: 'no type', value: 7 },
      { key: 'no value' },
      { key: 'odd', type: 'string', value: { a: 1 } },
      { type: 'string', value: 'no key' },
      null,
    ];
    expect(withTags(...tags)).toEqual({
      ...CONVERTED,
      attributes: [
        { key: 's', value: { stringValue: 'text' } },
        { key: 'b', value: { boolValue: true } },
        { key: 'i', value: { intValue: '42' } },
        { key: 'big', value: { intValue: '9007199254740993' } },
        { key: 'f', value: { doubleValue: 0.5 } },
        { key: 'whole', value: { doubleValue: 2 } },
        { key: 'nan', value: { doubleValue: 'NaN' } },
        { key: 'bytes', value: { bytesValue: 'AAEC' } },
        { key: 'told true', value: { boolValue: true } },
        { key: 'no integer', value: { stringValue: 'many' } },
        { key: 'no type', value: { intValue: '7' } },
        { key: 'no value' },
        { key: 'odd', value: { stringValue: '{"a":1}' } },
      ],
    });
  });

  it('that stand for a field of OTLP become that field', () => {
    const tags = [
      tag('span.kind', 'consumer'),
      tag('otel.status_code', 'OK'),
      tag('otel.status_description', 'fine'),
      tag('w3c.tracestate', 'a=b'),
      tag('internal.span.format', 'otlp'),
      tag('otel.scope.name', 'lib'),
      tag('otel.scope.version', '2'),
    ];
    const [got] = readDocument(documentOf({ ...BASE, tags })).spans;
    expect(got?.span).toEqual({ ...CONVERTED, kind: 5, traceState: 'a=b', status: { code: 1, message: 'fine' } });
    expect(got?.scope).toEqual({ name: 'lib', version: '2' });
  });

  it.each([
    ['internal', 1],
    ['server', 2],
    ['client', 3],
    ['producer', 4],
    ['consumer', 5],
    ['Server', 2],
  ])('say the kind %s', (kind, code) => {
    expect(withTags(tag('span.kind', kind))).toEqual({ ...CONVERTED, kind: code });
  });

  it.each<[string, unknown[], object]>([
    ['a true error', [tag('error', true)], { status: { code: 2 } }],
    ['a true error as text', [tag('error', 'true', 'bool')], { status: { code: 2 } }],
    ['an error code', [tag('otel.status_code', 'ERROR'), tag('error', true)], { status: { code: 2 } }],
    ['an error that beats OK', [tag('otel.status_code', 'OK'), tag('error', true)], { status: { code: 2 } }],
    ['no error', [tag('error', false)], { attributes: [{ key: 'error', value: { boolValue: false } }] }],
    [
      'an error in words',
      [tag('error', 'timeout')],
      { attributes: [{ key: 'error', value: { stringValue: 'timeout' } }] },
    ],
    [
      'an HTTP status alone',
      [tag('http.status_code', 500, 'int64')],
      { attributes: [{ key: 'http.status_code', value: { intValue: '500' } }] },
    ],
  ])('say the status: %s', (_what, tags, expected) => {
    expect(withTags(...tags)).toEqual({ ...CONVERTED, ...expected });
  });

  it('call the scope by its old name, which the new one beats', () => {
    const scopeOf = (...tags: unknown[]) => readDocument(documentOf({ ...BASE, tags })).spans[0]?.scope;
    const old = [tag('otel.library.name', 'old'), tag('otel.library.version', '1')];
    expect(scopeOf(...old)).toEqual({ name: 'old', version: '1' });
    expect(scopeOf(...old, tag('otel.scope.name', 'new'))).toEqual({ name: 'new', version: '1' });
    expect(scopeOf()).toEqual({});
  });
});

describe('references', () => {
  const reference = (refType: string, spanID: string, traceID = 'T') => ({ refType, traceID, spanID });
  const link = (spanId: string, kind: string, traceId = 'T') => ({
    traceId,
    spanId,
    attributes: [{ key: 'opentracing.ref_type', value: { stringValue: kind } }],
  });

  it.each<[string, unknown, object]>([
    ['the first CHILD_OF is the parent', [reference('CHILD_OF', 'p')], { parentSpanId: 'p' }],
    [
      'the others are links that say what they were',
      [reference('FOLLOWS_FROM', 'f'), reference('CHILD_OF', 'p'), reference('CHILD_OF', 'q')],
      { parentSpanId: 'p', links: [link('f', 'follows_from'), link('q', 'child_of')] },
    ],
    [
      'a CHILD_OF in another trace is a link',
      [reference('CHILD_OF', 'x', 'elsewhere'), reference('CHILD_OF', 'p')],
      { parentSpanId: 'p', links: [link('x', 'child_of', 'elsewhere')] },
    ],
    ['without a trace id it is the same trace', [{ refType: 'CHILD_OF', spanID: 'p' }], { parentSpanId: 'p' }],
    ['what names no span is none', [{ refType: 'CHILD_OF', traceID: 'T' }, reference('CHILD_OF', '0'), 5], {}],
    ['what is no list is none', 'p', {}],
  ])('%s', (_what, references, expected) => {
    expect(read({ ...BASE, references })).toEqual({ ...CONVERTED, ...expected });
  });

  it('may be the old single parentSpanID, where 0 is none', () => {
    expect(read({ ...BASE, parentSpanID: 'p' })).toEqual({ ...CONVERTED, parentSpanId: 'p' });
    expect(read({ ...BASE, parentSpanID: '0' })).toEqual(CONVERTED);
    expect(read({ ...BASE, parentSpanID: 'q', references: [reference('CHILD_OF', 'p')] })).toMatchObject({
      parentSpanId: 'p',
    });
  });
});

describe('logs', () => {
  it('become events, named by their field "event"', () => {
    const logs = [
      { timestamp: 1_700_000_000_000_002, fields: [tag('event', 'exception'), tag('exception.type', 'E')] },
      { timestamp: 'soon', fields: [tag('message', 'm'), tag('event', 5, 'int64')] },
      { fields: null },
      7,
    ];
    expect(read({ ...BASE, logs })).toEqual({
      ...CONVERTED,
      events: [
        {
          timeUnixNano: '1700000000000002000',
          name: 'exception',
          attributes: [{ key: 'exception.type', value: { stringValue: 'E' } }],
        },
        {
          attributes: [
            { key: 'message', value: { stringValue: 'm' } },
            { key: 'event', value: { intValue: '5' } },
          ],
        },
        {},
      ],
    });
  });
});

describe('processes', () => {
  it('become resources: the service name, then the tags', () => {
    const processes = { p: { serviceName: 'svc', tags: [tag('host', 'h'), tag('service.name', 'again')] } };
    const document = documentOf({ ...BASE, processID: 'p' }, { processes });
    expect(readDocument(document).spans.map(({ resource }) => resource)).toEqual([
      {
        attributes: [
          { key: 'service.name', value: { stringValue: 'svc' } },
          { key: 'host', value: { stringValue: 'h' } },
        ],
      },
      {},
    ]);
  });

  it('may be written into their spans', () => {
    const { spans } = readDocument(documentOf({ ...BASE, process: { serviceName: 'own' } }));
    expect(spans[0]?.resource).toEqual({ attributes: [{ key: 'service.name', value: { stringValue: 'own' } }] });
  });

  it('that are missing or no objects leave spans without a resource', () => {
    const { summary, spans } = readDocument(documentOf({ ...BASE, processID: 'p' }, { processes: { p: 5 } }));
    expect(spans[0]?.resource).toEqual({});
    expect(summary.skipped).toMatchObject([{ reason: 'a process is not an object' }]);
  });
});
