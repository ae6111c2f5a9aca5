import { byCodeUnit } from '../model/by-code-unit.ts';
import { type LinkBuilder, linkBuilder } from '../report/links.ts';
import type { AnalysedReport, EntryOverview } from '../report/overview.ts';
import type { TraceReport } from '../report/trace-types.ts';
import type {
  DataQualityReport,
  EntryPointReport,
  InputReport,
  LostSpansReport,
  OperationReport,
  PartialReason,
  PartyReport,
  SkippedReport,
  SourceReport,
  ThirdPartyReport,
} from '../report/types.ts';
import { findingReports } from './finding-reports.ts';
import { descending, integer, share } from './integers.ts';
import { byNearMiss } from './order.ts';
import type { EntryPartial, LossesPartial, OwnPartial, TraceDetail, TracePartial } from './partial.ts';
import { slowRuns } from './slow-runs.ts';
import { medianOf, percentilesOf, valuesOf } from './values.ts';

/** What a report says besides what the traces say. */
export interface ReportContext {
  readonly toolVersion: string;
  readonly sources: readonly SourceReport[];
  readonly skipped: readonly SkippedReport[];
  readonly partialReasons: readonly PartialReason[];
  /** Base URL of a Jaeger UI that has the traces; without it the report has no links. */
  readonly uiBase?: string | undefined;
}

export function reportOf(partial: TracePartial, context: ReportContext): AnalysedReport {
  const links = linkBuilder(context.uiBase);
  const entries = [...partial.entryPoints.values()].sort(byWindow);
  const partialReasons = [...new Set(context.partialReasons)].sort(byCodeUnit);
  return {
    schemaVersion: '1.0',
    tool: { name: 'trace-analyze', version: context.toolVersion },
    partial: partialReasons.length > 0,
    partialReasons,
    input: inputOf(partial, context),
    entryPoints: entries.map(entryPointOf),
    traces: [...partial.details.values()].sort(byStart).map((detail) => traceOf(detail, links)),
    criticalPath: { durationNs: integer(partial.durationNs), byOperation: operationsOf(partial) },
    thirdParty: thirdPartyOf(partial),
    findings: findingReports(partial, links),
    nearMisses: [...partial.nearMisses.values()].flat().sort(byNearMiss),
    dataQuality: dataQualityOf(partial),
    failures: partial.failures,
    overview: { entryPoints: entries.map((entry) => overviewOf(entry, links)) },
  };
}

function byWindow(a: EntryPartial, b: EntryPartial): number {
  return descending(a.windowNs, b.windowNs) || byCodeUnit(a.service, b.service) || byCodeUnit(a.operation, b.operation);
}

function byStart(a: TraceDetail, b: TraceDetail): number {
  return -descending(BigInt(a.startUnixNano), BigInt(b.startUnixNano)) || byCodeUnit(a.traceId, b.traceId);
}

function inputOf(partial: TracePartial, { sources, skipped }: ReportContext): InputReport {
  return {
    sources,
    skipped,
    traces: partial.traces,
    spans: partial.spans,
    ...(partial.first === null ? {} : { firstUnixNano: String(partial.first) }),
    ...(partial.last === null ? {} : { lastUnixNano: String(partial.last) }),
  };
}

function entryPointOf({
  service,
  operation,
  traces,
  failed,
  incomplete,
  windowNs,
  runs,
}: EntryPartial): EntryPointReport {
  const durations = valuesOf(runs.map(({ durationNs }) => durationNs));
  return { service, operation, traces, failed, incomplete, windowNs: integer(windowNs), ...percentilesOf(durations) };
}

function traceOf(detail: TraceDetail, links: LinkBuilder | undefined): TraceReport {
  if (links === undefined) return detail;
  const { traceId } = detail;
  const spans = detail.spans.map((span) => ({
    ...span,
    link: links.spans(traceId, [span.recordedSpanId ?? span.spanId]),
  }));
  return { ...detail, spans, links: { trace: links.trace(traceId) } };
}

function operationsOf({ operations, durationNs }: TracePartial): readonly OperationReport[] {
  return [...operations.values()]
    .sort(
      (a, b) =>
        descending(a.pathNs, b.pathNs) ||
        byCodeUnit(a.service, b.service) ||
        byCodeUnit(a.operation, b.operation) ||
        byCodeUnit(a.kind, b.kind),
    )
    .map(({ service, operation, kind, pathNs, traces, spans, durations }) => ({
      service,
      operation,
      kind,
      pathNs: integer(pathNs),
      pathShare: share(pathNs, durationNs),
      traces,
      spans,
      ...percentilesOf(durations),
    }));
}

function thirdPartyOf({ thirdParty, durationNs }: TracePartial): ThirdPartyReport {
  const { calls, sumNs, wallNs, pathNs, shares, own } = thirdParty;
  return {
    calls,
    sumNs: integer(sumNs),
    wallNs: integer(wallNs),
    wallShare: share(wallNs, durationNs),
    pathNs: integer(pathNs),
    criticalPathShare: share(pathNs, durationNs),
    medianTraceShare: medianOf(shares) ?? 0,
    parties: partiesOf(thirdParty, durationNs),
    own: ownOf(own),
  };
}

function partiesOf({ parties }: TracePartial['thirdParty'], durationNs: bigint): readonly PartyReport[] {
  return [...parties.values()]
    .sort(
      (a, b) =>
        descending(a.pathNs, b.pathNs) ||
        byCodeUnit(a.party.name, b.party.name) ||
        byCodeUnit(a.party.class, b.party.class),
    )
    .map(({ party, calls, errors, sumNs, wallNs, exclusiveWallNs, pathNs, durations }) => ({
      name: party.name,
      vendor: party.vendor,
      class: party.class,
      rule: party.rule,
      confidence: party.confidence,
      calls,
      errors,
      sumNs: integer(sumNs),
      wallNs: integer(wallNs),
      wallShare: share(wallNs, durationNs),
      exclusiveWallNs: integer(exclusiveWallNs),
      pathNs: integer(pathNs),
      criticalPathShare: share(pathNs, durationNs),
      ...percentilesOf(durations),
    }));
}

function ownOf({ codeNs, internalNs, waitNs, untracedNs }: OwnPartial) {
  return {
    codeNs: integer(codeNs),
    internalNs: integer(internalNs),
    waitNs: integer(waitNs),
    untracedNs: integer(untracedNs),
  };
}

function dataQualityOf({ incomplete, repairs, losses, ran, blind }: TracePartial): DataQualityReport {
  return {
    incompleteTraces: incomplete,
    repairs: Object.fromEntries([...repairs].sort(([a], [b]) => byCodeUnit(a, b))),
    ...(losses.size === 0 ? {} : { lostSpans: lostSpansOf([...losses.values()]) }),
    ran: [...ran].sort(byCodeUnit),
    blind: [...blind.values()].sort(
      (a, b) => byCodeUnit(a.detector, b.detector) || byCodeUnit(a.needs.join('\n'), b.needs.join('\n')),
    ),
  };
}

function lostSpansOf(losses: readonly LossesPartial[]): readonly LostSpansReport[] {
  const byService = new Map<string, LostSpansReport>();
  for (const lost of losses) {
    const { service } = lost;
    const known: LostSpansReport = byService.get(service) ?? { service, dropped: 0, refused: 0 };
    const sampledOut = (known.sampledOut ?? 0) + lost.sampledOut;
    byService.set(service, {
      service,
      dropped: known.dropped + lost.dropped,
      refused: known.refused + lost.refused,
      ...(sampledOut === 0 ? {} : { sampledOut }),
    });
  }
  return [...byService.values()].sort((a, b) => byCodeUnit(a.service, b.service));
}

function overviewOf({ parties, own, runs }: EntryPartial, links: LinkBuilder | undefined): EntryOverview {
  const slow = slowRuns(runs);
  const longest = runs.at(-1)?.durationNs;
  const slowest = runs.find(({ durationNs }) => durationNs === longest);
  return {
    parties: [...parties.values()]
      .sort((a, b) => descending(a.pathNs, b.pathNs) || byCodeUnit(a.party.name, b.party.name))
      .map(({ party, calls, pathNs }) => ({ name: party.name, class: party.class, calls, pathNs: integer(pathNs) })),
    own: ownOf(own),
    ...(slow === undefined ? {} : { slow }),
    ...(slowest === undefined ? {} : { slowest: slowestOf(slowest, links) }),
  };
}

function slowestOf({ traceId, durationNs }: EntryPartial['runs'][number], links: LinkBuilder | undefined) {
  return { traceId, durationNs, ...(links === undefined ? {} : { link: links.trace(traceId) }) };
}
