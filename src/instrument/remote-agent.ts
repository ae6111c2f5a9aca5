import { type Attributes, type Context, trace } from '@opentelemetry/api';
import { carriedOf, carrying } from './carried.ts';
import { ATTR } from './semconv.ts';

/** The context of an agent's run: its name goes along to other processes. */
export function carryingAgent(active: Context, name: unknown): Context {
  return typeof name === 'string' && name !== '' ? carrying(active, ATTR.agentName, name) : active;
}

/** The agent that a span works for, where its parent is in another process: there nobody else says so. */
export function remoteAgentOf(parent: Context, attributes: Attributes): string | undefined {
  if (trace.getSpanContext(parent)?.isRemote !== true || attributes[ATTR.agentName] !== undefined) return undefined;
  return carriedOf(parent, ATTR.agentName);
}
