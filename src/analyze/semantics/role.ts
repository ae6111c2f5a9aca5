import { factOf } from '../model/facts.ts';
import { SpanKind } from '../model/span.ts';
import type { Trace } from '../model/trace.ts';
import { identityOf } from './identity.ts';
import type { Kind, Role } from './kinds.ts';
import { kindsOf } from './span-kinds.ts';

/** What the kinds say of the part a span plays; kinds that are absent leave it to the span's place in the trace. */
const ROLES: Partial<Readonly<Record<Kind, Role>>> = {
  llm: 'llm',
  embedding: 'llm',
  rerank: 'llm',
  tool: 'tool',
  retrieval: 'tool',
  memory: 'tool',
  agent: 'agent',
  workflow: 'agent',
  step: 'agent',
  plan: 'agent',
};

const IO_KINDS: ReadonlySet<Kind> = new Set(['db', 'http', 'rpc', 'messaging']);

/** The role of every span of a trace (definition D2 of docs/critical-path.md). */
export function rolesOf(trace: Trace): readonly Role[] {
  return factOf(trace, kindsOf).map((kind, span) => roleOf(trace, span, kind));
}

function roleOf(trace: Trace, span: number, kind: Kind): Role {
  const named = ROLES[kind];
  if (named !== undefined) return named;
  if ((kind === 'guardrail' || kind === 'evaluator') && identityOf(trace, span).model !== undefined) return 'llm';
  return doesIo(trace, span, kind) ? 'io' : 'none';
}

function doesIo(trace: Trace, span: number, kind: Kind): boolean {
  switch (trace.kind(span)) {
    case SpanKind.client:
      return !isServerSidePresent(trace, span);
    case SpanKind.producer:
    case SpanKind.consumer:
      return true;
    case SpanKind.server:
      return isRemoteLeaf(trace, span);
    default:
      return IO_KINDS.has(kind) || isRemoteLeaf(trace, span);
  }
}

/** The far side of a call speaks for itself: its SERVER span in another process is in the trace. */
function isServerSidePresent(trace: Trace, span: number): boolean {
  const end = trace.childOffset[span + 1] as number;
  for (let at = trace.childOffset[span] as number; at < end; at++) {
    const child = trace.children[at] as number;
    if (trace.kind(child) === SpanKind.server && trace.process(child) !== trace.process(span)) return true;
  }
  return false;
}

/** Nothing is known of what a childless span in another process than its parent's does: it stands for that process. */
function isRemoteLeaf(trace: Trace, span: number): boolean {
  const parent = trace.parent[span] as number;
  const isLeaf = trace.childOffset[span] === trace.childOffset[span + 1];
  return isLeaf && parent >= 0 && trace.process(span) !== trace.process(parent);
}
