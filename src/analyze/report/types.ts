import type { Confidence, FindingReport, NearMissReport } from './finding-types.ts';
import type { Integer } from './integer.ts';
import type { TraceReport } from './trace-types.ts';

/**
 * The JSON report, schema 1.x: what scripts may rely on. `docs/report.schema.json` says the same for other languages.
 *
 * Versions 1.x only add members; enumerations may grow; readers ignore what they do not know. An absent optional member
 * means unknown. Strings that come from traces are identifiers and names, never content. Arrays have a total order, so
 * that equal input gives equal bytes.
 */

export type PartyClass = 'third_party' | 'managed' | 'internal' | 'unknown';
export type PartialReason = 'interrupted' | 'limit' | 'cut_input' | 'source_failed';

export interface Report {
  readonly schemaVersion: '1.0';
  readonly tool: { readonly name: 'trace-analyze'; readonly version: string };
  /** Whether the report rests on less than what was asked for; `partialReasons` then says why. */
  readonly partial: boolean;
  /** Sorted. */
  readonly partialReasons: readonly PartialReason[];
  readonly input: InputReport;
  /** By `windowNs` descending, then service, then operation. */
  readonly entryPoints: readonly EntryPointReport[];
  /** All when there are at most 100, else those named in occurrences. By start, then id. */
  readonly traces: readonly TraceReport[];
  readonly criticalPath: PathTotals;
  readonly thirdParty: ThirdPartyReport;
  /** By likely saving times affected traces descending, then id; those without a saving last. */
  readonly findings: readonly FindingReport[];
  /** By kind, rule, fingerprint, trace id, parent; at most 25 of one kind, rule and fingerprint. */
  readonly nearMisses: readonly NearMissReport[];
  readonly dataQuality: DataQualityReport;
  /** Rules that broke down, by detector, trace id, message; at most 100. */
  readonly failures: readonly FailureReport[];
}

export interface InputReport {
  /** In the order given. */
  readonly sources: readonly SourceReport[];
  readonly skipped: readonly SkippedReport[];
  readonly traces: number;
  /** After merging repeated records. */
  readonly spans: number;
  /** Earliest and latest timestamp of any span, Unix nanoseconds in decimal. Absent without spans. */
  readonly firstUnixNano?: string;
  readonly lastUnixNano?: string;
}

export interface SourceReport {
  /** As given, credentials removed. */
  readonly name: string;
  /** `jaeger-json`, `otlp-json`, `otlp-proto`, … */
  readonly format: string;
  /** As read, before decompression. */
  readonly bytes: number;
  readonly traces: number;
  readonly spans: number;
}

/** Input that could not be used. */
export interface SkippedReport {
  readonly source: string;
  /** From 1; absent where the input has no lines. */
  readonly line?: number;
  /** Offset in the decompressed input; absent where not known. */
  readonly byte?: number;
  readonly reason: string;
  /** How many items (spans, lines) this entry stands for. */
  readonly count: number;
}

/** The runs (traces) that begin with one operation of one service. */
export interface EntryPointReport {
  readonly service: string;
  readonly operation: string;
  readonly traces: number;
  /** Runs whose root has status error. */
  readonly failed: number;
  /** Runs that are in flight or have lost spans: left out of the percentiles. */
  readonly incomplete: number;
  /** Sum of the runs' durations. */
  readonly windowNs: Integer;
  /** Of complete runs' durations, nearest rank; null below 3, 20 and 100 of them. */
  readonly p50Ns: number | null;
  readonly p95Ns: number | null;
  readonly p99Ns: number | null;
}

/** The critical paths of all traces together. */
interface PathTotals {
  readonly durationNs: Integer;
  /** Every operation seen, by `pathNs` descending, then service, operation, kind. */
  readonly byOperation: readonly OperationReport[];
}

export interface OperationReport {
  readonly service: string;
  readonly operation: string;
  readonly kind: string;
  /** Time of its spans' own segments. The virtual root's is in none. */
  readonly pathNs: Integer;
  /** Of all traces' path: a ratio of sums, 0 to 1. */
  readonly pathShare: number;
  /** Traces that have it. */
  readonly traces: number;
  readonly spans: number;
  /** Of the durations of spans with an end, nearest rank; null below 3, 20 and 100 of them. */
  readonly p50Ns: number | null;
  readonly p95Ns: number | null;
  readonly p99Ns: number | null;
}

/** How much of the latency belongs to whom. The totals count parties of class `third_party` only. */
export interface ThirdPartyReport {
  readonly calls: number;
  /** Busy time: may exceed the runs' duration. */
  readonly sumNs: Integer;
  /** Time with at least one third-party call in flight. */
  readonly wallNs: Integer;
  readonly wallShare: number;
  readonly pathNs: Integer;
  /** `pathNs` of the whole path: a ratio of sums. */
  readonly criticalPathShare: number;
  /** The median of the traces' own shares of the path. */
  readonly medianTraceShare: number;
  /** By `pathNs` descending, then name, class. */
  readonly parties: readonly PartyReport[];
  /** With the `pathNs` of the parties that are not internal: exactly `criticalPath.durationNs`. */
  readonly own: OwnTime;
}

export interface OwnTime {
  readonly codeNs: Integer;
  readonly internalNs: Integer;
  readonly waitNs: Integer;
  readonly untracedNs: Integer;
}

export interface PartyReport {
  /** Host, else provider, else model. */
  readonly name: string;
  readonly vendor: string;
  readonly class: PartyClass;
  /** What said so (docs/third-party.md), and how sure that is. */
  readonly rule: string;
  readonly confidence: Confidence;
  readonly calls: number;
  readonly errors: number;
  readonly sumNs: Integer;
  readonly wallNs: Integer;
  readonly wallShare: number;
  /** Of `wallNs`, what no other party's calls overlap. */
  readonly exclusiveWallNs: Integer;
  readonly pathNs: Integer;
  readonly criticalPathShare: number;
  /** Of call durations, nearest rank; null below 3, 20 and 100 calls. */
  readonly p50Ns: number | null;
  readonly p95Ns: number | null;
  readonly p99Ns: number | null;
}

export interface DataQualityReport {
  readonly incompleteTraces: number;
  /** How often each repair was made or oddity seen; only those that were. */
  readonly repairs: { readonly [flag: string]: number };
  /** Spans that instrumentation says it has lost, by service; absent where none says so. */
  readonly lostSpans?: readonly LostSpansReport[];
  /** The rules that looked, sorted. */
  readonly ran: readonly string[];
  /** What the rules could not see, and for want of which attributes. */
  readonly blind: readonly BlindReport[];
}

export interface LostSpansReport {
  readonly service: string;
  /** For want of room. */
  readonly dropped: number;
  /** By a receiver. */
  readonly refused: number;
  /** On purpose, by sampling: counts and percentiles are of the runs that were kept. Absent where none says so. */
  readonly sampledOut?: number;
}

interface BlindReport {
  readonly detector: string;
  readonly needs: readonly string[];
  readonly spans: number;
}

export interface FailureReport {
  readonly detector: string;
  readonly traceId: string;
  readonly message: string;
}
