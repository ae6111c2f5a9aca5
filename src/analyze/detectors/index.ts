import type { Trace } from '../model/trace.ts';
import { nPlusOne } from './n-plus-one.ts';
import { redundantCall } from './redundant-call.ts';
import { DEFAULT_THRESHOLDS, type Thresholds } from './thresholds.ts';
import type { Blind, Detector, FindingKind, NearMiss, Occurrence } from './types.ts';

/** Every rule, in the order of reports. A rule has a page in docs/detectors/. */
export const DETECTORS: readonly Detector[] = [nPlusOne, redundantCall];

/** What all rules together say of one trace. */
export interface TraceJudgment {
  readonly occurrences: readonly Occurrence[];
  readonly nearMisses: readonly NearMiss[];
  /** The rules that looked. */
  readonly ran: readonly FindingKind[];
  readonly blind: readonly (Blind & { readonly detector: FindingKind })[];
  /** Rules that broke down: a bug, told and survived. */
  readonly failures: readonly { readonly detector: FindingKind; readonly message: string }[];
}

export function judge(
  trace: Trace,
  thresholds: Thresholds = DEFAULT_THRESHOLDS,
  detectors: readonly Detector[] = DETECTORS,
): TraceJudgment {
  const occurrences: Occurrence[] = [];
  const nearMisses: NearMiss[] = [];
  const ran: FindingKind[] = [];
  const blind: (Blind & { detector: FindingKind })[] = [];
  const failures: { detector: FindingKind; message: string }[] = [];
  for (const detector of detectors) {
    try {
      const judgment = detector.detect(trace, thresholds);
      occurrences.push(...judgment.occurrences);
      nearMisses.push(...judgment.nearMisses);
      if (judgment.blind) blind.push({ detector: detector.id, ...judgment.blind });
      ran.push(detector.id);
    } catch (error) {
      failures.push({ detector: detector.id, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return { occurrences, nearMisses, ran, blind, failures };
}
