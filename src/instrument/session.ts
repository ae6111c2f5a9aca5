import { type Context, context, createContextKey } from '@opentelemetry/api';
import { entryOf, withEntry } from './baggage.ts';
import { runIn } from './run-in.ts';
import { ATTR } from './semconv.ts';
import { telemetryFailed } from './telemetry-errors.ts';

const KEY = createContextKey('trace-analyze.session');

/**
 * Runs `fn` as part of a conversation: every span that this package starts in it, however deep, has `id` as its
 * `gen_ai.conversation.id`, also in other processes that the context is handed to (by baggage; at most 256 characters).
 * Pass an id that really names a conversation. Returns what `fn` returns. A stream that `fn` returns unwrapped is read
 * outside of the session.
 */
export function session<T>(id: string, fn: () => T): T {
  return runIn(inSession(context.active(), id), fn);
}

function inSession(active: Context, id: string): Context {
  try {
    return withEntry(active.setValue(KEY, id), ATTR.conversation, id);
  } catch (error) {
    telemetryFailed(error);
    return active;
  }
}

/** The conversation that a context belongs to, if any: that of its baggage, unless the program replaced that. */
export function sessionOf(active: Context): string | undefined {
  const carried = entryOf(active, ATTR.conversation);
  if (carried !== undefined) return carried;
  const id = active.getValue(KEY);
  return typeof id === 'string' && id !== '' ? id : undefined;
}
