import { byCodeUnit } from '../model/by-code-unit.ts';
import type { JaegerClient } from './jaeger-client.ts';
import { formatInstant, type JaegerQuery } from './jaeger-query.ts';
import { SourceError } from './source-error.ts';

/** A trace to pull. `startUnixNano` is 0 where nobody asked (a trace named by its id). */
export interface SelectedTrace {
  readonly traceId: string;
  readonly startUnixNano: bigint;
}

export interface Selection {
  /** By start, then id. */
  readonly traces: readonly SelectedTrace[];
  /** There are, or may be, more than the limit (or one instant) let through. */
  readonly limitReached: boolean;
  /** What the user should know, one sentence each. */
  readonly notes: readonly string[];
}

/** Jaeger's own services, asked for only by name. */
const OWN_SERVICE = 'jaeger';
/** One search asks for no more than this: storages refuse, or choke on, larger ones. */
const MAX_ASK = 1000;
/** A service whose traces all reach through the whole window could be cut into pieces for ever. */
const MAX_SEARCHES = 200;
/** Most storages keep whole microseconds; splitting below that would ask the same again and again. */
const INSTANT_NS = 1000n;

interface State {
  readonly client: JaegerClient;
  readonly query: JaegerQuery;
  readonly found: Map<string, bigint>;
  readonly notes: Set<string>;
  ask: number;
  /** Shrinks when the storage allows fewer. */
  maxAsk: number;
  /** Windows were left out, or an instant holds more than Jaeger lists. */
  incomplete: boolean;
}

/**
 * Chooses the newest traces of the window, up to the limit.
 *
 * Jaeger's limit is no page: as many as asked for means there may be more, in no order that all storages share. Then
 * the window is cut in half, the newer half first, until a window answers fewer than asked:
 *
 *     since                                     until
 *     |--------------------- full ---------------------|
 *     |------ not asked -----|------ full -------|-3---|   stop as soon as `limit` traces *begin* after the windows left
 *
 * A trace begins no later than any span of it, so what is left can only hold older ones: the choice is exact.
 */
export async function selectTraces(client: JaegerClient, query: JaegerQuery): Promise<Selection> {
  if (query.traceIds.length > 0) {
    const traces = query.traceIds.map((traceId) => ({ traceId, startUnixNano: 0n }));
    return { traces, limitReached: false, notes: [] };
  }
  const state: State = {
    client,
    query,
    found: new Map(),
    notes: new Set(),
    ask: Math.min(query.limit + 1, MAX_ASK),
    maxAsk: MAX_ASK,
    incomplete: false,
  };
  const services =
    query.services.length > 0
      ? query.services
      : (await client.services()).filter((service) => service !== OWN_SERVICE && service !== '');
  for (const service of services) await searchService(state, service);
  return toSelection(state);
}

async function searchService(state: State, service: string): Promise<void> {
  const { query } = state;
  // Windows still to ask, the newest last; what is newer than them is known completely.
  const windows = [{ min: searchFrom(state), max: query.untilUnixNano }];
  const own = new Map<string, bigint>();
  let searches = 0;
  for (let window = windows.pop(); window !== undefined; window = windows.pop()) {
    const { min, max } = window;
    if (countAfter(own, max) >= query.limit) {
      state.incomplete = true;
      break;
    }
    if (++searches > MAX_SEARCHES) {
      state.incomplete = true;
      state.notes.add(
        `gave up on service ${JSON.stringify(service)} after ${MAX_SEARCHES} searches; there may be more`,
      );
      break;
    }
    const hits = await searchWindow(state, service, min, max);
    const before = own.size;
    for (const [traceId, start] of hits.starts) own.set(traceId, start);
    if (!hits.isFull) continue;
    // Long traces have spans in many windows: when most hits are known, cutting smaller helps less than asking for more.
    if ((own.size - before) * 2 < hits.starts.size) state.ask = Math.min(state.ask * 2, state.maxAsk);
    const middle = splitPoint(min, max);
    if (middle === undefined) {
      state.incomplete = true;
      state.notes.add(overflowNote(service, hits.starts.size, min));
      continue;
    }
    windows.push({ min, max: middle - 1n }, { min: middle, max });
  }
  for (const [traceId, start] of own) state.found.set(traceId, start);
}

/** Once the limit is passed for sure, nothing older than the oldest trace within it can be among the newest. */
function searchFrom(state: State): bigint {
  const { limit, sinceUnixNano, untilUnixNano } = state.query;
  if (state.found.size <= limit) return sinceUnixNano;
  const floor = newestFirst(state.found)[limit - 1]!.startUnixNano;
  const latest = untilUnixNano - INSTANT_NS;
  const from = floor < latest ? floor : latest;
  return from > sinceUnixNano ? from : sinceUnixNano;
}

function countAfter(starts: ReadonlyMap<string, bigint>, instant: bigint): number {
  let count = 0;
  for (const start of starts.values()) if (start > instant) count++;
  return count;
}

/** Where the newer half begins, in whole microseconds; undefined for a window that is one instant. */
function splitPoint(min: bigint, max: bigint): bigint | undefined {
  const middle = ((min + max + 1n) / 2n / INSTANT_NS) * INSTANT_NS;
  return middle > min && middle < max ? middle : undefined;
}

async function searchWindow(
  state: State,
  service: string,
  minUnixNano: bigint,
  maxUnixNano: bigint,
): Promise<{ readonly starts: ReadonlyMap<string, bigint>; readonly isFull: boolean }> {
  const { operation, minDurationNs, tags } = state.query;
  for (;;) {
    const { ask } = state;
    try {
      const search = { service, operation, minUnixNano, maxUnixNano, minDurationNs, tags, ask };
      const starts = await state.client.search(search);
      return { starts, isFull: starts.size >= ask };
    } catch (error) {
      // The in-memory storage answers 500 when asked for more traces than it can hold.
      const tooMany = error instanceof SourceError && error.code === 'TA1205' && /search depth/i.test(error.why ?? '');
      if (!tooMany || ask === 1) throw error;
      state.ask = Math.floor(ask / 2);
      state.maxAsk = state.ask;
    }
  }
}

function overflowNote(service: string, count: number, at: bigint): string {
  const traces = count === 1 ? '1 trace' : `${count} traces`;
  return `${traces} of service ${JSON.stringify(service)} at the instant ${formatInstant(at)} are all that Jaeger lists; it may hold more`;
}

function newestFirst(found: ReadonlyMap<string, bigint>): SelectedTrace[] {
  const traces = Array.from(found, ([traceId, startUnixNano]) => ({ traceId, startUnixNano }));
  return traces.sort((a, b) => -byStart(a, b) || byCodeUnit(a.traceId, b.traceId));
}

function byStart(a: SelectedTrace, b: SelectedTrace): number {
  return a.startUnixNano < b.startUnixNano ? -1 : a.startUnixNano > b.startUnixNano ? 1 : 0;
}

function toSelection(state: State): Selection {
  const { limit } = state.query;
  const limitReached = state.found.size > limit || state.incomplete;
  const newest = newestFirst(state.found).slice(0, limit);
  const notes = [...state.notes];
  if (state.found.size > limit || (state.incomplete && notes.length === 0)) {
    const which = limit === 1 ? 'the newest trace was' : `the newest ${limit} traces were`;
    const more = state.found.size > limit ? 'there are more' : 'there may be more';
    notes.push(`limit reached: ${which} taken and ${more}; raise --limit or narrow --since, --until, --service`);
  }
  const traces = newest.sort((a, b) => byStart(a, b) || byCodeUnit(a.traceId, b.traceId));
  return { traces, limitReached, notes };
}
