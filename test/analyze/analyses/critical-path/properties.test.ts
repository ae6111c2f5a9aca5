import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { criticalPath } from '../../../../src/analyze/analyses/critical-path/index.ts';
import type { CriticalPath } from '../../../../src/analyze/analyses/critical-path/types.ts';
import type { Trace } from '../../../../src/analyze/model/trace.ts';
import { randomTrace } from '../../../support/random-trace.ts';
import { slowSweep } from '../../../support/slow-sweep.ts';
import { type SpanDrawing, traceFrom } from '../../../support/trace-from.ts';

const RUNS = { numRuns: 1500 };

/** A path in ids, which do not depend on how spans are numbered. */
function inIds(trace: Trace, { segments, flags, coCritical }: CriticalPath, shiftNs = 0) {
  const id = (span: number | undefined) =>
    span === undefined ? '' : span < 0 ? 'virtual' : trace.size === span ? 'virtual' : trace.spanId(span);
  return {
    segments: segments.map((s) => ({
      ...s,
      span: id(s.span),
      wait: id(s.wait),
      start: s.start + shiftNs,
      end: s.end + shiftNs,
    })),
    flags: flags.map((f) => ({ ...f, span: id(f.span), other: id(f.other) })),
    coCritical: coCritical.map((set) => set.map(id)),
  };
}

const pathOf = (spans: readonly SpanDrawing[]) => {
  const trace = traceFrom(spans);
  return { trace, path: criticalPath(trace) };
};

describe('the critical path of any trace', () => {
  it('tiles the window: no gap, no overlap, nothing empty, whole nanoseconds', () => {
    fc.assert(
      fc.property(randomTrace(25), (spans) => {
        const { path } = pathOf(spans);
        let time = path.windowStart;
        for (const { start, end } of path.segments) {
          expect(start).toBe(time);
          expect(end).toBeGreaterThan(start);
          expect(Number.isSafeInteger(end)).toBe(true);
          time = end;
        }
        expect(time).toBe(path.windowEnd);
      }),
      RUNS,
    );
  });

  it('gives no span time outside its own interval, and joins what can be joined', () => {
    fc.assert(
      fc.property(randomTrace(25), (spans) => {
        const { path } = pathOf(spans);
        path.segments.forEach((segment, i) => {
          const { span, start, end, wait } = segment;
          if (span >= 0) {
            expect(start).toBeGreaterThanOrEqual(path.start[span] as number);
            expect(end).toBeLessThanOrEqual(path.end[span] as number);
          }
          if (wait !== undefined) {
            expect(path.edge[wait]).toBe('wait');
            expect(start).toBeGreaterThanOrEqual(path.start[wait] as number);
            expect(end).toBeLessThanOrEqual(path.end[wait] as number);
          }
          const { start: _s, end: _e, ...now } = segment;
          const { start: _t, end: _f, ...before } = path.segments[i - 1] ?? segment;
          if (i > 0) expect(now).not.toEqual(before);
        });
      }),
      RUNS,
    );
  });

  it('does not depend on the order in which the spans come', () => {
    const shuffled = randomTrace(20).chain((spans) =>
      fc.tuple(fc.constant(spans), fc.shuffledSubarray(spans, { minLength: spans.length })),
    );
    fc.assert(
      fc.property(shuffled, ([spans, reordered]) => {
        const [a, b] = [pathOf(spans), pathOf(reordered)];
        expect(inIds(b.trace, b.path)).toEqual(inIds(a.trace, a.path));
      }),
      RUNS,
    );
  });

  it('moves with the trace when all times are shifted', () => {
    fc.assert(
      fc.property(randomTrace(20), fc.integer({ min: 1, max: 5000 }), (spans, ms) => {
        const moved = spans.map((s) => ({
          ...s,
          start: s.start + ms,
          ...(s.end === undefined ? {} : { end: s.end + ms }),
        }));
        const [a, b] = [pathOf(spans), pathOf(moved)];
        const base = ((b.trace.table.baseSeconds[0] as number) - (a.trace.table.baseSeconds[0] as number)) * 1e9;
        expect(inIds(b.trace, b.path, base - ms * 1e6)).toEqual(inIds(a.trace, a.path));
      }),
      RUNS,
    );
  });

  it('is what the walk of the definition finds in the same tree', () => {
    fc.assert(
      fc.property(randomTrace(30), (spans) => {
        const { trace, path } = pathOf(spans);
        expect(path.segments).toEqual(slowSweep(trace, path));
      }),
      { numRuns: 6000 },
    );
  });
});
