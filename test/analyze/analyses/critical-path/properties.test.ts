import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { criticalPath } from '../../../../src/analyze/analyses/critical-path/index.ts';
import type { CriticalPath } from '../../../../src/analyze/analyses/critical-path/types.ts';
import type { Trace } from '../../../../src/analyze/model/trace.ts';
import { drawingsOf, ownersOf, plainTree, UNIT_NS } from '../../../support/plain-tree.ts';
import { randomTrace } from '../../../support/random-trace.ts';
import { slowSweep } from '../../../support/slow-sweep.ts';
import { slowTree } from '../../../support/slow-tree.ts';
import { type SpanDrawing, traceFrom } from '../../../support/trace-from.ts';

const RUNS = { numRuns: 800 };

function pathOf(spans: readonly SpanDrawing[]) {
  const trace = traceFrom(spans);
  return { trace, path: criticalPath(trace) };
}

/** A path in ids, which do not depend on how spans are numbered. */
function inIds(trace: Trace, { segments, flags, coCritical }: CriticalPath, shiftNs = 0) {
  const id = (span: number | undefined): string =>
    span === undefined ? '' : span < 0 ? 'virtual' : trace.spanId(span);
  return {
    segments: segments.map((segment) => ({
      ...segment,
      span: id(segment.span),
      wait: id(segment.wait),
      start: segment.start + shiftNs,
      end: segment.end + shiftNs,
    })),
    flags: flags.map((flag) => ({ ...flag, span: id(flag.span), other: id(flag.other) })),
    coCritical: coCritical.map((set) => set.map(id)),
  };
}

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

  it('gives no span time outside its own interval, and explains no wait outside the wait', () => {
    fc.assert(
      fc.property(randomTrace(25), (spans) => {
        const { path } = pathOf(spans);
        for (const { span, start, end, via, wait } of path.segments) {
          for (const around of [span, wait ?? -1].filter((it) => it >= 0)) {
            expect(start).toBeGreaterThanOrEqual(path.start[around] as number);
            expect(end).toBeLessThanOrEqual(path.end[around] as number);
          }
          expect(wait === undefined).toBe(via !== 'wait');
          if (wait !== undefined) expect(path.edge[wait]).toBe('wait');
        }
      }),
      RUNS,
    );
  });

  it('never puts a span on the path that is off it, nor anything below', () => {
    fc.assert(
      fc.property(randomTrace(25), (spans) => {
        const { trace, path } = pathOf(spans);
        for (const { span, via } of path.segments) {
          if (via === 'wait') continue; // tails may explain waits
          for (let at = span; at >= 0; at = path.parent[at] as number) {
            expect(path.edge[at], trace.spanId(at)).not.toBe('off');
          }
        }
      }),
      RUNS,
    );
  });

  it('leaves no two neighbours that say the same', () => {
    fc.assert(
      fc.property(randomTrace(25), (spans) => {
        const { path } = pathOf(spans);
        const said = path.segments.map(({ span, kind, via, wait }) => [span, kind, via, wait].join());
        said.forEach((text, i) => {
          if (i > 0) expect(text).not.toBe(said[i - 1]);
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
        const moved = spans.map(({ end, ...span }) => ({
          ...span,
          start: span.start + ms,
          ...(end === undefined ? {} : { end: end + ms }),
        }));
        const [a, b] = [pathOf(spans), pathOf(moved)];
        const base = ((b.trace.table.baseSeconds[0] as number) - (a.trace.table.baseSeconds[0] as number)) * 1e9;
        expect(inIds(b.trace, b.path, base - ms * 1e6)).toEqual(inIds(a.trace, a.path));
      }),
      RUNS,
    );
  });
});

describe('the critical path, beside slow and obvious ones', () => {
  it('gives each instant of a plainly nested tree to whom a walk back, unit by unit, comes across', () => {
    fc.assert(
      fc.property(plainTree(14), (root) => {
        const { trace, path } = pathOf(drawingsOf(root));
        const owners: string[] = [];
        for (const { span, kind, start, end } of path.segments) {
          for (let unit = start / UNIT_NS; unit < end / UNIT_NS; unit++) owners[unit] = `${trace.spanId(span)} ${kind}`;
        }
        expect(owners).toEqual(ownersOf(root));
      }),
      { numRuns: 3000 },
    );
  });

  it('hangs every span where the rules R4-R11, followed word by word, hang it', () => {
    fc.assert(
      fc.property(randomTrace(16), (spans) => {
        const { trace, path } = pathOf(spans);
        const slow = slowTree(trace);
        expect([path.windowStart, path.windowEnd]).toEqual(slow.window);
        const found = slow.spans.map((_, i) => ({
          parent: path.parent[i],
          edge: path.edge[i],
          start: path.start[i],
          end: path.end[i],
        }));
        expect(found).toEqual(slow.spans);
      }),
      { numRuns: 3000 },
    );
  });

  it('is what the recursive walk of the definition (R12-R14) finds in the same tree', () => {
    fc.assert(
      fc.property(randomTrace(30), (spans) => {
        const { trace, path } = pathOf(spans);
        expect(path.segments).toEqual(slowSweep(trace, path));
      }),
      { numRuns: 3000 },
    );
  });
});
