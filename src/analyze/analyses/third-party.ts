import { factOf } from '../model/facts.ts';
import { StatusCode } from '../model/span.ts';
import type { Trace } from '../model/trace.ts';
import type { Identity } from '../semantics/identity.ts';
import type { PartyOptions } from '../semantics/party.ts';
import { callTree } from './call-tree.ts';
import { callsOf } from './calls.ts';
import { criticalPath } from './critical-path/index.ts';
import type { CriticalPath, Segment } from './critical-path/types.ts';
import { type PartyCalls, partyCalls } from './party-calls.ts';
import type { Bucket, Party, PartyUse, ThirdParty } from './third-party-types.ts';
import { type CallTime, wallTimes } from './wall-time.ts';

/** The third-party share of a trace under the rules of docs/third-party.md, without configuration. */
export function thirdParty(trace: Trace): ThirdParty {
  return thirdPartyWith(trace, {});
}

export function thirdPartyWith(trace: Trace, options: PartyOptions): ThirdParty {
  const path = factOf(trace, criticalPath);
  const calls = partyCalls(trace, options);
  const partyOf = (span: number): Party | undefined => {
    const outer = span < 0 ? -1 : (calls.outer[span] as number);
    return outer < 0 ? undefined : calls.party.get(outer);
  };
  const ledger = divide(trace, path, ownersOf(trace, calls, partyOf), partyOf);
  const parties = usesOf(trace, path, calls, ledger.pathNs);
  return { parties, partyOf, buckets: ledger.buckets, totals: totalsOf(parties, path), own: ledger.own };
}

/**
 * R15: the own time of a call belongs to its party only if no call below has an identity, for then the time above it
 * is the client's. A streaming call is in its vendor's hands after the transport has returned.
 */
function ownersOf(
  trace: Trace,
  calls: PartyCalls,
  partyOf: (span: number) => Party | undefined,
): (span: number) => Party | undefined {
  const { parent, order } = factOf(trace, callTree);
  const { identity } = factOf(trace, callsOf);
  const above = new Uint8Array(trace.size);
  for (let at = order.length - 1; at >= 0; at--) {
    const span = order[at] as number;
    const p = parent[span] as number;
    if (p >= 0 && (above[span] || ((calls.outer[span] as number) >= 0 && isKnown(identity[span])))) above[p] = 1;
  }
  return (span) => {
    if (span < 0 || (above[span] && trace.attribute(span, 'gen_ai.request.stream') !== 'true')) return undefined;
    return partyOf(span);
  };
}

const isKnown = (identity: Identity | undefined): boolean =>
  (identity?.host ?? identity?.provider ?? identity?.model) !== undefined;

interface Ledger {
  readonly buckets: readonly Bucket[];
  readonly pathNs: ReadonlyMap<string, number>;
  readonly own: ThirdParty['own'];
}

/** Puts every segment into the first bucket that fits, so that nothing is lost or counted twice. */
function divide(
  trace: Trace,
  path: CriticalPath,
  ownerOf: (span: number) => Party | undefined,
  partyOf: (span: number) => Party | undefined,
): Ledger {
  const home = homeService(trace);
  const pathNs = new Map<string, number>();
  const totals = { party: 0, internal: 0, code: 0, wait: 0, untraced: 0 };
  const buckets = path.segments.map((segment): Bucket => {
    const length = segment.end - segment.start;
    const owner = segment.kind === 'wait' || segment.kind === 'untraced' ? undefined : ownerOf(segment.span);
    if (owner) pathNs.set(partyKey(owner), (pathNs.get(partyKey(owner)) ?? 0) + length);
    const bucket = bucketOf(trace, segment, owner, home, partyOf);
    totals[bucket] += length;
    return bucket;
  });
  const own = { codeNs: totals.code, internalNs: totals.internal, waitNs: totals.wait, untracedNs: totals.untraced };
  return { buckets, pathNs, own };
}

function bucketOf(
  trace: Trace,
  { span, kind }: Segment,
  owner: Party | undefined,
  home: string,
  partyOf: (span: number) => Party | undefined,
): Bucket {
  if (kind === 'wait' || kind === 'untraced') return kind;
  if (owner !== undefined && owner.class !== 'internal') return 'party';
  if (span < 0) return 'code';
  const elsewhere = trace.service(span) !== home || partyOf(span)?.class === 'internal';
  return elsewhere ? 'internal' : 'code';
}

/** The root's service; without a root, that of the earliest span that lost no parent, else of the earliest. */
function homeService(trace: Trace): string {
  const top = trace.root >= 0 ? trace.root : (trace.tops.find((span) => !trace.orphan[span]) ?? trace.tops[0]);
  return top === undefined ? '' : trace.service(top);
}

const partyKey = (party: Party): string => `${party.name}\n${party.class}`;

function usesOf(
  trace: Trace,
  path: CriticalPath,
  calls: PartyCalls,
  pathNs: ReadonlyMap<string, number>,
): readonly PartyUse[] {
  const grouped = new Map<string, { party: Party; calls: number[] }>();
  for (let span = 0; span < trace.size; span++) {
    if (calls.outer[span] !== span) continue;
    const party = calls.party.get(span) as Party;
    const group = grouped.get(partyKey(party));
    if (group) {
      group.calls.push(span);
      if (isSurer(party, group.party)) group.party = party;
    } else grouped.set(partyKey(party), { party, calls: [span] });
  }
  const groups = [...grouped.values()].sort((a, b) => compare(partyKey(a.party), partyKey(b.party)));
  const walls = wallTimes(
    groups.map((group) => ({ times: timesOf(path, group.calls), counts: group.party.class !== 'internal' })),
  );
  return groups.map(({ party, calls: spans }, i) => ({
    party,
    calls: spans,
    errors: spans.filter((span) => trace.status(span) === StatusCode.error).length,
    sumNs: walls.parties[i]?.sumNs ?? 0,
    wallNs: walls.parties[i]?.wallNs ?? 0,
    exclusiveWallNs: walls.parties[i]?.exclusiveWallNs ?? 0,
    pathNs: pathNs.get(partyKey(party)) ?? 0,
  }));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const SURENESS = { high: 2, medium: 1, low: 0 } as const;

/** Calls to one host may be known by different rules; the surest speaks, whatever the order. */
const isSurer = (a: Party, b: Party): boolean =>
  SURENESS[a.confidence] - SURENESS[b.confidence] > 0 ||
  (a.confidence === b.confidence && `${a.rule}\n${a.vendor}` < `${b.rule}\n${b.vendor}`);

/** Shifted times (R5), clipped to the window (R6). */
function timesOf(path: CriticalPath, spans: readonly number[]): CallTime {
  const clip = (time: number): number => Math.min(Math.max(time, path.windowStart), path.windowEnd);
  return {
    start: Float64Array.from(spans, (span) => clip(path.start[span] as number)),
    end: Float64Array.from(spans, (span) => clip(path.end[span] as number)),
  };
}

/** Over class `third_party` alone. */
function totalsOf(parties: readonly PartyUse[], path: CriticalPath): ThirdParty['totals'] {
  const third = parties.filter(({ party }) => party.class === 'third_party');
  const spans = third.flatMap((use) => use.calls);
  const wall = wallTimes([{ times: timesOf(path, spans), counts: true }]);
  return {
    calls: spans.length,
    sumNs: third.reduce((sum, use) => sum + use.sumNs, 0),
    wallNs: wall.parties[0]?.wallNs ?? 0,
    pathNs: third.reduce((sum, use) => sum + use.pathNs, 0),
  };
}
