import { type Context, context, createContextKey } from '@opentelemetry/api';
import { runIn } from './run-in.ts';

const KEY = createContextKey('trace-analyze.session');

/**
 * Runs `fn` as part of a conversation: every span that this package starts in it, however deep, has `id` as its
 * `gen_ai.conversation.id`. Pass an id that really names a conversation. Returns what `fn` returns. A stream that `fn`
 * returns unwrapped is read outside of the session.
 */
export function session<T>(id: string, fn: () => T): T {
  return runIn(context.active().setValue(KEY, id), fn);
}

/** The conversation that a context belongs to, if any. */
export function sessionOf(active: Context): string | undefined {
  const id = active.getValue(KEY);
  return typeof id === 'string' && id !== '' ? id : undefined;
}
