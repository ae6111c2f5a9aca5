/**
 * The ancestors of the span being visited, for the question: which is the nearest one that ends no earlier than t?
 *
 * An ancestor that ends no later than one further down is never the answer, so only the others are kept; their ends
 * fall from the root downwards and can be searched by halving. To enter a span is then to overwrite one slot and to cut
 * the stack behind it; to leave it is to undo that.
 */
export interface Containers {
  /** With `isWall`, nothing above the span can be seen from inside it. */
  enter(span: number, isWall: boolean): void;
  /** Leaves the span entered last. */
  leave(): void;
  /** -1: none ends that late. */
  nearestEndingAt(time: number): number;
}

interface Undo {
  readonly length: number;
  readonly wall: number;
  readonly slot: number;
  readonly overwritten: number;
}

export function createContainers(end: Float64Array): Containers {
  const stack: number[] = [];
  const undo: Undo[] = [];
  let length = 0;
  let wall = 0;

  /** The first slot above the wall whose span ends before `time`, or exactly then if `orAt`. */
  function firstEnding(time: number, orAt: boolean): number {
    let [low, high] = [wall, length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const ends = end[stack[middle] as number] as number;
      if (ends < time || (orAt && ends === time)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  return {
    enter(span, isWall) {
      const outside = { length, wall, slot: 0, overwritten: -1 };
      if (isWall) wall = length;
      outside.slot = firstEnding(end[span] as number, true);
      outside.overwritten = stack[outside.slot] ?? -1;
      undo.push(outside);
      stack[outside.slot] = span;
      length = outside.slot + 1;
    },
    leave() {
      const last = undo.pop() as Undo;
      stack[last.slot] = last.overwritten;
      ({ length, wall } = last);
    },
    nearestEndingAt(time) {
      const slot = firstEnding(time, false) - 1;
      return slot < wall ? -1 : (stack[slot] as number);
    },
  };
}
