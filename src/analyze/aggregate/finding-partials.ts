import type { Confidence, Occurrence } from '../detectors/types.ts';
import type { TraceFacts } from './facts.ts';
import { byOccurrence } from './order.ts';
import { type FindingPartial, MAX_OCCURRENCES, type OccurrencePartial } from './partial.ts';
import { MAX_LISTED_SPANS } from './trace-detail.ts';
import { NO_VALUES, valuesOf } from './values.ts';

/** The occurrences of one trace by the finding that they belong to. */
export function findingsOf(facts: TraceFacts): ReadonlyMap<string, FindingPartial> {
  const groups = new Map<string, Occurrence[]>();
  for (const occurrence of facts.judgment.occurrences) {
    const group = groups.get(occurrence.id);
    if (group === undefined) groups.set(occurrence.id, [occurrence]);
    else group.push(occurrence);
  }
  return new Map(Array.from(groups, ([id, group]) => [id, findingOf(facts, group)]));
}

function findingOf(facts: TraceFacts, group: readonly Occurrence[]): FindingPartial {
  const { path } = facts;
  const { id, kind, category, fingerprint, service } = group[0] as Occurrence;
  const windowNs = path.windowEnd - path.windowStart;
  const pathNs = Math.min(sumOf(group.map((o) => o.pathNs)), windowNs);
  const withoutSaving = group.find((o) => o.saving === null);
  const saving = withoutSaving === undefined ? group.map((o) => o.saving!) : [];
  const perTrace = (values: readonly number[]) =>
    saving.length === 0 ? NO_VALUES : valuesOf([Math.min(sumOf(values), windowNs)]);
  return {
    id,
    kind,
    category,
    fingerprint,
    service,
    subject: firstOf(group.map((o) => o.subject)),
    operation: firstOf(group.map((o) => o.operation)),
    fix: firstOf(group.map((o) => o.fix)),
    ...(withoutSaving?.savingNullReason === undefined ? {} : { savingNullReason: withoutSaving.savingNullReason }),
    traces: 1,
    pathNs: BigInt(pathNs),
    occurrenceCount: group.length,
    counts: valuesOf(group.map((o) => o.count)),
    modes: {
      serial: group.filter((o) => o.mode === 'serial').length,
      concurrent: group.filter((o) => o.mode === 'concurrent').length,
      mixed: group.filter((o) => o.mode === 'mixed').length,
    },
    sure: { high: sureOf(group, 'high'), medium: sureOf(group, 'medium'), low: sureOf(group, 'low') },
    low: perTrace(saving.map((s) => s.low)),
    likely: perTrace(saving.map((s) => s.likely)),
    high: perTrace(saving.map((s) => s.high)),
    path: valuesOf([pathNs]),
    window: valuesOf([windowNs]),
    occurrences: group
      .map((o) => occurrenceOf(facts, o))
      .sort(byOccurrence)
      .slice(0, MAX_OCCURRENCES),
  };
}

const firstOf = (texts: readonly string[]): string => texts.reduce((a, b) => (b < a ? b : a));

function sureOf(group: readonly Occurrence[], level: Confidence) {
  const ofLevel = group.filter((o) => o.confidence === level);
  return { savingNs: BigInt(sumOf(ofLevel.map((o) => o.saving?.likely ?? 0))), occurrences: ofLevel.length };
}

function occurrenceOf({ trace }: TraceFacts, o: Occurrence): OccurrencePartial {
  const { count, distinct, mode, sumNs, unionNs, pathNs, saving } = o;
  return {
    traceId: trace.id,
    parentSpanId: o.parentSpan < 0 ? null : trace.spanId(o.parentSpan),
    ...(o.sourceSpan < 0 ? {} : { sourceSpanId: trace.spanId(o.sourceSpan) }),
    spanIds: o.spans.slice(0, MAX_LISTED_SPANS).map((span) => trace.spanId(span)),
    count,
    distinct,
    mode,
    sumNs,
    unionNs,
    pathNs,
    savingNs: saving === null ? null : { low: saving.low, likely: saving.likely, high: saving.high },
  };
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
