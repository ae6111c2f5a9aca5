import { SpanKind } from '../model/span.ts';
import type { Trace } from '../model/trace.ts';
import { firstAttribute } from './first-attribute.ts';
import type { Kind } from './kinds.ts';

/** What kind of call a span is. The names are part of the JSON report (`findings[].category`). */
export type CallCategory =
  | 'db'
  | 'http'
  | 'rpc'
  | 'messaging'
  | 'tool'
  | 'llm'
  | 'embedding'
  | 'retrieval'
  | 'mcp'
  | 'unknown';

const TARGETS = ['url.full', 'http.url', 'server.address', 'net.peer.name', 'peer.service', 'service.peer.name'];

/**
 * The category of a span that calls something, or undefined: spans that serve, agents and steps, and local code are no
 * calls. A GenAI operation is a call whatever kind its span has; the others must be recorded as CLIENT or PRODUCER, or
 * name a target.
 */
export function callCategory(trace: Trace, span: number, kind: Kind): CallCategory | undefined {
  const recorded = trace.kind(span);
  if (recorded === SpanKind.server || recorded === SpanKind.consumer) return undefined;
  const calls = recorded === SpanKind.client || recorded === SpanKind.producer;
  switch (kind) {
    case 'llm':
    case 'rerank':
      return 'llm';
    case 'guardrail':
    case 'evaluator':
      return trace.attribute(span, 'gen_ai.request.model') === undefined ? undefined : 'llm';
    case 'embedding':
      return 'embedding';
    case 'retrieval':
    case 'memory':
      return 'retrieval';
    case 'tool':
      return trace.attribute(span, 'mcp.method.name') === undefined ? 'tool' : 'mcp';
    case 'db':
      return 'db';
    case 'rpc':
      if (trace.attribute(span, 'mcp.method.name') !== undefined) return 'mcp';
      return calls || namesTarget(trace, span) ? 'rpc' : undefined;
    case 'http':
      return calls || namesTarget(trace, span) ? 'http' : undefined;
    case 'messaging':
      return calls ? 'messaging' : undefined;
    case 'other':
      return calls ? 'unknown' : undefined;
    default:
      return undefined;
  }
}

/** A root without a recorded kind is rather what was called than a call. */
const namesTarget = (trace: Trace, span: number): boolean =>
  (trace.parent[span] as number) >= 0 && firstAttribute(trace, span, TARGETS) !== undefined;

/** Whether a trace says nothing but names and times: no span has a kind or an attribute that tells what it is. */
export function isUntyped(trace: Trace, kinds: readonly Kind[]): boolean {
  for (let span = 0; span < trace.size; span++) {
    if (kinds[span] !== 'other' || trace.kind(span) !== SpanKind.unspecified) return false;
  }
  return true;
}
