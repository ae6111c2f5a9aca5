import type { SpanContext } from '@opentelemetry/api';

/** Far more than the tool calls that wait for an answer at any time; the oldest is forgotten first. */
const MAX_IDS = 4096;

interface Asker {
  readonly context: SpanContext;
  readonly turn: number | undefined;
}

const askers = new Map<string, Asker>();

/** Notes which model call asked for the tool call of this id, and which one of its agent's run that was. */
export function rememberAsker(toolCallId: string, context: SpanContext, turn?: number): void {
  askers.delete(toolCallId);
  askers.set(toolCallId, { context, turn });
  if (askers.size > MAX_IDS) askers.delete(askers.keys().next().value as string);
}

export function askerOf(toolCallId: string): SpanContext | undefined {
  return askers.get(toolCallId)?.context;
}

/** The turn that the tool call was asked for in, where that is known. */
export function turnOf(toolCallId: string): number | undefined {
  return askers.get(toolCallId)?.turn;
}
