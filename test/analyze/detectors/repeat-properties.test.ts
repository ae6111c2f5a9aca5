import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callTree } from '../../../src/analyze/analyses/call-tree.ts';
import { criticalPath } from '../../../src/analyze/analyses/critical-path/index.ts';
import { pathTime } from '../../../src/analyze/analyses/path-time.ts';
import { judge } from '../../../src/analyze/detectors/index.ts';
import { thresholdsWith } from '../../../src/analyze/detectors/thresholds.ts';
import { factOf } from '../../../src/analyze/model/facts.ts';
import type { Trace } from '../../../src/analyze/model/trace.ts';
import { idsOf, type SpanDrawing, traceFrom } from '../../support/trace-from.ts';

/** Low limits, so that random traces have findings. */
const EAGER = thresholdsWith({
  all: {
    'n_plus_one.minCount': 2,
    'n_plus_one.minSumMs': 0,
    'n_plus_one.minMeanMs': 0,
    'redundant_call.minCount': 2,
    'redundant_call.minSumMs': 0,
  },
});

const ATTRIBUTES: NonNullable<SpanDrawing['attributes']>[] = [
  {},
  { 'db.system': 'postgresql', 'db.query.text': 'SELECT * FROM t WHERE id = 1' },
  { 'db.system': 'postgresql', 'db.query.text': 'SELECT * FROM t WHERE id = 2' },
  { 'http.request.method': 'GET', 'url.full': 'http://a/b/1' },
  { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 't', 'gen_ai.tool.call.arguments': '{"a":1}' },
  { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm' },
];

const drawings = fc
  .array(
    fc.record({
      parent: fc.nat(4),
      start: fc.nat(300),
      length: fc.nat(200),
      kind: fc.constantFrom<NonNullable<SpanDrawing['kind']>>('client', 'internal', 'server'),
      attributes: fc.constantFrom(...ATTRIBUTES),
      name: fc.constantFrom('a', 'b'),
    }),
    { minLength: 3, maxLength: 30 },
  )
  .map((drawn) =>
    drawn.map(
      ({ parent, start, length, ...more }, i): SpanDrawing => ({
        id: `s${String(i).padStart(2, '0')}`,
        start: i === 0 ? 0 : start,
        end: i === 0 ? 600 : start + length,
        ...(i === 0 ? {} : { parent: `s${String(parent % i).padStart(2, '0')}` }),
        ...more,
      }),
    ),
  );

const summary = (trace: Trace) =>
  judge(trace, EAGER).occurrences.map(({ spans, parentSpan, sourceSpan, ...rest }) => ({
    ...rest,
    spans: idsOf(trace, spans),
    parent: idsOf(trace, [parentSpan]),
    source: idsOf(trace, [sourceSpan]),
  }));

describe('findings of random traces', () => {
  it('claim no more than the path holds, low before likely before high', () => {
    let seen = 0;
    fc.assert(
      fc.property(drawings, (spans) => {
        const trace = traceFrom(spans);
        const { windowStart, windowEnd } = factOf(trace, criticalPath);
        for (const { saving, pathNs, sumNs, unionNs, count, spans: offenders } of judge(trace, EAGER).occurrences) {
          seen++;
          expect(pathNs).toBeLessThanOrEqual(windowEnd - windowStart);
          expect(unionNs).toBeLessThanOrEqual(sumNs);
          expect(count).toBeGreaterThanOrEqual(offenders.length);
          if (saving === null) continue;
          expect([0 <= saving.low, saving.low <= saving.likely, saving.likely <= saving.high]).toEqual([
            true,
            true,
            true,
          ]);
          expect(saving.high).toBeLessThanOrEqual(Math.min(pathNs, unionNs));
        }
      }),
      { numRuns: 300 },
    );
    expect(seen).toBeGreaterThan(50);
  });

  it('hold every span at most once', () => {
    fc.assert(
      fc.property(drawings, (spans) => {
        const offenders = judge(traceFrom(spans), EAGER).occurrences.flatMap((occurrence) => occurrence.spans);
        expect(new Set(offenders).size).toBe(offenders.length);
      }),
      { numRuns: 300 },
    );
  });

  it('do not depend on the order in which spans arrive', () => {
    fc.assert(
      fc.property(drawings, fc.infiniteStream(fc.nat()), (spans, dice) => {
        const shuffled = [...spans].map((span) => ({ span, at: dice.next().value })).sort((a, b) => a.at - b.at);
        expect(summary(traceFrom(shuffled.map(({ span }) => span)))).toEqual(summary(traceFrom(spans)));
      }),
      { numRuns: 150 },
    );
  });
});

describe('the tree of calls', () => {
  it('numbers spans so that a subtree is a range, parents first', () => {
    fc.assert(
      fc.property(drawings, (spans) => {
        const trace = traceFrom(spans);
        const { parent, order, enter, leave } = callTree(trace);
        const isBelow = (span: number, ancestor: number): boolean => {
          for (let at = span; at >= 0; at = parent[at] as number) if (at === ancestor) return true;
          return false;
        };
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: trace.size }, (_, span) => span));
        for (let a = 0; a < trace.size; a++) {
          for (let b = 0; b < trace.size; b++) {
            const inRange = (enter[b] as number) <= (enter[a] as number) && (enter[a] as number) < (leave[b] as number);
            expect(inRange).toBe(isBelow(a, b));
          }
        }
        for (const [place, span] of order.entries()) {
          const above = parent[span] as number;
          if (above >= 0) expect(order.indexOf(above)).toBeLessThan(place);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('adds up path time from the leaves to the top', () => {
    fc.assert(
      fc.property(drawings, (spans) => {
        const trace = traceFrom(spans);
        const { parent } = callTree(trace);
        const { all, direct, own } = pathTime(trace);
        const { segments } = factOf(trace, criticalPath);
        for (let span = 0; span < trace.size; span++) {
          let expected = 0;
          let awaited = 0;
          for (const segment of segments) {
            let at = segment.span;
            while (at >= 0 && at !== span) at = parent[at] as number;
            if (at !== span) continue;
            expected += segment.end - segment.start;
            if (segment.via === undefined) awaited += segment.end - segment.start;
          }
          expect([all[span], direct[span]]).toEqual([expected, awaited]);
          expect(own[span]).toBeLessThanOrEqual(all[span] as number);
        }
      }),
      { numRuns: 100 },
    );
  });
});
