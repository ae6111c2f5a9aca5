import { lengthOf, overlapWith, type Stretches, unionOf } from './intervals.ts';

/** The calls of one party, in any order. */
export interface CallTime {
  readonly start: Float64Array;
  readonly end: Float64Array;
}

export interface WallTime {
  readonly sumNs: number;
  /** How long at least one call was in flight. */
  readonly wallNs: number;
  /** Of it, how long none of another party was. */
  readonly exclusiveWallNs: number;
}

/**
 * Busy, wall and exclusive wall time of each party. Parties that do not count (internal ones: their calls hold the
 * calls that they cause) never take away from the exclusive time of another.
 *
 *     a  ####  ######      wall 10, exclusive 5
 *     b     #######        wall 7, exclusive 2
 */
export function wallTimes(parties: readonly { readonly times: CallTime; readonly counts: boolean }[]): {
  readonly parties: readonly WallTime[];
} {
  const unions = parties.map(({ times }) => unionOf(times.start, times.end));
  const counted = unions.filter((_, i) => parties[i]?.counts);
  const alone = aloneTimes(counted);
  const inFlight = overlapWith(unionOfAll(counted));
  let next = 0;
  return {
    parties: parties.map(({ times, counts }, i) => {
      const union = unions[i] as Stretches;
      const wallNs = lengthOf(union);
      const exclusiveWallNs = counts ? (alone[next++] as number) : wallNs - covered(union, inFlight);
      return { sumNs: sumOf(times), wallNs, exclusiveWallNs };
    }),
  };
}

function sumOf({ start, end }: CallTime): number {
  let sum = 0;
  for (let i = 0; i < start.length; i++) sum += (end[i] as number) - (start[i] as number);
  return sum;
}

function unionOfAll(unions: readonly Stretches[]): Stretches {
  const total = unions.reduce((sum, union) => sum + union.length, 0);
  const start = new Float64Array(total);
  const end = new Float64Array(total);
  let at = 0;
  for (const union of unions) {
    start.set(union.start, at);
    end.set(union.end, at);
    at += union.length;
  }
  return unionOf(start, end);
}

function covered(union: Stretches, overlap: (from: number, to: number) => number): number {
  let sum = 0;
  for (let i = 0; i < union.length; i++) sum += overlap(union.start[i] as number, union.end[i] as number);
  return sum;
}

/**
 * Sweeps over all starts and ends. The sum of the numbers of the running parties names the only one when one runs.
 */
function aloneTimes(unions: readonly Stretches[]): Float64Array {
  const alone = new Float64Array(unions.length);
  const edges: { readonly time: number; readonly party: number; readonly step: 1 | -1 }[] = [];
  unions.forEach((union, party) => {
    for (let i = 0; i < union.length; i++) {
      edges.push({ time: union.start[i] as number, party, step: 1 }, { time: union.end[i] as number, party, step: -1 });
    }
  });
  edges.sort((a, b) => a.time - b.time);
  let running = 0;
  let numbers = 0;
  let since = 0;
  for (const { time, party, step } of edges) {
    if (running === 1) alone[numbers]! += time - since;
    running += step;
    numbers += step * party;
    since = time;
  }
  return alone;
}
