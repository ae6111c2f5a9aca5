import { SpanKind } from '../model/span.ts';
import type { Trace } from '../model/trace.ts';
import { nameWithoutIds } from './fingerprints/id-like.ts';
import { firstAttribute } from './first-attribute.ts';
import type { Kind } from './kinds.ts';

const TOOL_KEYS = [
  'gen_ai.tool.name',
  'tool.name',
  'ai.toolCall.name',
  'tool_call.function.name',
  'traceloop.entity.name',
];
const AGENT_KEYS = ['gen_ai.agent.name', 'agent.name', 'graph.node.name', 'traceloop.entity.name', 'entity.name'];
const STEP_KEYS = [
  'gen_ai.workflow.name',
  'gen_ai.step.name',
  'graph.node.name',
  'traceloop.entity.name',
  'entity.name',
];
const MODEL_KEYS = ['gen_ai.request.model', 'llm.request.model_name', 'llm.model_name', 'ai.model.id'];

/** The tool that a span of kind `tool` runs: an attribute, else what the span's name says. */
export function toolName(trace: Trace, span: number): string {
  const recorded = firstAttribute(trace, span, TOOL_KEYS);
  if (recorded !== undefined) return recorded;
  const name = trace.name(span);
  for (const prefix of ['execute_tool ', 'tools/call ', 'running tool: ']) {
    if (name.startsWith(prefix)) return name.slice(prefix.length);
  }
  return name.endsWith('.tool') ? name.slice(0, -'.tool'.length) : name;
}

/** The agent, or undefined where the span does not name one. */
export function agentName(trace: Trace, span: number): string | undefined {
  const recorded = firstAttribute(trace, span, AGENT_KEYS);
  if (recorded !== undefined) return recorded;
  const name = trace.name(span);
  return name.startsWith('invoke_agent ') ? name.slice('invoke_agent '.length) : undefined;
}

/**
 * A span's place in a path of names that is the same for every run and every dialect: its kind with the name of the
 * agent, tool, model, step or route. Spans without such a name have the program's own, ids replaced.
 */
export function canonicalName(trace: Trace, span: number, kind: Kind): string {
  const named = nameFor(trace, span, kind);
  return named === undefined ? kind : `${kind}:${named}`;
}

function nameFor(trace: Trace, span: number, kind: Kind): string | undefined {
  switch (kind) {
    case 'agent':
      return agentName(trace, span);
    case 'tool':
      return toolName(trace, span);
    case 'llm':
    case 'embedding':
    case 'rerank':
      return firstAttribute(trace, span, MODEL_KEYS);
    case 'workflow':
    case 'step':
    case 'plan':
      return firstAttribute(trace, span, STEP_KEYS) ?? nameWithoutIds(trace.name(span));
    case 'http':
      return routeName(trace, span) ?? nameWithoutIds(trace.name(span));
    default:
      return nameWithoutIds(trace.name(span));
  }
}

function routeName(trace: Trace, span: number): string | undefined {
  if (trace.kind(span) !== SpanKind.server) return undefined;
  const route = trace.attribute(span, 'http.route');
  const method = firstAttribute(trace, span, ['http.request.method', 'http.method']);
  return route === undefined ? undefined : `${method ?? ''} ${route}`.trim();
}
