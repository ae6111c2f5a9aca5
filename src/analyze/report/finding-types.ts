import type { Integer } from './integer.ts';

export type Severity = 'critical' | 'warning' | 'info';
export type Confidence = 'high' | 'medium' | 'low';

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
