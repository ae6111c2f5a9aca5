/**
 * The JSON report, schema 1.x: what scripts may rely on. `docs/report.schema.json` says the same for other languages.
 *
 * Versions 1.x only add members; enumerations may grow; readers ignore what they do not know. An absent optional member
 * means unknown. Strings that come from traces are identifiers and names, never content. Arrays have a total order, so
 * that equal input gives equal bytes.
 */

/** Whole nanoseconds, or a count made of many; a bigint only where a number could not hold it (2^53 and more). */
export type Integer = number | bigint;

export type Severity = 'critical' | 'warning' | 'info';
export type Confidence = 'high' | 'medium' | 'low';
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

export interface TraceReport {
  readonly traceId: string;
  /** null: several tops or a lost root; a virtual root spans them. */
  readonly rootSpanId: string | null;
  /** Of the root; under a virtual root of the earliest span without parent. */
  readonly rootService: string;
  readonly rootName: string;
  readonly failed: boolean;
  readonly complete: boolean;
  /** Start of the window, Unix nanoseconds in decimal. */
  readonly startUnixNano: string;
  /** Length of the window: the root, extended where its work went on without it. */
  readonly durationNs: number;
  /** Every span of the trace that the report names, and their ancestors. By recorded start, then id. */
  readonly spans: readonly SpanReport[];
  readonly criticalPath: TracePath;
  /** Repairs and oddities, by flag, span, other, value, count. */
  readonly flags: readonly FlagReport[];
  /** Absent where no user interface is known. */
  readonly links?: { readonly trace: string };
}

export interface SpanReport {
  /** As recorded, or `id#n` where several spans share an id. */
  readonly spanId: string;
  /** Only where it differs from `spanId`. */
  readonly recordedSpanId?: string;
  /** The recorded parent; null for a root and where the parent is missing. */
  readonly parentSpanId: string | null;
  readonly service: string;
  readonly operation: string;
  /** `llm`, `tool`, `agent`, `db`, `http`, … (docs: kinds). */
  readonly kind: string;
  /** The part it plays in the critical path. */
  readonly role: string;
  /** Who its time belongs to; absent for own code. */
  readonly party?: string;
  /** From the start of the window, clock skew taken out; may be negative. */
  readonly startNs: number;
  /** As recorded; of a span without end: up to where its work was seen. */
  readonly durationNs: number;
  readonly error: boolean;
  readonly link?: string;
}

export type SegmentKind = 'self' | 'overlapped' | 'wait' | 'untraced';
export type Bucket = 'party' | 'internal' | 'code' | 'wait' | 'untraced';
export type Via = 'hoist' | 'wait' | 'adopt';

export interface TracePath {
  /** They tile [0, durationNs) in order of time. */
  readonly segments: readonly SegmentReport[];
  /** Sets of spans that end together, the path's own span first: shortening one alone saves nothing. */
  readonly coCritical: readonly (readonly string[])[];
  /** How the path was found; the sum is `durationNs`. */
  readonly how: {
    readonly directNs: number;
    readonly hoistedNs: number;
    readonly throughWaitNs: number;
    readonly adoptedNs: number;
  };
}

export interface SegmentReport {
  /** null: the virtual root. */
  readonly spanId: string | null;
  /** From the start of the window; end exclusive. */
  readonly startNs: number;
  readonly endNs: number;
  readonly kind: SegmentKind;
  /** Absent: by awaited children alone. */
  readonly via?: Via;
  /** The wait that this segment explains. */
  readonly waitSpanId?: string;
  readonly bucket: Bucket;
}

export interface FlagReport {
  readonly flag: string;
  readonly spanId?: string;
  /** The other span; for what is no span of the trace (a missing parent, the members of a cycle) its id. */
  readonly otherId?: string;
  readonly valueNs?: number;
  readonly count?: number;
}

/** The critical paths of all traces together. */
export interface PathTotals {
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

/** low <= likely <= high. */
export interface SavingReport {
  readonly low: number;
  readonly likely: number;
  readonly high: number;
}

/** One thing to change, wherever it occurred. */
export interface FindingReport {
  /** 12 hex digits, stable across runs. */
  readonly id: string;
  readonly kind: string;
  readonly category: string;
  readonly title: string;
  readonly severity: Severity;
  readonly confidence: Confidence;
  /** Of the parent; '' where not recorded. */
  readonly service: string;
  /** The parent's name; '' where there is none. */
  readonly operation: string;
  readonly fingerprint: string;
  /** Path time of all occurrences. */
  readonly pathNs: Integer;
  /** What an affected run would gain: the median over those that can be judged; null where none can. */
  readonly savingNs: SavingReport | null;
  readonly savingNullReason?: string;
  readonly reach: {
    readonly traces: number;
    /** Of `input.traces`. */
    readonly share: number;
  };
  /** All of them, listed or not. */
  readonly occurrenceCount: number;
  /** At most 25, by likely saving descending, then trace id. */
  readonly occurrences: readonly OccurrenceReport[];
  readonly evidence: { readonly method: 'formula' | 'replay' };
  readonly fix: string;
  readonly docs: string;
}

export interface OccurrenceReport {
  readonly traceId: string;
  /** null: the calls have no parent in the trace. */
  readonly parentSpanId: string | null;
  /** The call whose result was looped over; absent: none known. */
  readonly sourceSpanId?: string;
  /** By start; the first 100. */
  readonly spanIds: readonly string[];
  readonly count: number;
  /** Distinct parameter values; null where they are not recorded. */
  readonly distinct: number | null;
  readonly mode: 'serial' | 'concurrent' | 'mixed';
  readonly sumNs: number;
  readonly unionNs: number;
  readonly pathNs: number;
  readonly savingNs: SavingReport | null;
  /** `first`: the trace opened at the first call and its parent. */
  readonly links?: { readonly first: string; readonly trace: string };
}

/** A group of calls that did not become a finding, and the rule that decided. */
export interface NearMissReport {
  readonly kind: string;
  readonly rule: string;
  readonly reason: string;
  readonly fingerprint: string;
  readonly traceId: string;
  readonly parentSpanId: string | null;
  readonly count: number;
}

export interface DataQualityReport {
  readonly incompleteTraces: number;
  /** How often each repair was made or oddity seen; only those that were. */
  readonly repairs: { readonly [flag: string]: number };
  /** The rules that looked, sorted. */
  readonly ran: readonly string[];
  /** What the rules could not see, and for want of which attributes. */
  readonly blind: readonly BlindReport[];
}

export interface BlindReport {
  readonly detector: string;
  readonly needs: readonly string[];
  readonly spans: number;
}

export interface FailureReport {
  readonly detector: string;
  readonly traceId: string;
  readonly message: string;
}
