import { toleranceOf } from '../../src/analyze/analyses/critical-path/span-tree.ts';
import {
  type CriticalPath,
  type Segment,
  VIRTUAL_ROOT,
  type Via,
} from '../../src/analyze/analyses/critical-path/types.ts';
import type { Trace } from '../../src/analyze/model/trace.ts';
import { isCancelled } from '../../src/analyze/semantics/cancellation.ts';

/**
 * R12-R14 as the pseudo-code of docs/critical-path.md has them: one recursive walk from the end of the window backwards
 * that fills gap after gap and copies out of finished walks. Takes the tree from the result, not the segments.
 */
export function slowSweep(trace: Trace, path: CriticalPath): Segment[] {
  const tolerance = toleranceOf(trace);
  const isVirtual = trace.root < 0;
  const root = isVirtual ? VIRTUAL_ROOT : trace.root;
  const spans = Array.from({ length: trace.size }, (_, i) => i);
  const start = (i: number): number => (i < 0 ? path.windowStart : (path.start[i] as number));
  const end = (i: number): number => (i < 0 ? path.windowEnd : (path.end[i] as number));
  const counts = (i: number): boolean => end(i) > start(i) && path.edge[i] !== 'off';
  const below = (p: number): number[] => spans.filter((i) => i !== root && path.parent[i] === p && counts(i));
  const compareStarts = (a: number, b: number): number => start(a) - start(b) || trace.compareIds(a, b);

  function hasAncestor(i: number, wanted: (j: number) => boolean): boolean {
    for (let j = path.parent[i] as number; j >= 0; j = path.parent[j] as number) if (wanted(j)) return true;
    return false;
  }
  const isTail = (i: number): boolean =>
    path.edge[i] === 'off' &&
    end(i) > path.windowEnd &&
    trace.attribute(i, 'trace.async') !== 'true' &&
    trace.loose[i] === 0 &&
    spans.some((j) => trace.parent[j] === i || (path.parent[j] === i && trace.orphan[j] === 1)) &&
    !hasAncestor(i, (j) => path.edge[j] === 'off');

  /** What a walk yields: segments from the latest to the earliest. */
  function walk(p: number, lo: number, hi: number): Segment[] {
    const out: Segment[] = [];
    const clip = (i: number): number => Math.min(end(i), hi);
    const kids = below(p);
    let awaited = kids.filter((i) => path.edge[i] === 'awaited' || path.edge[i] === 'adopted');
    const waits = kids.filter((i) => path.edge[i] === 'wait');
    const pools = [
      createPool(kids.filter((i) => path.edge[i] === 'hoisted')),
      createPool(p === root ? spans.filter(isTail) : []),
    ];
    const walked = new Map<number, Segment[]>();
    let t = hi;

    function createPool(from: number[]) {
      return {
        waiting: from,
        running: [] as number[],
        active: undefined as { segments: Segment[]; from: number } | undefined,
      };
    }
    const emit = (from: number, to: number, more: Omit<Segment, 'start' | 'end'>): void => {
      if (from < to) out.push({ ...more, start: from, end: to });
    };
    const copy = (segments: readonly Segment[], from: number, to: number, how: { via?: Via; wait?: number }): void => {
      for (const s of segments) {
        const { via = how.via, wait, ...rest } = { ...s };
        const outer = how.via !== undefined;
        const all = outer
          ? { ...rest, ...how }
          : { ...rest, ...(via ? { via } : {}), ...(wait === undefined ? {} : { wait }) };
        emit(Math.max(from, s.start), Math.min(to, s.end), all);
      }
    };

    function chain(): number | undefined {
      awaited = awaited.filter((i) => start(i) < t && (isVirtual && p === root ? true : clip(i) <= t + tolerance));
      for (;;) {
        const best = awaited.toSorted(
          (a, b) =>
            clip(b) - clip(a) || Number(isCancelled(trace, a)) - Number(isCancelled(trace, b)) || compareStarts(a, b),
        )[0];
        if (best === undefined || clip(best) <= lo) return undefined;
        const beaten =
          isCancelled(trace, best) &&
          clip(best) <= t + tolerance &&
          awaited.some(
            (i) =>
              !isCancelled(trace, i) &&
              clip(i) <= clip(best) &&
              clip(i) >= clip(best) - 0.1 * (clip(best) - start(best)),
          );
        awaited = awaited.filter((i) => i !== best);
        if (!beaten) return best;
      }
    }

    /** The hoisted work of a pool that ended last by t, if it did so after `bottom`. */
    function next(pool: ReturnType<typeof createPool>, bottom: number): number | undefined {
      for (;;) {
        const best = pool.waiting.toSorted((a, b) => clip(b) - clip(a) || compareStarts(a, b))[0];
        if (best === undefined) return undefined;
        if (clip(best) > t + tolerance) {
          pool.waiting = pool.waiting.filter((i) => i !== best);
          if (start(best) >= t) continue;
          pool.running.push(best);
          pool.waiting.push(...below(best).filter((i) => path.edge[i] !== 'wait'));
        } else if (Math.min(t, clip(best)) <= bottom) return undefined;
        else if (start(best) >= t) pool.waiting = pool.waiting.filter((i) => i !== best);
        else return best;
      }
    }

    const innermost = (): number | undefined =>
      waits.filter((i) => start(i) < t && t <= clip(i)).toSorted((a, b) => compareStarts(b, a))[0];

    function own(from: number): void {
      const isRunning = (x: number): boolean => kids.some((i) => start(i) <= x && x < end(i));
      const rootEnd = isVirtual ? path.windowEnd : (trace.end[root] as number);
      const cuts = [from, t, rootEnd, ...kids.flatMap((i) => [start(i), end(i)])].filter((x) => x >= from && x <= t);
      const sorted = [...new Set(cuts)].sort((a, b) => b - a);
      for (let i = 0; i + 1 < sorted.length; i++) {
        const [to, at] = [sorted[i] as number, sorted[i + 1] as number];
        const untraced = p < 0 || (p === root && at >= rootEnd);
        const kind = untraced ? 'untraced' : path.edge[p] === 'wait' ? 'wait' : isRunning(at) ? 'overlapped' : 'self';
        emit(at, to, { span: p, kind });
      }
    }

    function fill(bottom: number): void {
      while (t > bottom) {
        const wait = innermost();
        const how = (via: Via) => (wait === undefined ? { via } : { via: 'wait' as const, wait });
        const waitEdge =
          wait === undefined
            ? waits.map(clip).filter((x) => x < t)
            : waits.flatMap((i) => [start(i), clip(i)]).filter((x) => x < t);
        const stop = Math.max(bottom, ...waitEdge);
        const usable = wait === undefined ? pools.slice(0, 1) : pools;
        let limit = stop;
        let done = false;
        for (const pool of usable) {
          if (pool.active && t > pool.active.from) {
            const from = Math.max(limit, pool.active.from);
            copy(pool.active.segments, from, t, how('hoist'));
            t = from;
            done = true;
            break;
          }
          const h = next(pool, bottom);
          if (h === undefined) continue;
          if (clip(h) >= t) {
            pool.waiting = pool.waiting.filter((i) => i !== h);
            const from = Math.max(lo, start(h));
            pool.active = { segments: walk(h, from, t), from };
            done = true;
            break;
          }
          limit = Math.max(limit, clip(h));
        }
        if (done) continue;
        if (wait === undefined) {
          own(limit);
          t = limit;
          continue;
        }
        const running = usable
          .flatMap((pool) => pool.running)
          .filter((i) => start(i) < t)
          .toSorted((a, b) => compareStarts(b, a))[0];
        const from = Math.max(limit, running === undefined ? lo : start(running));
        if (running !== undefined) emit(from, t, { span: running, kind: 'self', via: 'wait', wait });
        else {
          if (!walked.has(wait)) walked.set(wait, walk(wait, Math.max(lo, start(wait)), clip(wait)));
          copy(walked.get(wait) as Segment[], from, t, {});
        }
        t = from;
      }
    }

    while (t > lo) {
      const c = chain();
      fill(c === undefined ? lo : Math.min(t, clip(c)));
      if (c === undefined) break;
      const from = Math.max(lo, start(c));
      copy(walk(c, from, Math.min(t, clip(c))), from, t, path.edge[c] === 'adopted' ? { via: 'adopt' } : {});
      t = from;
    }
    return out;
  }

  return join(walk(root, path.windowStart, path.windowEnd).reverse());
}

/** Neighbours that say the same become one. */
function join(segments: readonly Segment[]): Segment[] {
  const joined: Segment[] = [];
  for (const segment of segments) {
    const last = joined.at(-1);
    const isSame =
      last !== undefined &&
      last.span === segment.span &&
      last.kind === segment.kind &&
      last.via === segment.via &&
      last.wait === segment.wait;
    if (isSame) joined[joined.length - 1] = { ...last, end: segment.end };
    else joined.push(segment);
  }
  return joined;
}
