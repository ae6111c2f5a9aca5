/** From `start` up to, but not including, `end`. */
export interface Interval {
  readonly start: number;
  readonly end: number;
}

/** How many of the numbers 0 … size-1 hold; all that hold come before all that do not. */
export function partitionPoint(size: number, holds: (at: number) => boolean): number {
  let [low, high] = [0, size];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The interval of an ascending, disjoint list that contains the time. */
export function intervalAt<T extends Interval>(intervals: readonly T[], time: number): T | undefined {
  const last = intervals[partitionPoint(intervals.length, (at) => (intervals[at] as T).start <= time) - 1];
  return last !== undefined && time < last.end ? last : undefined;
}

/** The union of intervals sorted by start, ascending and disjoint. */
export function unionOf(intervals: Iterable<Interval>): Interval[] {
  const union: { start: number; end: number }[] = [];
  for (const { start, end } of intervals) {
    const last = union.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else union.push({ start, end });
  }
  return union;
}

/** What an interval has outside others that are sorted by start, ascending and disjoint. */
export function gapsBetween(intervals: readonly Interval[], { start, end }: Interval): Interval[] {
  const gaps: Interval[] = [];
  let from = start;
  for (const interval of intervals) {
    if (interval.start > from) gaps.push({ start: from, end: Math.min(end, interval.start) });
    from = Math.max(from, interval.end);
    if (from >= end) return gaps;
  }
  if (from < end) gaps.push({ start: from, end });
  return gaps;
}

/** What two ascending, disjoint lists have in common, ascending. */
export function intersectionOf(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  const common: Interval[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [x, y] = [a[i] as Interval, b[j] as Interval];
    const [start, end] = [Math.max(x.start, y.start), Math.min(x.end, y.end)];
    if (start < end) common.push({ start, end });
    if (x.end < y.end) i++;
    else j++;
  }
  return common;
}
