/** Multisets of numbers as sorted arrays, so that merging is exact and does not depend on the order of merging. */
export type Values = Float64Array;

export const NO_VALUES: Values = new Float64Array(0);

/** Sorts in place. */
export function valuesOf(numbers: readonly number[]): Values {
  return Float64Array.from(numbers).sort();
}

export function mergeValues(a: Values, b: Values): Values {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const merged = new Float64Array(a.length + b.length);
  let i = 0;
  let j = 0;
  for (let at = 0; at < merged.length; at++) {
    const takeA = j === b.length || (i < a.length && (a[i] as number) <= (b[j] as number));
    merged[at] = takeA ? (a[i++] as number) : (b[j++] as number);
  }
  return merged;
}

/** The smallest value with at least half of them at or below it; null without values. */
export function medianOf(values: Values): number | null {
  return values.length === 0 ? null : nearestRank(values, 50);
}

export interface Percentiles {
  readonly p50Ns: number | null;
  readonly p95Ns: number | null;
  readonly p99Ns: number | null;
}

/** Below 3, 20 and 100 values they would say more about chance than about the program. */
export function percentilesOf(values: Values): Percentiles {
  return {
    p50Ns: values.length < 3 ? null : nearestRank(values, 50),
    p95Ns: values.length < 20 ? null : nearestRank(values, 95),
    p99Ns: values.length < 100 ? null : nearestRank(values, 99),
  };
}

function nearestRank(values: Values, percent: number): number {
  return values[Math.ceil((values.length * percent) / 100) - 1] as number;
}
