import type { Party } from '../analyses/third-party-types.ts';
import { byCodeUnit } from '../model/by-code-unit.ts';
import { byFailure, byNearMiss, byOccurrence, byRun, mergeSorted } from './order.ts';
import {
  type BlindPartial,
  type EntryPartial,
  type EntryPartyPartial,
  emptyPartial,
  type FindingPartial,
  type LossesPartial,
  MAX_DETAILS,
  MAX_FAILURES,
  MAX_NEAR_MISSES,
  MAX_OCCURRENCES,
  type OperationPartial,
  type OwnPartial,
  type PartyPartial,
  type ThirdPartyPartial,
  type TraceDetail,
  type TracePartial,
} from './partial.ts';
import { mergeValues } from './values.ts';

/** The partial of both sets of traces. Associative and commutative; neither argument is changed. */
export function merge(a: TracePartial, b: TracePartial): TracePartial {
  if (a.traces === 0) return b;
  if (b.traces === 0) return a;
  const findings = mergeMaps(a.findings, b.findings, mergeFindings);
  return {
    traces: a.traces + b.traces,
    spans: a.spans + b.spans,
    first: least(a.first, b.first, (x, y) => x < y),
    last: least(a.last, b.last, (x, y) => x > y),
    durationNs: a.durationNs + b.durationNs,
    incomplete: a.incomplete + b.incomplete,
    entryPoints: mergeMaps(a.entryPoints, b.entryPoints, mergeEntries),
    operations: mergeMaps(a.operations, b.operations, mergeOperations),
    thirdParty: mergeThirdParty(a.thirdParty, b.thirdParty),
    findings,
    nearMisses: mergeMaps(a.nearMisses, b.nearMisses, (x, y) => mergeSorted(x, y, byNearMiss, MAX_NEAR_MISSES)),
    repairs: mergeMaps(a.repairs, b.repairs, (x, y) => x + y),
    losses: mergeMaps(a.losses, b.losses, mergeLosses),
    ran: new Set([...a.ran, ...b.ran]),
    blind: mergeMaps(a.blind, b.blind, mergeBlind),
    failures: mergeSorted(a.failures, b.failures, byFailure, MAX_FAILURES),
    details: mergeDetails(a, b, findings),
  };
}

/** All partials together. Merges like a binary counter: each value is copied O(log n) times, not O(n). */
export function mergeAll(partials: Iterable<TracePartial>): TracePartial {
  const stack: { partial: TracePartial; merged: number }[] = [];
  for (const partial of partials) {
    let top = { partial, merged: 1 };
    while (stack.at(-1)?.merged === top.merged) {
      const below = stack.pop()!;
      top = { partial: merge(below.partial, top.partial), merged: below.merged + top.merged };
    }
    stack.push(top);
  }
  return stack.reduceRight((sum, { partial }) => merge(partial, sum), emptyPartial);
}

function mergeMaps<V>(a: ReadonlyMap<string, V>, b: ReadonlyMap<string, V>, mergeValue: (x: V, y: V) => V) {
  const merged = new Map(a);
  for (const [key, value] of b) {
    const known = merged.get(key);
    merged.set(key, known === undefined ? value : mergeValue(known, value));
  }
  return merged;
}

function least(a: bigint | null, b: bigint | null, isBefore: (x: bigint, y: bigint) => boolean): bigint | null {
  if (a === null || b === null) return a ?? b;
  return isBefore(b, a) ? b : a;
}

function mergeEntries(a: EntryPartial, b: EntryPartial): EntryPartial {
  return {
    ...a,
    traces: a.traces + b.traces,
    failed: a.failed + b.failed,
    incomplete: a.incomplete + b.incomplete,
    windowNs: a.windowNs + b.windowNs,
    parties: mergeMaps(a.parties, b.parties, mergeEntryParties),
    own: mergeOwn(a.own, b.own),
    runs: mergeSorted(a.runs, b.runs, byRun),
  };
}

function mergeEntryParties(a: EntryPartyPartial, b: EntryPartyPartial): EntryPartyPartial {
  return { party: surerParty(a.party, b.party), calls: a.calls + b.calls, pathNs: a.pathNs + b.pathNs };
}

function mergeOwn(a: OwnPartial, b: OwnPartial): OwnPartial {
  return {
    codeNs: a.codeNs + b.codeNs,
    internalNs: a.internalNs + b.internalNs,
    waitNs: a.waitNs + b.waitNs,
    untracedNs: a.untracedNs + b.untracedNs,
  };
}

function mergeOperations(a: OperationPartial, b: OperationPartial): OperationPartial {
  return {
    ...a,
    pathNs: a.pathNs + b.pathNs,
    traces: a.traces + b.traces,
    spans: a.spans + b.spans,
    durations: mergeValues(a.durations, b.durations),
  };
}

function mergeThirdParty(a: ThirdPartyPartial, b: ThirdPartyPartial): ThirdPartyPartial {
  return {
    calls: a.calls + b.calls,
    sumNs: a.sumNs + b.sumNs,
    wallNs: a.wallNs + b.wallNs,
    pathNs: a.pathNs + b.pathNs,
    own: mergeOwn(a.own, b.own),
    shares: mergeValues(a.shares, b.shares),
    parties: mergeMaps(a.parties, b.parties, mergeParties),
  };
}

function mergeParties(a: PartyPartial, b: PartyPartial): PartyPartial {
  return {
    party: surerParty(a.party, b.party),
    calls: a.calls + b.calls,
    errors: a.errors + b.errors,
    sumNs: a.sumNs + b.sumNs,
    wallNs: a.wallNs + b.wallNs,
    exclusiveWallNs: a.exclusiveWallNs + b.exclusiveWallNs,
    pathNs: a.pathNs + b.pathNs,
    durations: mergeValues(a.durations, b.durations),
  };
}

const SURENESS = { high: 0, medium: 1, low: 2 } as const;

/** One name and class, told by different rules in different traces: the surest rule speaks, then the first by name. */
function surerParty(a: Party, b: Party): Party {
  const order =
    SURENESS[a.confidence] - SURENESS[b.confidence] || byCodeUnit(a.rule, b.rule) || byCodeUnit(a.vendor, b.vendor);
  return order <= 0 ? a : b;
}

function mergeFindings(a: FindingPartial, b: FindingPartial): FindingPartial {
  const reason = firstText(a.savingNullReason, b.savingNullReason);
  return {
    ...a,
    subject: first(a.subject, b.subject),
    operation: first(a.operation, b.operation),
    fix: first(a.fix, b.fix),
    ...(reason === undefined ? {} : { savingNullReason: reason }),
    traces: a.traces + b.traces,
    pathNs: a.pathNs + b.pathNs,
    occurrenceCount: a.occurrenceCount + b.occurrenceCount,
    counts: mergeValues(a.counts, b.counts),
    modes: {
      serial: a.modes.serial + b.modes.serial,
      concurrent: a.modes.concurrent + b.modes.concurrent,
      mixed: a.modes.mixed + b.modes.mixed,
    },
    sure: { high: mergeSure(a, b, 'high'), medium: mergeSure(a, b, 'medium'), low: mergeSure(a, b, 'low') },
    low: mergeValues(a.low, b.low),
    likely: mergeValues(a.likely, b.likely),
    high: mergeValues(a.high, b.high),
    path: mergeValues(a.path, b.path),
    window: mergeValues(a.window, b.window),
    occurrences: mergeSorted(a.occurrences, b.occurrences, byOccurrence, MAX_OCCURRENCES),
  };
}

function mergeSure(a: FindingPartial, b: FindingPartial, level: 'high' | 'medium' | 'low') {
  return {
    savingNs: a.sure[level].savingNs + b.sure[level].savingNs,
    occurrences: a.sure[level].occurrences + b.sure[level].occurrences,
  };
}

const first = (a: string, b: string): string => (b < a ? b : a);

function firstText(a: string | undefined, b: string | undefined): string | undefined {
  return a === undefined || b === undefined ? (a ?? b) : first(a, b);
}

/** Each is what was lost until then: the last word is the largest. */
export function mergeLosses(a: LossesPartial, b: LossesPartial): LossesPartial {
  return {
    service: a.service,
    dropped: Math.max(a.dropped, b.dropped),
    refused: Math.max(a.refused, b.refused),
    sampledOut: Math.max(a.sampledOut, b.sampledOut),
  };
}

function mergeBlind(a: BlindPartial, b: BlindPartial): BlindPartial {
  return { ...a, spans: a.spans + b.spans };
}

/** What a listed occurrence names was also listed in the part it came from: nothing that is needed was dropped. */
function mergeDetails(
  a: TracePartial,
  b: TracePartial,
  findings: ReadonlyMap<string, FindingPartial>,
): ReadonlyMap<string, TraceDetail> {
  const details = new Map([...a.details, ...b.details]);
  if (a.traces + b.traces <= MAX_DETAILS) return details;
  const named = new Set<string>();
  for (const { occurrences } of findings.values()) for (const { traceId } of occurrences) named.add(traceId);
  for (const traceId of details.keys()) if (!named.has(traceId)) details.delete(traceId);
  return details;
}
