import type { Party, PartyUse } from '../analyses/third-party-types.ts';
import type { FlagName } from '../model/flags.ts';
import type { Resource } from '../model/span-table.ts';
import type { NearMissReport } from '../report/finding-types.ts';
import type { TraceFacts } from './facts.ts';
import { findingsOf } from './finding-partials.ts';
import { mergeLosses } from './merge.ts';
import { byFailure, byNearMiss } from './order.ts';
import {
  type BlindPartial,
  type EntryPartial,
  type EntryPartyPartial,
  keyOf,
  type LossesPartial,
  MAX_FAILURES,
  MAX_NEAR_MISSES,
  type OperationPartial,
  type OwnPartial,
  type PartyPartial,
  type ThirdPartyPartial,
  type TracePartial,
} from './partial.ts';
import { type Run, runOf } from './run.ts';
import { durationOf, traceDetail, unixNano } from './trace-detail.ts';
import { valuesOf } from './values.ts';

/** What one trace contributes to a report. */
export function partialOf(facts: TraceFacts): TracePartial {
  const { trace, path, judgment } = facts;
  const run = runOf(trace);
  return {
    traces: 1,
    spans: trace.size,
    ...extentOf(facts),
    durationNs: BigInt(path.windowEnd - path.windowStart),
    incomplete: run.complete ? 0 : 1,
    entryPoints: entryPoint(facts, run),
    operations: operationsOf(facts),
    thirdParty: thirdPartyOf(facts),
    findings: findingsOf(facts),
    nearMisses: nearMissesOf(facts),
    repairs: repairsOf(facts),
    losses: lossesOf(facts),
    ran: new Set(judgment.ran),
    blind: blindOf(facts),
    failures: judgment.failures
      .map(({ detector, message }) => ({ detector, traceId: trace.id, message }))
      .sort(byFailure)
      .slice(0, MAX_FAILURES),
    details: new Map([[trace.id, traceDetail(facts, run)]]),
  };
}

function extentOf({ trace }: TraceFacts): { first: bigint; last: bigint } {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (let span = 0; span < trace.size; span++) {
    first = Math.min(first, trace.start[span] as number);
    last = Math.max(last, trace.end[span] as number);
  }
  return { first: unixNano(trace, first), last: unixNano(trace, last) };
}

function entryPoint(facts: TraceFacts, run: Run): ReadonlyMap<string, EntryPartial> {
  const { trace, path, parties } = facts;
  const [service, operation] = [trace.service(run.span), trace.name(run.span)];
  const durationNs = path.windowEnd - path.windowStart;
  const used = new Map<string, EntryPartyPartial>();
  for (const { party, calls, pathNs } of parties.parties) {
    if (party.class === 'internal') continue;
    used.set(partyKey(party), { party, calls: calls.length, pathNs: BigInt(pathNs) });
  }
  const entry: EntryPartial = {
    service,
    operation,
    traces: 1,
    failed: run.failed ? 1 : 0,
    incomplete: run.complete ? 0 : 1,
    windowNs: BigInt(durationNs),
    parties: used,
    own: ownOf(facts),
    runs: run.complete ? [{ traceId: trace.id, durationNs, owners: ownersOf(facts) }] : [],
  };
  return new Map([[keyOf(service, operation), entry]]);
}

/** Path time by party or, where there is none, operation: those with at least 1 % of the run. */
function ownersOf({ trace, path, parties }: TraceFacts): ReadonlyMap<string, number> {
  const owners = new Map<string, number>();
  path.segments.forEach(({ span, start, end }, i) => {
    const party = parties.buckets[i] === 'party' ? parties.partyOf(span)?.name : undefined;
    const owner = party ?? (span < 0 ? 'untraced time' : trace.name(span));
    owners.set(owner, (owners.get(owner) ?? 0) + end - start);
  });
  for (const [owner, ns] of owners) if (ns * 100 < path.windowEnd - path.windowStart) owners.delete(owner);
  return owners;
}

function ownOf({ parties: { own } }: TraceFacts): OwnPartial {
  return {
    codeNs: BigInt(own.codeNs),
    internalNs: BigInt(own.internalNs),
    waitNs: BigInt(own.waitNs),
    untracedNs: BigInt(own.untracedNs),
  };
}

function operationsOf({ trace, path, kinds }: TraceFacts): ReadonlyMap<string, OperationPartial> {
  const pathNs = new Float64Array(trace.size);
  for (const { span, start, end } of path.segments) if (span >= 0) pathNs[span]! += end - start;
  const byKey = new Map<string, { first: number; pathNs: number; spans: number; durations: number[] }>();
  for (let span = 0; span < trace.size; span++) {
    const key = keyOf(trace.service(span), trace.name(span), kinds[span] ?? 'other');
    let sum = byKey.get(key);
    if (sum === undefined) {
      sum = { first: span, pathNs: 0, spans: 0, durations: [] };
      byKey.set(key, sum);
    }
    sum.pathNs += pathNs[span] as number;
    sum.spans++;
    if (trace.open[span] === 0) sum.durations.push(durationOf(trace, span));
  }
  const operations = new Map<string, OperationPartial>();
  for (const [key, { first, pathNs, spans, durations }] of byKey) {
    operations.set(key, {
      service: trace.service(first),
      operation: trace.name(first),
      kind: kinds[first] ?? 'other',
      pathNs: BigInt(pathNs),
      traces: 1,
      spans,
      durations: valuesOf(durations),
    });
  }
  return operations;
}

function thirdPartyOf(facts: TraceFacts): ThirdPartyPartial {
  const { path, parties } = facts;
  const { calls, sumNs, wallNs, pathNs } = parties.totals;
  const windowNs = path.windowEnd - path.windowStart;
  const used = new Map<string, PartyPartial>();
  for (const use of parties.parties) used.set(partyKey(use.party), partyPartial(facts, use));
  return {
    calls,
    sumNs: BigInt(sumNs),
    wallNs: BigInt(wallNs),
    pathNs: BigInt(pathNs),
    own: ownOf(facts),
    shares: valuesOf([windowNs === 0 ? 0 : pathNs / windowNs]),
    parties: used,
  };
}

const partyKey = (party: Party): string => keyOf(party.name, party.class);

function partyPartial({ trace }: TraceFacts, use: PartyUse): PartyPartial {
  return {
    party: use.party,
    calls: use.calls.length,
    errors: use.errors,
    sumNs: BigInt(use.sumNs),
    wallNs: BigInt(use.wallNs),
    exclusiveWallNs: BigInt(use.exclusiveWallNs),
    pathNs: BigInt(use.pathNs),
    durations: valuesOf(use.calls.filter((span) => trace.open[span] === 0).map((span) => durationOf(trace, span))),
  };
}

function nearMissesOf({ trace, judgment }: TraceFacts): ReadonlyMap<string, readonly NearMissReport[]> {
  const groups = new Map<string, NearMissReport[]>();
  for (const { kind, rule, reason, fingerprint, parentSpan, count } of judgment.nearMisses) {
    const parentSpanId = parentSpan < 0 ? null : trace.spanId(parentSpan);
    const key = keyOf(kind, rule, fingerprint);
    const group = groups.get(key) ?? [];
    group.push({ kind, rule, reason, fingerprint, traceId: trace.id, parentSpanId, count });
    groups.set(key, group);
  }
  for (const [key, group] of groups) groups.set(key, group.sort(byNearMiss).slice(0, MAX_NEAR_MISSES));
  return groups;
}

/** Flags that tell how a trace was read, not what is wrong with its data. */
const STRUCTURE: ReadonlySet<FlagName> = new Set(['hoisted', 'async-tail', 'detached', 'adopted', 'wait', 'cancelled']);

function repairsOf({ path }: TraceFacts): ReadonlyMap<string, number> {
  const repairs = new Map<string, number>();
  for (const { flag } of path.flags) if (!STRUCTURE.has(flag)) repairs.set(flag, (repairs.get(flag) ?? 0) + 1);
  return repairs;
}

function lossesOf({ trace: { table, row } }: TraceFacts): ReadonlyMap<string, LossesPartial> {
  const losses = new Map<string, LossesPartial>();
  for (const resource of new Set(row.map((at) => table.resource[at] as number))) {
    const { service, losses: lost } = table.resources[resource] as Resource;
    if (lost === undefined) continue;
    const { deliveryId, dropped, refused, sampledOut = 0 } = lost;
    if (dropped + refused + sampledOut === 0) continue;
    const key = keyOf(service, deliveryId);
    const now = { service, dropped, refused, sampledOut };
    losses.set(key, mergeLosses(now, losses.get(key) ?? now));
  }
  return losses;
}

function blindOf({ judgment }: TraceFacts): ReadonlyMap<string, BlindPartial> {
  const blind = new Map<string, BlindPartial>();
  for (const { detector, needs, spans } of judgment.blind) {
    const key = keyOf(detector, ...needs);
    blind.set(key, { detector, needs, spans: spans + (blind.get(key)?.spans ?? 0) });
  }
  return blind;
}
