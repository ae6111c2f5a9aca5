import { partitionPoint } from './intervals.ts';

/** The union of intervals that are added in the order of their ends. */
export interface Coverage {
  /** `end` is no earlier than that of any interval added before. */
  add(start: number, end: number): void;
  /** How much of the interval is covered. */
  within(start: number, end: number): number;
}

export function createCoverage(): Coverage {
  // Disjoint, ascending; `before[i]` is the total length of the pieces in front of piece i.
  const starts: number[] = [];
  const ends: number[] = [];
  const before: number[] = [];

  function upTo(time: number): number {
    const at = partitionPoint(starts.length, (i) => (starts[i] as number) < time) - 1;
    if (at < 0) return 0;
    return (before[at] as number) + Math.min(time, ends[at] as number) - (starts[at] as number);
  }

  return {
    add(start, end) {
      let from = start;
      while (ends.length > 0 && (ends.at(-1) as number) >= from) {
        from = Math.min(from, starts.pop() as number);
        ends.pop();
        before.pop();
      }
      const last = starts.length - 1;
      before.push(last < 0 ? 0 : (before[last] as number) + (ends[last] as number) - (starts[last] as number));
      starts.push(from);
      ends.push(end);
    },
    within: (start, end) => upTo(end) - upTo(start),
  };
}
