import type { Trace } from '../model/trace.ts';
import type { CallCategory } from '../semantics/call-category.ts';
import type { Thresholds } from './thresholds.ts';

/** Ids of `docs/detectors/`. The names are part of the JSON report. */
export type FindingKind = 'n_plus_one' | 'redundant_call';

/** What is called. */
export type Category = CallCategory;

export type Confidence = 'high' | 'medium' | 'low';
export type Mode = 'serial' | 'concurrent' | 'mixed';

/** Whole nanoseconds, low <= likely <= high. */
export interface Saving {
  readonly low: number;
  readonly likely: number;
  readonly high: number;
}

/** A finding in one trace. Occurrences with the same `id` in other traces are the same finding. */
export interface Occurrence {
  /** 12 hex digits over kind, category, fingerprint, parent path and service: stable across runs. */
  readonly id: string;
  readonly kind: FindingKind;
  readonly category: Category;
  readonly fingerprint: string;
  /** What is called, for a title: a tool's name, a statement, a method with a URL template. */
  readonly subject: string;
  /** Of the parent; '' where not recorded. */
  readonly service: string;
  /** The parent's name. */
  readonly operation: string;
  readonly fix: string;
  /** Already lowered for an incomplete trace and for path time that is mostly inferred. */
  readonly confidence: Confidence;
  /** Span indices of the trace; the offenders by start. -1: none known. */
  readonly parentSpan: number;
  readonly sourceSpan: number;
  readonly spans: readonly number[];
  /** Calls, composites counted as what they stand for: at least `spans.length`. */
  readonly count: number;
  /** Distinct parameter values seen; null where values are not recorded. */
  readonly distinct: number | null;
  readonly mode: Mode;
  readonly sumNs: number;
  readonly unionNs: number;
  /** Path time of the offenders and their subtrees. */
  readonly pathNs: number;
  readonly saving: Saving | null;
  /** Why `saving` is null. */
  readonly savingNullReason?: string;
}

/** A group of calls that did not become a finding, and the rule that decided. */
export interface NearMiss {
  readonly kind: FindingKind;
  readonly rule: string;
  readonly reason: string;
  readonly fingerprint: string;
  readonly parentSpan: number;
  readonly count: number;
}

/** What a detector lacked: it could not look at `spans` spans for want of these attributes. */
export interface Blind {
  readonly needs: readonly string[];
  readonly spans: number;
}

export interface Judgment {
  readonly occurrences: readonly Occurrence[];
  readonly nearMisses: readonly NearMiss[];
  readonly blind?: Blind;
}

/** One rule. Reads facts (memoised analyses) and judges; pure, never does an analysis of its own. */
export interface Detector {
  readonly id: FindingKind;
  detect(trace: Trace, thresholds: Thresholds): Judgment;
}
