import { byCodeUnit } from '../model/by-code-unit.ts';
import type { Confidence, FindingReport, OccurrenceReport, SavingReport, Severity } from '../report/finding-types.ts';
import type { LinkBuilder } from '../report/links.ts';
import { integer, share } from './integers.ts';
import type { Compare } from './order.ts';
import type { FindingPartial, OccurrencePartial, TraceDetail, TracePartial } from './partial.ts';
import { titleOf } from './titles.ts';
import { medianOf } from './values.ts';

export function findingReports(partial: TracePartial, links: LinkBuilder | undefined): readonly FindingReport[] {
  const recorded = recordedIds(partial);
  return [...partial.findings.values()]
    .map((finding) => reportOf(finding, partial.traces, recorded, links))
    .sort(byGain);
}

type RecordedId = (traceId: string, spanId: string) => string;

function reportOf(
  finding: FindingPartial,
  traces: number,
  recorded: RecordedId,
  links: LinkBuilder | undefined,
): FindingReport {
  const { id, kind, category, service, operation, fingerprint, fix, savingNullReason } = finding;
  const savingNs = savingOf(finding);
  const isReasonNeeded = savingNs === null && savingNullReason !== undefined;
  return {
    id,
    kind,
    category,
    title: titleOf(finding),
    severity: severityOf(medianOf(finding.path) ?? 0, medianOf(finding.window) ?? 0),
    confidence: confidenceOf(finding),
    service,
    operation,
    fingerprint,
    pathNs: integer(finding.pathNs),
    savingNs,
    ...(isReasonNeeded ? { savingNullReason } : {}),
    reach: { traces: finding.traces, share: share(BigInt(finding.traces), BigInt(traces)) },
    occurrenceCount: finding.occurrenceCount,
    occurrences: finding.occurrences.map((occurrence) => withLinks(occurrence, recorded, links)),
    evidence: { method: 'formula' },
    fix,
    docs: `docs/detectors/${kind.replaceAll('_', '-')}.md`,
  };
}

function savingOf({ low, likely, high }: FindingPartial): SavingReport | null {
  const [l, m, h] = [medianOf(low), medianOf(likely), medianOf(high)];
  return l === null || m === null || h === null ? null : { low: l, likely: m, high: h };
}

/** docs/findings.md: by how much of an affected run the calls hold up; how many runs are affected is `reach`. */
export function severityOf(pathNs: number, windowNs: number): Severity {
  if (pathNs >= 1e9 || (pathNs > 0 && pathNs * 5 >= windowNs)) return 'critical';
  if (pathNs >= 1e8 || (pathNs > 0 && pathNs * 20 >= windowNs)) return 'warning';
  return 'info';
}

/** The highest level that, with those above it, carries at least half of the saving; without one, of the occurrences. */
export function confidenceOf({ sure }: Pick<FindingPartial, 'sure'>): Confidence {
  const { high, medium, low } = sure;
  const half = (a: bigint, b: bigint, c: bigint): Confidence =>
    a * 2n >= a + b + c ? 'high' : (a + b) * 2n >= a + b + c ? 'medium' : 'low';
  if (high.savingNs + medium.savingNs + low.savingNs > 0n) return half(high.savingNs, medium.savingNs, low.savingNs);
  return half(BigInt(high.occurrences), BigInt(medium.occurrences), BigInt(low.occurrences));
}

/** By likely saving times affected traces descending, then id; those without a saving last. */
const byGain: Compare<FindingReport> = (a, b) => {
  const [left, right] = [gainOf(a), gainOf(b)];
  return left === right ? byCodeUnit(a.id, b.id) : left < right ? 1 : -1;
};

function gainOf({ savingNs, reach }: FindingReport): bigint {
  return savingNs === null ? -1n : BigInt(savingNs.likely) * BigInt(reach.traces);
}

function withLinks(
  occurrence: OccurrencePartial,
  recorded: RecordedId,
  links: LinkBuilder | undefined,
): OccurrenceReport {
  if (links === undefined) return occurrence;
  const { traceId, parentSpanId, spanIds } = occurrence;
  const shown = [...spanIds.slice(0, 1), ...(parentSpanId === null ? [] : [parentSpanId])];
  const ids = shown.map((spanId) => recorded(traceId, spanId));
  return { ...occurrence, links: { first: links.spans(traceId, ids), trace: links.trace(traceId) } };
}

/** Links name spans as they were recorded. */
function recordedIds(partial: TracePartial): RecordedId {
  const renamed = new Map<string, ReadonlyMap<string, string>>();
  const idsOf = ({ spans }: TraceDetail) =>
    new Map(spans.flatMap(({ spanId, recordedSpanId }) => (recordedSpanId ? [[spanId, recordedSpanId]] : [])));
  for (const [traceId, detail] of partial.details) renamed.set(traceId, idsOf(detail));
  return (traceId, spanId) => renamed.get(traceId)?.get(spanId) ?? spanId;
}
