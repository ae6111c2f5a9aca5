import type { RepeatCall } from '../analyses/repeat-calls.ts';
import { type GroupMeasure, measureGroup, type RepeatGroup } from '../analyses/repeats.ts';
import type { Mode } from './types.ts';

/** What the order of trial asks of a group. */
export interface RepeatFacts {
  readonly group: RepeatGroup;
  readonly measure: GroupMeasure;
  readonly mode: Mode;
  /** Sum over union: 1 is one after the other. */
  readonly overlap: number;
  /** Distinct parameter values seen; null where they are not recorded. */
  readonly distinct: number | null;
  /** Whether the calls ask for the very same and nothing of what they ask is hidden. */
  readonly same: boolean;
  readonly results: 'equal' | 'differ' | 'unknown';
}

export function repeatFacts(group: RepeatGroup): RepeatFacts {
  const measure = measureGroup(group);
  const overlap = measure.unionNs === 0 ? 1 : measure.sumNs / measure.unionNs;
  const distinct = distinctValues(group.calls);
  const visible = group.calls.every(({ fingerprint }) => fingerprint.complete && !fingerprint.writes);
  return {
    group,
    measure,
    mode: measure.mostAtOnce <= 1 || overlap < 1.01 ? 'serial' : overlap >= 1.5 ? 'concurrent' : 'mixed',
    overlap,
    distinct: distinct === 1 && !group.calls.every(({ fingerprint }) => fingerprint.complete) ? null : distinct,
    same: distinct === 1 && visible,
    results: resultsOf(group.calls),
  };
}

function distinctValues(calls: readonly RepeatCall[]): number | null {
  const values = new Set<string>();
  for (const { fingerprint, count } of calls) {
    if (fingerprint.value === undefined || count > 1) return null;
    values.add(fingerprint.value);
  }
  return values.size;
}

function resultsOf(calls: readonly RepeatCall[]): RepeatFacts['results'] {
  const results = new Set(calls.map((call) => call.result));
  if (results.has(undefined)) return 'unknown';
  return results.size === 1 ? 'equal' : 'differ';
}

/** The gaps between calls in order of start; overlapping calls have a gap of 0. */
export function gapsOf(calls: readonly RepeatCall[]): number[] {
  const gaps: number[] = [];
  for (let i = 1; i < calls.length; i++) {
    gaps.push(Math.max(0, (calls[i] as RepeatCall).start - (calls[i - 1] as RepeatCall).end));
  }
  return gaps;
}

/** The lower median: half of the values are not greater. */
export function medianOf(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
