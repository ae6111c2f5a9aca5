import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDocumentReader } from '../../../src/analyze/formats/index.ts';
import { otlpLines } from '../../../src/analyze/formats/otlp-lines.ts';
import type { OtlpSpan } from '../../../src/analyze/formats/otlp-types.ts';
import { readDocument } from '../../support/read-document.ts';

const span = (traceId: string, spanId: string, start: number, more: Partial<OtlpSpan> = {}): OtlpSpan => ({
  traceId,
  spanId,
  startTimeUnixNano: String(start),
  ...more,
});

interface Arrival {
  readonly service: string;
  readonly scope: string;
  readonly span: OtlpSpan;
}

const arrive = (service: string, scope: string, each: OtlpSpan): Arrival => ({ service, scope, span: each });

/** Each span with a resource and a scope of its own, as if each came in a request of its own. */
function linesOf(arrivals: readonly Arrival[]): string[] {
  const lines = otlpLines();
  for (const { service, scope, span: each } of arrivals) {
    const [resource, scopeSlot] = [lines.openResource(), lines.openScope()];
    lines.describeResource(resource, { attributes: [{ key: 'service.name', value: { stringValue: service } }] });
    lines.span(resource, scopeSlot, each);
    lines.describeScope(scopeSlot, { name: scope });
  }
  return [...lines.lines()];
}

describe('otlpLines', () => {
  const ARRIVALS = [
    arrive('b', 'x', span('T2', '3', 20)),
    arrive('a', 'y', span('T1', '1', 100)),
    arrive('a', 'x', span('T1', '2', 9)),
    arrive('a', 'y', span('T1', '0', 100)),
    arrive('b', 'x', span('T1', '4', 50)),
    arrive('a', 'x', span('T0', '5', 20)),
  ];

  it('writes a trace a line by start, then id; spans likewise, below resource and scope', () => {
    const resource = (service: string) =>
      `{"attributes":[{"key":"service.name","value":{"stringValue":"${service}"}}]}`;
    const text = (trace: string, id: string, start: number) =>
      `{"traceId":"${trace}","spanId":"${id}","startTimeUnixNano":"${start}"}`;
    expect(linesOf(ARRIVALS)).toEqual([
      `{"resourceSpans":[{"resource":${resource('a')},"scopeSpans":[{"scope":{"name":"x"},"spans":[${text('T1', '2', 9)}]},` +
        `{"scope":{"name":"y"},"spans":[${text('T1', '0', 100)},${text('T1', '1', 100)}]}]},` +
        `{"resource":${resource('b')},"scopeSpans":[{"scope":{"name":"x"},"spans":[${text('T1', '4', 50)}]}]}]}`,
      `{"resourceSpans":[{"resource":${resource('a')},"scopeSpans":[{"scope":{"name":"x"},"spans":[${text('T0', '5', 20)}]}]}]}`,
      `{"resourceSpans":[{"resource":${resource('b')},"scopeSpans":[{"scope":{"name":"x"},"spans":[${text('T2', '3', 20)}]}]}]}`,
    ]);
  });

  it('writes the same bytes whatever the order of arrival', () => {
    const twins = [
      ...ARRIVALS,
      arrive('c', 'x', span('T1', '1', 100)),
      arrive('a', 'y', span('T1', '1', 100, { name: 'n' })),
    ];
    const expected = linesOf(twins);
    fc.assert(
      fc.property(fc.shuffledSubarray(twins, { minLength: twins.length }), (shuffled) => {
        expect(linesOf(shuffled)).toEqual(expected);
      }),
    );
  });

  it('writes members in one order, and none without a value', () => {
    const full: OtlpSpan = {
      traceId: 'T',
      spanId: 'S',
      traceState: 'a=b',
      parentSpanId: 'P',
      flags: 1,
      name: 'n',
      kind: 2,
      startTimeUnixNano: '1',
      endTimeUnixNano: '2',
      attributes: [{ key: 'k', value: { intValue: '9007199254740993' } }],
      droppedAttributesCount: 3,
      events: [{ timeUnixNano: '1', name: 'e', attributes: [] }],
      links: [{ traceId: 'T', spanId: 'L', attributes: [] }],
      status: { message: 'm', code: 2 },
    };
    const turned = Object.fromEntries(Object.entries(full).reverse()) as unknown as OtlpSpan;
    const [line] = linesOf([arrive('a', 'x', turned)]);
    expect(line).toContain(JSON.stringify(full));
    const [bare] = linesOf([arrive('a', 'x', span('T', 'S', 1, { status: {}, traceState: '' }))]);
    expect(bare).toContain('"spans":[{"traceId":"T","spanId":"S","startTimeUnixNano":"1"}]');
  });

  it('forgets what it has written', () => {
    const lines = otlpLines();
    const [resource, scope] = [lines.openResource(), lines.openScope()];
    lines.span(resource, scope, span('T', 'a', 1));
    expect([...lines.lines()]).toHaveLength(1);
    expect([...lines.lines()]).toEqual([]);
    lines.span(resource, scope, span('T', 'b', 1));
    expect([...lines.lines()]).toEqual([
      '{"resourceSpans":[{"resource":{},"scopeSpans":[{"scope":{},"spans":[{"traceId":"T","spanId":"b","startTimeUnixNano":"1"}]}]}]}',
    ]);
  });

  it('writes what reads back as the same spans', () => {
    const document = readFileSync(join(import.meta.dirname, '../../fixtures/formats/otlp-protobuf/2.bin'));
    const lines = otlpLines();
    const reader = createDocumentReader(lines);
    reader.write(document);
    reader.end();
    const again = readDocument([...lines.lines()].join('\n'));
    const { spans } = readDocument(document);
    expect(again.summary).toMatchObject({ spans: 10, skipped: [] });
    const ids = (list: typeof spans) =>
      list.map((one) => [one.span.spanId, one.resource, one.scope, one.span.attributes]);
    const sorted = (list: typeof spans) =>
      ids(list)
        .map((one) => JSON.stringify(one))
        .sort();
    expect(sorted(again.spans)).toEqual(sorted(spans));
  });
});
