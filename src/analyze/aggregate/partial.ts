import type { Party } from '../analyses/third-party-types.ts';
import type { Category, Confidence, FindingKind, Mode } from '../detectors/types.ts';
import type { NearMissReport, OccurrenceReport } from '../report/finding-types.ts';
import type { SpanReport, TraceReport } from '../report/trace-types.ts';
import type { FailureReport } from '../report/types.ts';
import { NO_VALUES, type Values } from './values.ts';

/**
 * What a set of traces contributes to a report: a commutative monoid under `merge` with `emptyPartial`. Two partials
 * that are merged must not share a trace. Sums over traces are bigints, because nanoseconds of many runs outgrow 2^53;
 * nothing is ever a sum of fractions, so the order of merging cannot show. Plain data: it can be sent to a worker.
 */
export interface TracePartial {
  readonly traces: number;
  readonly spans: number;
  /** Unix nanoseconds; null without spans. */
  readonly first: bigint | null;
  readonly last: bigint | null;
  readonly durationNs: bigint;
  readonly incomplete: number;
  readonly entryPoints: ReadonlyMap<string, EntryPartial>;
  readonly operations: ReadonlyMap<string, OperationPartial>;
  readonly thirdParty: ThirdPartyPartial;
  readonly findings: ReadonlyMap<string, FindingPartial>;
  readonly nearMisses: ReadonlyMap<string, readonly NearMissReport[]>;
  readonly repairs: ReadonlyMap<string, number>;
  /** What processes say they have lost, by process. */
  readonly losses: ReadonlyMap<string, LossesPartial>;
  readonly ran: ReadonlySet<string>;
  readonly blind: ReadonlyMap<string, BlindPartial>;
  readonly failures: readonly FailureReport[];
  /** Of every trace while there are at most `MAX_DETAILS`, then of those that listed occurrences name. */
  readonly details: ReadonlyMap<string, TraceDetail>;
}

export interface EntryPartial {
  readonly service: string;
  readonly operation: string;
  readonly traces: number;
  readonly failed: number;
  readonly incomplete: number;
  readonly windowNs: bigint;
  readonly parties: ReadonlyMap<string, EntryPartyPartial>;
  readonly own: OwnPartial;
  /** The complete ones, by duration, then trace id. */
  readonly runs: readonly RunPartial[];
}

export interface EntryPartyPartial {
  readonly party: Party;
  readonly calls: number;
  readonly pathNs: bigint;
}

export interface RunPartial {
  readonly traceId: string;
  readonly durationNs: number;
  /** Path time by party or, where there is none, operation: those with at least 1 % of the run. */
  readonly owners: ReadonlyMap<string, number>;
}

export interface OwnPartial {
  readonly codeNs: bigint;
  readonly internalNs: bigint;
  readonly waitNs: bigint;
  readonly untracedNs: bigint;
}

export interface OperationPartial {
  readonly service: string;
  readonly operation: string;
  readonly kind: string;
  readonly pathNs: bigint;
  readonly traces: number;
  readonly spans: number;
  readonly durations: Values;
}

export interface ThirdPartyPartial {
  readonly calls: number;
  readonly sumNs: bigint;
  readonly wallNs: bigint;
  readonly pathNs: bigint;
  readonly own: OwnPartial;
  /** Each trace's share of its path. */
  readonly shares: Values;
  readonly parties: ReadonlyMap<string, PartyPartial>;
}

export interface PartyPartial {
  readonly party: Party;
  readonly calls: number;
  readonly errors: number;
  readonly sumNs: bigint;
  readonly wallNs: bigint;
  readonly exclusiveWallNs: bigint;
  readonly pathNs: bigint;
  readonly durations: Values;
}

export interface FindingPartial {
  readonly id: string;
  readonly kind: FindingKind;
  readonly category: Category;
  readonly fingerprint: string;
  readonly subject: string;
  readonly service: string;
  readonly operation: string;
  readonly fix: string;
  readonly savingNullReason?: string;
  readonly traces: number;
  readonly pathNs: bigint;
  readonly occurrenceCount: number;
  /** Calls of each occurrence. */
  readonly counts: Values;
  readonly modes: Readonly<Record<Mode, number>>;
  /** How much of the likely saving, and how many occurrences, each level of confidence carries. */
  readonly sure: Readonly<Record<Confidence, { readonly savingNs: bigint; readonly occurrences: number }>>;
  /** Per affected trace whose saving can be judged. */
  readonly low: Values;
  readonly likely: Values;
  readonly high: Values;
  /** Per affected trace. */
  readonly path: Values;
  readonly window: Values;
  /** The first `MAX_OCCURRENCES`. */
  readonly occurrences: readonly OccurrencePartial[];
}

export type OccurrencePartial = Omit<OccurrenceReport, 'links'>;

export interface LossesPartial {
  readonly service: string;
  readonly dropped: number;
  readonly refused: number;
  readonly sampledOut: number;
}

export interface BlindPartial {
  readonly detector: string;
  readonly needs: readonly string[];
  readonly spans: number;
}

/** A trace of the report without its links. */
export type TraceDetail = Omit<TraceReport, 'links' | 'spans'> & {
  readonly spans: readonly Omit<SpanReport, 'link'>[];
};

export const MAX_DETAILS = 100;
export const MAX_OCCURRENCES = 25;
export const MAX_NEAR_MISSES = 25;
export const MAX_FAILURES = 100;

const NO_OWN_TIME: OwnPartial = { codeNs: 0n, internalNs: 0n, waitNs: 0n, untracedNs: 0n };

/** The partial of no traces. */
export const emptyPartial: TracePartial = {
  traces: 0,
  spans: 0,
  first: null,
  last: null,
  durationNs: 0n,
  incomplete: 0,
  entryPoints: new Map(),
  operations: new Map(),
  thirdParty: { calls: 0, sumNs: 0n, wallNs: 0n, pathNs: 0n, own: NO_OWN_TIME, shares: NO_VALUES, parties: new Map() },
  findings: new Map(),
  nearMisses: new Map(),
  repairs: new Map(),
  losses: new Map(),
  ran: new Set(),
  blind: new Map(),
  failures: [],
  details: new Map(),
};

/** A map key of several texts that no other texts share. */
export function keyOf(...texts: readonly string[]): string {
  let key = '';
  for (const text of texts) key += `${text.length}:${text}`;
  return key;
}
