import { factOf } from '../model/facts.ts';
import { SpanKind } from '../model/span.ts';
import type { Trace } from '../model/trace.ts';
import type { CallCategory } from '../semantics/call-category.ts';
import { firstAttribute } from '../semantics/first-attribute.ts';
import type { Identity } from '../semantics/identity.ts';
import { classifyParty, type PartyEvidence, type PartyOptions } from '../semantics/party.ts';
import { callTree } from './call-tree.ts';
import { type Calls, callsOf } from './calls.ts';
import type { Party } from './third-party-types.ts';

/** The calls that leave the program, each with the party it goes to. */
export interface PartyCalls {
  /** The outer span of the call that a span is part of (itself, if none is around it); -1: it is part of none. */
  readonly outer: Int32Array;
  /** By outer span. */
  readonly party: ReadonlyMap<number, Party>;
}

type Evidence = { -readonly [K in keyof PartyEvidence]: PartyEvidence[K] };

const PEER_KEYS = ['service.peer.name', 'peer.service'];
const SYSTEM_KEYS = ['db.system.name', 'db.system', 'messaging.system', 'rpc.system.name', 'rpc.system'];

/** One call is one row, however many instrumentations saw it: the outer span counts, what it does not tell the inner do. */
export function partyCalls(trace: Trace, options: PartyOptions): PartyCalls {
  const calls = factOf(trace, callsOf);
  const outer = new Int32Array(trace.size).fill(-1);
  const evidence = new Map<number, Evidence>();
  const hosts = hostsOf(trace, calls);
  for (const span of factOf(trace, callTree).order) {
    if (!isOutward(trace, calls, span)) continue;
    const own = evidenceOf(trace, calls, span, hosts.get(span));
    const around = calls.around[span] as number;
    const leader = around < 0 ? -1 : (outer[around] as number);
    const known = leader < 0 ? undefined : evidence.get(leader);
    if (known !== undefined && isSameSide(known, own)) {
      outer[span] = leader;
      addTo(known, own);
    } else {
      outer[span] = span;
      evidence.set(span, own);
    }
  }
  return { outer, party: classified(trace, evidence, options) };
}

/** Whether a call goes to somebody: a tool or a search that names no host is the program's own function. */
function isOutward(trace: Trace, calls: Calls, span: number): boolean {
  const category = calls.category[span];
  if (category === undefined) return false;
  const recorded = trace.kind(span);
  const leaves = recorded === SpanKind.client || recorded === SpanKind.producer;
  const { host, provider, model } = calls.identity[span] as Identity;
  if (category === 'tool' || category === 'mcp') return leaves && (host !== undefined || category === 'mcp');
  if (leaves || WHATEVER_KIND.has(category)) return true;
  return (host ?? provider ?? (category === 'retrieval' ? undefined : model)) !== undefined;
}

const WHATEVER_KIND: ReadonlySet<CallCategory> = new Set(['db', 'http', 'rpc', 'llm', 'embedding']);

/** The host that a call names, or else that of the longest call within it: a login is shorter than what it is for. */
function hostsOf(trace: Trace, calls: Calls): ReadonlyMap<number, string> {
  const { order } = factOf(trace, callTree);
  const hosts = new Map<number, string>();
  const longest = new Map<number, number>();
  for (let at = order.length - 1; at >= 0; at--) {
    const span = order[at] as number;
    const named = calls.identity[span]?.host ?? hosts.get(span);
    if (named === undefined) continue;
    hosts.set(span, named);
    const around = calls.around[span] as number;
    const length = (trace.end[span] as number) - (trace.start[span] as number);
    if (around < 0 || length < (longest.get(around) ?? 0)) continue;
    longest.set(around, length);
    hosts.set(around, named);
  }
  return hosts;
}

function evidenceOf(trace: Trace, calls: Calls, span: number, host: string | undefined): Evidence {
  const { provider, model } = calls.identity[span] as Identity;
  return {
    host,
    provider,
    model,
    peerService: firstAttribute(trace, span, PEER_KEYS),
    system: firstAttribute(trace, span, SYSTEM_KEYS)?.toLowerCase(),
    servedBy: calls.served[span] ? calls.servedBy(span) : undefined,
  };
}

/** An inner call to another host, or to another model, is a call of its own (a login, a token, a moderation). */
function isSameSide(known: Evidence, inner: Evidence): boolean {
  if (known.host !== undefined && inner.host !== undefined && known.host !== inner.host && !isAddress(inner.host))
    return false;
  if (known.model === undefined || inner.model === undefined) return true;
  return known.model.startsWith(inner.model) || inner.model.startsWith(known.model);
}

/** An inner span may know the address that the outer one's name resolved to. */
const isAddress = (host: string): boolean => /^[\d.]+$/.test(host) || host.includes(':');

function addTo(known: Evidence, inner: Evidence): void {
  known.provider ??= inner.provider;
  known.model ??= inner.model;
  known.peerService ??= inner.peerService;
  known.system ??= inner.system;
  known.servedBy ??= inner.servedBy;
}

function classified(trace: Trace, evidence: ReadonlyMap<number, Evidence>, options: PartyOptions): Map<number, Party> {
  const services = new Set<string>();
  for (let span = 0; span < trace.size; span++) if (trace.service(span) !== '') services.add(trace.service(span));
  const seen = new Map<string, Party>();
  const party = new Map<number, Party>();
  for (const [span, known] of evidence) {
    const key = JSON.stringify([
      known.host,
      known.provider,
      known.model,
      known.peerService,
      known.system,
      known.servedBy,
    ]);
    let found = seen.get(key);
    if (found === undefined) {
      found = classifyParty(known, services, options);
      seen.set(key, found);
    }
    party.set(span, found);
  }
  return party;
}
