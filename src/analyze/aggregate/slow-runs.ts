import { byCodeUnit } from '../model/by-code-unit.ts';
import type { SlowRuns } from '../report/overview.ts';

import type { RunPartial } from './partial.ts';

/**
 * What the slowest 5 % of the runs wait for that the rest do not: by owner, mean path time of the slow runs minus that
 * of the rest. `runs` by duration ascending; undefined below 20, and where the slow ones are no slower.
 */
export function slowRuns(runs: readonly RunPartial[]): SlowRuns | undefined {
  const slow = Math.floor(runs.length / 20);
  if (slow === 0) return undefined;
  const rest = runs.length - slow;
  let excess = 0n;
  const excessOf = new Map<string, bigint>();
  // Over the common denominator slow × rest, so that the sums stay whole.
  runs.forEach(({ durationNs, owners }, i) => {
    const weight = i < rest ? -BigInt(slow) : BigInt(rest);
    excess += weight * BigInt(durationNs);
    for (const [owner, ns] of owners) excessOf.set(owner, (excessOf.get(owner) ?? 0n) + weight * BigInt(ns));
  });
  const [largest] = [...excessOf].sort(([a, x], [b, y]) => (x === y ? byCodeUnit(a, b) : x < y ? 1 : -1));
  if (excess <= 0n || largest === undefined) return undefined;
  const mean = (sum: bigint): number => Math.round(Number(sum) / (slow * rest));
  return { runs: slow, excessNs: mean(excess), largest: { name: largest[0], excessNs: mean(largest[1]) } };
}
