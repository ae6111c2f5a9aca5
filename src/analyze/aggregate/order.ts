import { byCodeUnit } from '../model/by-code-unit.ts';
import type { NearMissReport } from '../report/finding-types.ts';
import type { FailureReport } from '../report/types.ts';
import type { OccurrencePartial, RunPartial } from './partial.ts';

/** Total orders of what reports list. All texts by code unit. */
export type Compare<T> = (a: T, b: T) => number;

/** By likely saving descending, those without a saving last; then trace id, parent, first call. */
export const byOccurrence: Compare<OccurrencePartial> = (a, b) =>
  (b.savingNs?.likely ?? -1) - (a.savingNs?.likely ?? -1) ||
  byCodeUnit(a.traceId, b.traceId) ||
  byCodeUnit(a.parentSpanId ?? '', b.parentSpanId ?? '') ||
  byCodeUnit(a.spanIds[0] ?? '', b.spanIds[0] ?? '');

export const byNearMiss: Compare<NearMissReport> = (a, b) =>
  byCodeUnit(a.kind, b.kind) ||
  byCodeUnit(a.rule, b.rule) ||
  byCodeUnit(a.fingerprint, b.fingerprint) ||
  byCodeUnit(a.traceId, b.traceId) ||
  byCodeUnit(a.parentSpanId ?? '', b.parentSpanId ?? '') ||
  a.count - b.count ||
  byCodeUnit(a.reason, b.reason);

export const byFailure: Compare<FailureReport> = (a, b) =>
  byCodeUnit(a.detector, b.detector) || byCodeUnit(a.traceId, b.traceId) || byCodeUnit(a.message, b.message);

export const byRun: Compare<RunPartial> = (a, b) => a.durationNs - b.durationNs || byCodeUnit(a.traceId, b.traceId);

/** The first `max` of two sorted lists. */
export function mergeSorted<T>(a: readonly T[], b: readonly T[], compare: Compare<T>, max = Infinity): readonly T[] {
  if (b.length === 0) return a;
  if (a.length === 0) return b;
  const merged: T[] = [];
  let i = 0;
  let j = 0;
  while (merged.length < max && (i < a.length || j < b.length)) {
    const takeA = j === b.length || (i < a.length && compare(a[i] as T, b[j] as T) <= 0);
    merged.push(takeA ? (a[i++] as T) : (b[j++] as T));
  }
  return merged;
}
