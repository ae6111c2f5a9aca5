import type { SpanContext } from '@opentelemetry/api';

/** Far more than the tool calls that wait for an answer at any time; the oldest is forgotten first. */
const MAX_IDS = 4096;

const askers = new Map<string, SpanContext>();

/** Notes which model call asked for the tool call of this id. */
export function rememberAsker(toolCallId: string, asker: SpanContext): void {
  askers.delete(toolCallId);
  askers.set(toolCallId, asker);
  if (askers.size > MAX_IDS) askers.delete(askers.keys().next().value as string);
}

export function askerOf(toolCallId: string): SpanContext | undefined {
  return askers.get(toolCallId);
}
