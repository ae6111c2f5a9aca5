import type { Context } from '@opentelemetry/api';
import { carriedOf, carrying } from './carried.ts';
import { currentContext } from './framework-context.ts';
import { isOff } from './off.ts';
import { redactText } from './redact.ts';
import { runIn } from './run-in.ts';
import { ATTR } from './semconv.ts';
import { telemetryFailed } from './telemetry-errors.ts';

export interface SessionOptions {
  /** Whether the id goes along to other processes, in the `baggage` of what carries context. Default true. */
  readonly propagate?: boolean;
}

/**
 * Runs `fn` as part of a conversation: every span that this package starts in it, however deep, has `id` as its
 * `gen_ai.conversation.id`, also in other processes that the context is handed to (by baggage; at most 256 characters).
 * Pass an id that really names a conversation; an empty one changes nothing. Returns what `fn` returns. A stream that
 * `fn` returns unwrapped is read outside of the session.
 */
export function session<T>(id: string, fn: () => T, options: SessionOptions = {}): T {
  return isOff() ? fn() : runIn(inSession(currentContext(), id, options), fn);
}

function inSession(active: Context, id: string, { propagate }: SessionOptions): Context {
  try {
    if (typeof id !== 'string' || id === '') return active;
    return carrying(active, ATTR.conversation, redactText(id), propagate !== false);
  } catch (error) {
    telemetryFailed(error);
    return active;
  }
}

/** The conversation that a context belongs to, if any. */
export function sessionOf(active: Context): string | undefined {
  return carriedOf(active, ATTR.conversation);
}
