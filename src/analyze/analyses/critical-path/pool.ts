import type { Stretch } from './chain.ts';
import { createHeap } from './heap.ts';
import type { Interval } from './intervals.ts';
import { type Children, childrenIn, compareStarts, Edge, isMarker, type SpanTree } from './span-tree.ts';

export interface Pool {
  /** Latest first; they do not overlap each other, but awaited children may interrupt them. */
  readonly taken: readonly Stretch[];
  /** Hoisted work, or parts of it, that went on beyond the time at which it was looked at. */
  readonly running: readonly number[];
}

/**
 * R13: the hoisted work that a span waited for in the gaps between its awaited children (latest gap first): at time t
 * that which ended last by t. It keeps every gap down to its start. What still runs at t explains nothing as a whole,
 * so its children are looked at in its place.
 *
 *     P ###### ####     hoisted
 *     N       #         notification
 */
export function poolOf(
  tree: SpanTree,
  children: Children,
  hoisted: readonly number[],
  gaps: readonly Interval[],
  within: Interval,
): Pool {
  const { start } = tree;
  const endOf = (span: number): number => Math.min(within.end, tree.end[span] as number);
  const heap = createHeap((a, b) => (endOf(b) - endOf(a) || compareStarts(tree, a, b)) < 0);
  const offer = (span: number): void => {
    tree.steps++;
    if (!isMarker(tree, span)) heap.push(span);
  };
  const taken: Stretch[] = [];
  const running: number[] = [];
  for (const span of hoisted) offer(span);

  function putAsideRunning(time: number): void {
    for (let top = heap.peek(); top !== undefined && endOf(top) > time + tree.tolerance; top = heap.peek()) {
      heap.pop();
      if ((start[top] as number) >= time) continue;
      running.push(top);
      for (const child of childrenIn(children, top)) {
        if (tree.edge[child] !== Edge.off && tree.edge[child] !== Edge.wait) offer(child);
      }
    }
  }

  let time = within.end;
  for (const gap of gaps) {
    time = Math.min(time, gap.end);
    while (time > gap.start) {
      putAsideRunning(time);
      const top = heap.peek();
      if (top === undefined) return { taken, running };
      const end = Math.min(time, endOf(top));
      if (end <= gap.start) break;
      heap.pop();
      if ((start[top] as number) >= time) continue;
      const stretch = { span: top, start: Math.max(within.start, start[top] as number), end };
      taken.push(stretch);
      time = stretch.start;
    }
  }
  return { taken, running };
}
