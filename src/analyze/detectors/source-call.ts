import { callTree } from '../analyses/call-tree.ts';
import { firstAfter } from '../analyses/intervals.ts';
import { type RepeatCall, repeatCalls } from '../analyses/repeat-calls.ts';
import { factOf } from '../model/facts.ts';
import type { Trace } from '../model/trace.ts';

/** The calls of one parent by their end. */
interface Ended {
  readonly calls: readonly RepeatCall[];
  readonly ends: Float64Array;
}

/**
 * The "1" of N+1: of the calls under the same parent or its parent, with another fingerprint, the one that ended last
 * before the first offender began; -1 if there is none. Evidence only.
 */
export function sourceCall(trace: Trace, first: RepeatCall, parent: number): number {
  const above = parent < 0 ? -1 : (factOf(trace, callTree).parent[parent] as number);
  const near = lastBefore(factOf(trace, endedCalls).get(parent), first);
  const far = above < 0 ? undefined : lastBefore(factOf(trace, endedCalls).get(above), first);
  if (near === undefined || far === undefined) return (near ?? far)?.span ?? -1;
  return far.end > near.end ? far.span : near.span;
}

function lastBefore(ended: Ended | undefined, first: RepeatCall): RepeatCall | undefined {
  if (ended === undefined) return undefined;
  const { calls, ends } = ended;
  for (let i = firstAfter(ends, ends.length, first.start) - 1; i >= 0; i--) {
    const call = calls[i] as RepeatCall;
    if (call.key !== first.key) return call;
  }
  return undefined;
}

function endedCalls(trace: Trace): ReadonlyMap<number, Ended> {
  const { parent } = factOf(trace, callTree);
  const groups = new Map<number, RepeatCall[]>();
  for (const call of factOf(trace, repeatCalls).calls) {
    const under = parent[call.span] as number;
    const group = groups.get(under);
    if (group) group.push(call);
    else groups.set(under, [call]);
  }
  return new Map(
    [...groups].map(([under, calls]) => {
      calls.sort((a, b) => a.end - b.end || a.span - b.span);
      return [under, { calls, ends: Float64Array.from(calls, (call) => call.end) }];
    }),
  );
}
