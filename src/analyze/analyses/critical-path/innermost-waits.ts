import type { Interval } from './intervals.ts';
import { compareStarts, type SpanTree } from './span-tree.ts';

/** A stretch of time in which a span waits in `wait`. */
export interface Waiting extends Interval {
  readonly wait: number;
}

/**
 * Which wait is the innermost at each time: of those that run, the one that started last. The stretches are ascending
 * and disjoint, cut to `within`; where no wait runs there is none.
 */
export function innermostWaits(tree: SpanTree, waits: readonly number[], within: Interval): Waiting[] {
  const sorted = waits.toSorted((a, b) => compareStarts(tree, a, b));
  const stretches: Waiting[] = [];
  const open: number[] = []; // by start, so that the last one is the innermost
  let time = within.start;
  const advance = (until: number): void => {
    while (time < until && open.length > 0) {
      const wait = open.at(-1) as number;
      const end = Math.min(until, tree.end[wait] as number);
      if (end > time) {
        stretches.push({ start: time, end, wait });
        time = end;
      }
      if (time >= (tree.end[wait] as number)) open.pop();
    }
    time = Math.max(time, until);
  };
  for (const wait of sorted) {
    advance(Math.min(within.end, tree.start[wait] as number));
    open.push(wait);
  }
  advance(within.end);
  return stretches;
}
