import { factOf } from '../model/facts.ts';
import { SpanKind } from '../model/span.ts';
import type { Trace } from '../model/trace.ts';
import { type CallCategory, callCategory } from '../semantics/call-category.ts';
import { type Identity, identityOf } from '../semantics/identity.ts';
import type { Kind } from '../semantics/kinds.ts';
import { isConnectionHandling } from '../semantics/noise.ts';
import { kindsOf } from '../semantics/span-kinds.ts';
import { callTree } from './call-tree.ts';

/** Which spans of a trace are calls, and which of them are one call seen by several instrumentations. */
export interface Calls {
  /** Undefined: no call (or the opening of a connection). */
  readonly category: readonly (CallCategory | undefined)[];
  /** Of the calls only. */
  readonly identity: readonly (Identity | undefined)[];
  /**
   * The nearest call around a call with nothing between them but helpers: a client library around its transport. -1
   * for spans that are no calls, for calls within a tool or an agent, and for calls of another kind of work.
   */
  readonly around: Int32Array;
  /** How many calls have this one nearest around them. */
  readonly within: Uint32Array;
  /** 1 where a span of another program continues the call. */
  readonly served: Uint8Array;
  /** The service of that span, or ''. */
  servedBy(span: number): string;
}

export function callsOf(trace: Trace): Calls {
  const tree = factOf(trace, callTree);
  const kinds = factOf(trace, kindsOf);
  const category = categoriesOf(trace, kinds);
  const identity = category.map((known, span) => (known === undefined ? undefined : identityOf(trace, span)));
  const around = new Int32Array(trace.size).fill(-1);
  const within = new Uint32Array(trace.size);
  const reach = new Int32Array(trace.size).fill(-1); // the nearest call at or above a span, within one piece of work
  for (const span of tree.order) {
    const parent = tree.parent[span] as number;
    const above = parent >= 0 && !isBoundary(trace, parent, span) ? (reach[parent] as number) : -1;
    const own = category[span];
    if (own === undefined) {
      reach[span] = isFrame(kinds[span] as Kind) ? -1 : above;
      continue;
    }
    reach[span] = own === 'tool' && trace.kind(span) !== SpanKind.client ? -1 : span;
    if (above >= 0 && isDetailOf(category[above] as CallCategory, own)) {
      around[span] = above;
      within[above]!++;
    }
  }
  const server = serversOf(trace);
  return {
    category,
    identity,
    around,
    within,
    served: Uint8Array.from(server, (span) => (span >= 0 ? 1 : 0)),
    servedBy: (span) => ((server[span] as number) < 0 ? '' : trace.service(server[span] as number)),
  };
}

function categoriesOf(trace: Trace, kinds: readonly Kind[]): (CallCategory | undefined)[] {
  return kinds.map((kind, span) => {
    const category = callCategory(trace, span, kind);
    return category !== undefined && isConnectionHandling(trace, span) ? undefined : category;
  });
}

/** Whether a call can be the inner side of one around it: its transport, or the same work seen once more. */
function isDetailOf(outer: CallCategory, inner: CallCategory): boolean {
  if (inner === outer) return true;
  if (inner === 'db') return outer === 'retrieval' || outer === 'unknown';
  return inner === 'http' || inner === 'rpc' || inner === 'unknown';
}

/** Frames of an agent: what is below one is its own work and no detail of a call above. */
const isFrame = (kind: Kind): boolean =>
  kind === 'agent' || kind === 'workflow' || kind === 'step' || kind === 'plan' || kind === 'tool';

/** Another program's span is not how a call was made but what it caused. */
const isBoundary = (trace: Trace, parent: number, span: number): boolean =>
  trace.service(span) !== trace.service(parent) ||
  (serves(trace, span) && trace.process(span) !== trace.process(parent));

const serves = (trace: Trace, span: number): boolean =>
  trace.kind(span) === SpanKind.server || trace.kind(span) === SpanKind.consumer;

/** For each span its first child that another program recorded, or -1. */
function serversOf(trace: Trace): Int32Array {
  const server = new Int32Array(trace.size).fill(-1);
  for (let span = trace.size - 1; span >= 0; span--) {
    const parent = trace.parent[span] as number;
    if (parent < 0) continue;
    const kind = trace.kind(span);
    const other = trace.service(span) !== trace.service(parent);
    const calls = kind === SpanKind.client || kind === SpanKind.producer;
    if ((other && !calls) || (serves(trace, span) && trace.process(span) !== trace.process(parent)))
      server[parent] = span;
  }
  return server;
}
