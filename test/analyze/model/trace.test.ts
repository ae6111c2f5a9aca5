import { describe, expect, it } from 'vitest';
import { SpanKind, StatusCode } from '../../../src/analyze/model/span.ts';
import { ReferenceKind, rowsByTrace } from '../../../src/analyze/model/span-table.ts';
import { createTableBuilder } from '../../../src/analyze/model/table-builder.ts';
import { buildTrace, type Trace } from '../../../src/analyze/model/trace.ts';

/** A record as a source wrote it, times in nanoseconds. */
interface Written {
  readonly id: string;
  readonly name?: string;
  readonly start: number;
  /** Absent: no end. */
  readonly end?: number;
  readonly parents?: readonly string[];
  readonly links?: readonly string[];
  readonly kind?: keyof typeof SpanKind;
  readonly process?: string;
}

/** The trace in records of one or more sources. */
function traceOf(...sources: readonly (readonly Written[])[]): Trace {
  const builder = createTableBuilder(new Map());
  const resources = new Map<string, number>();
  const resourceOf = (process: string): number => {
    const known = resources.get(process) ?? builder.openResource();
    if (!resources.has(process)) builder.describeResource(known, { service: process, process });
    resources.set(process, known);
    return known;
  };
  sources.forEach((records, i) => {
    builder.openSource({ name: `source ${i}` });
    for (const { id, name = 'op', start, end, parents = [], links = [], kind = 'internal', process = 'p' } of records) {
      builder.addSpan({
        traceId: 'T',
        spanId: id,
        start: { seconds: 1_750_000_000, nanos: start },
        durationNs: end === undefined ? Number.NaN : end - start,
        name,
        kind: SpanKind[kind],
        status: StatusCode.unset,
        resource: resourceOf(process),
        scope: builder.openScope(''),
      });
      for (const parent of parents) builder.addReference(ReferenceKind.childOf, parent);
      for (const link of links) builder.addReference(ReferenceKind.followsFrom, link);
    }
  });
  const table = builder.finish();
  return buildTrace(table, 0, rowsByTrace(table).rows);
}

const idOf = (trace: Trace, span: number): string => (span < 0 ? '-' : trace.spanId(span));
const spansOf = (trace: Trace): string[] =>
  Array.from(trace.row, (_, i) => `${trace.spanId(i)}[${trace.start[i]}-${trace.end[i]}]`);
const flagsOf = (trace: Trace): string[] =>
  trace.flags.map(({ flag, span, text, count }) =>
    [flag, span === undefined ? (text ?? count) : trace.spanId(span)].join(':'),
  );
const parentsOf = (trace: Trace): Record<string, string> =>
  Object.fromEntries(Array.from(trace.parent, (parent, i) => [trace.spanId(i), idOf(trace, parent)]));

describe('records of one span (R1)', () => {
  it('are merged when a span was written at its start and at its end', () => {
    const trace = traceOf([
      { id: 'R', start: 0 },
      { id: 'R', start: 0, end: 50 },
      { id: 'R', start: 0, end: 40 },
    ]);
    expect(spansOf(trace)).toEqual(['R[0-50]']);
    expect(flagsOf(trace)).toEqual(['repeated-span:R']);
  });

  it.each([
    ['start', { start: 5 }],
    ['operation', { name: 'other' }],
    ['process', { process: 'q' }],
  ])('are told apart by their %s', (_, other) => {
    const trace = traceOf([
      { id: 'R', start: 0, end: 50 },
      { id: 'R', start: 0, end: 50, ...other },
    ]);
    expect(trace.size).toBe(2);
    expect([trace.spanId(0), trace.spanId(1)]).toEqual(['R', 'R#1']);
    expect(flagsOf(trace)).toContain('duplicate-id:R');
  });

  it('are numbered by start, end, operation and process, not as they come', () => {
    const records: Written[] = [
      { id: 'A', start: 7, end: 9 },
      { id: 'A', start: 3, end: 9, name: 'b' },
      { id: 'A', start: 3, end: 9, name: 'a', process: 'q' },
      { id: 'A', start: 3, end: 9, name: 'a' },
      { id: 'A', start: 3, end: 8, name: 'z' },
    ];
    const named = (trace: Trace) =>
      Array.from(trace.row, (_, i) => `${trace.spanId(i)} ${trace.name(i)} ${trace.process(i)}`);
    const expected = ['A z p', 'A#1 a p', 'A#2 a q', 'A#3 b p', 'A#4 op p'];
    expect(named(traceOf(records))).toEqual(expected);
    expect(named(traceOf(records.toReversed()))).toEqual(expected);
  });

  it('of two sources are one if they started within the unit of the coarser clock; the finer one speaks', () => {
    const fine: Written = { id: 'R', start: 1_000_300, end: 5_000_700 };
    const coarse: Written = { id: 'R', start: 1_000_000, end: 6_000_000 };
    expect(spansOf(traceOf([fine], [coarse]))).toEqual(['R[1000300-5000700]']);
    expect(spansOf(traceOf([coarse], [fine]))).toEqual(['R[1000300-5000700]']);
    expect(traceOf([fine], [{ ...coarse, start: 3_000_000 }]).size).toBe(2);
    expect(traceOf([fine], [{ ...coarse, name: 'other' }]).size).toBe(2);
  });

  it('may be very many with one id', () => {
    const records = Array.from({ length: 50_000 }, (_, i) => ({ id: '0', start: i, end: i + 1 }));
    expect(traceOf(records).size).toBe(50_000);
    const sameStart = records.map(({ id }, i) => ({ id, start: 0, end: 1, name: `op ${i}` }));
    expect(traceOf(sameStart).size).toBe(50_000);
  });

  it('never end before they start', () => {
    const trace = traceOf([{ id: 'R', start: 50, end: 20 }]);
    expect(spansOf(trace)).toEqual(['R[50-50]']);
    expect(flagsOf(trace)).toEqual(['negative-duration:R']);
  });
});

describe('spans without an end (R1)', () => {
  it('last to their last awaited child, from the inside out', () => {
    const trace = traceOf([
      { id: 'R', start: 0 },
      { id: 'A', start: 10, parents: ['R'] },
      { id: 'B', start: 20, end: 30, parents: ['A'] },
      { id: 'J', start: 20, end: 90, links: ['A'] },
    ]);
    expect(spansOf(trace)).toEqual(['R[0-30]', 'A[10-30]', 'B[20-30]', 'J[20-90]']);
    expect([...trace.open]).toEqual([1, 1, 0, 0]);
  });

  it('last to the last timestamp seen where they have no child', () => {
    const trace = traceOf([
      { id: 'R', start: 0, end: 10 },
      { id: 'A', start: 5, parents: ['R'] },
      { id: 'B', start: 70, end: 70, parents: ['R'] },
    ]);
    expect(spansOf(trace)).toEqual(['R[0-10]', 'A[5-70]', 'B[70-70]']);
  });
});

describe('parents (R2)', () => {
  const at = (id: string, start: number, more: Partial<Written> = {}): Written => ({ id, start, end: 100, ...more });

  it('are the first reference that exists; links count only where there is no other', () => {
    const trace = traceOf([
      at('R', 0),
      at('A', 1, { parents: ['gone', 'R'] }),
      at('B', 2, { links: ['A'], parents: ['R'] }),
      at('C', 3, { links: ['gone', 'B', 'A'] }),
      at('D', 4, { links: ['A'], parents: ['gone'] }),
    ]);
    expect(parentsOf(trace)).toEqual({ R: '-', A: 'R', B: 'R', C: 'B', D: '-' });
    expect([...trace.loose]).toEqual([0, 0, 0, 1, 0]);
    expect([...trace.orphan]).toEqual([0, 0, 0, 0, 1]);
    expect(flagsOf(trace)).toEqual(['missing-parent:gone']);
  });

  it('say nothing about waiting from a producer to a consumer', () => {
    const trace = traceOf([at('P', 0, { kind: 'producer' }), at('C', 1, { kind: 'consumer', parents: ['P'] })]);
    expect([...trace.loose]).toEqual([0, 1]);
  });

  it('in a circle are cut at the member that starts first', () => {
    const trace = traceOf([
      at('R', 0),
      at('C', 3, { parents: ['B'] }),
      at('A', 1, { parents: ['C'] }),
      at('B', 2, { parents: ['A'] }),
      at('below', 4, { parents: ['B'] }),
      at('self', 5, { parents: ['self'] }),
    ]);
    expect(parentsOf(trace)).toEqual({ R: '-', A: '-', B: 'A', C: 'B', below: 'B', self: '-' });
    expect(flagsOf(trace)).toEqual(['cycle:A,B,C', 'cycle:self']);
    expect(trace.root).toBe(0);
  });

  it('in a circle of a thousand are cut once', () => {
    const trace = traceOf(
      [Array.from({ length: 1000 }, (_, i) => at(`s${i}`, i + 1, { parents: [`s${(i + 999) % 1000}`] }))].flat(),
    );
    expect(trace.tops).toEqual([0]);
  });

  it('are not taken from a link that leads back to the span itself', () => {
    const trace = traceOf([at('R', 0, { links: ['A'] }), at('A', 1, { parents: ['R'] })]);
    expect(parentsOf(trace)).toEqual({ R: '-', A: 'R' });
    expect(trace.root).toBe(0);
    expect(flagsOf(trace)).toEqual([]);
  });
});

describe('the root (R3)', () => {
  const at = (id: string, start: number, parents: readonly string[] = []): Written => ({ id, start, end: 9, parents });

  it('is the only span without parent', () => {
    expect(traceOf([at('R', 0), at('A', 1, ['R'])]).root).toBe(0);
    const besideAnOrphan = traceOf([at('R', 0), at('A', 0, ['gone'])]);
    expect(idOf(besideAnOrphan, besideAnOrphan.root)).toBe('R');
  });

  it('is a virtual one where there are several, or where an orphan began earlier', () => {
    const two = traceOf([at('A', 0), at('B', 1)]);
    expect(two.root).toBe(-1);
    expect(flagsOf(two)).toEqual(['multiple-roots:2']);
    expect(traceOf([at('A', 0, ['gone']), at('R', 1)]).root).toBe(-1);
    expect(flagsOf(traceOf([at('A', 0, ['gone'])]))).toEqual(['missing-parent:gone']);
  });
});
