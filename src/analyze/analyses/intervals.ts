/** Stretches of time in order, not touching: `start[i] < end[i] < start[i + 1]`. */
export interface Stretches {
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly length: number;
}

/** The union of intervals given in any order; empty ones do not count. */
export function unionOf(starts: ArrayLike<number>, ends: ArrayLike<number>): Stretches {
  const order: number[] = [];
  for (let i = 0; i < starts.length; i++) if ((ends[i] as number) > (starts[i] as number)) order.push(i);
  order.sort((a, b) => (starts[a] as number) - (starts[b] as number));
  const start = new Float64Array(order.length);
  const end = new Float64Array(order.length);
  let length = 0;
  for (const i of order) {
    const [from, to] = [starts[i] as number, ends[i] as number];
    if (length > 0 && from <= (end[length - 1] as number)) end[length - 1] = Math.max(end[length - 1] as number, to);
    else {
      start[length] = from;
      end[length++] = to;
    }
  }
  return { start: start.subarray(0, length), end: end.subarray(0, length), length };
}

export function lengthOf({ start, end, length }: Stretches): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += (end[i] as number) - (start[i] as number);
  return sum;
}

/** How many intervals at most run at one instant; what ends when another starts does not overlap it. */
export function mostAtOnce(starts: ArrayLike<number>, ends: ArrayLike<number>): number {
  const from = Float64Array.from(starts).sort();
  const to = Float64Array.from(ends).sort();
  let most = 0;
  for (let i = 0, done = 0; i < from.length; i++) {
    while (done < to.length && (to[done] as number) <= (from[i] as number)) done++;
    most = Math.max(most, i + 1 - done);
  }
  return most;
}

/** Answers how much of `[from, to)` lies in the stretches, in logarithmic time. */
export function overlapWith(stretches: Stretches): (from: number, to: number) => number {
  const before = new Float64Array(stretches.length + 1);
  for (let i = 0; i < stretches.length; i++) {
    before[i + 1] = (before[i] as number) + (stretches.end[i] as number) - (stretches.start[i] as number);
  }
  const upTo = (time: number): number => {
    const next = firstAfter(stretches.start, stretches.length, time);
    if (next === 0) return 0;
    const last = next - 1;
    const within = Math.min(time, stretches.end[last] as number) - (stretches.start[last] as number);
    return (before[last] as number) + within;
  };
  return (from, to) => upTo(to) - upTo(from);
}

/** The first place in sorted `values` whose value is greater. */
export function firstAfter(values: ArrayLike<number>, length: number, value: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
