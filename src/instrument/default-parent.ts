import { type Context, trace } from '@opentelemetry/api';
import { withBaggageOf } from './baggage.ts';

let parent: Context | undefined;

/** What the spans of this process belong to that have no parent: see `fromEnv`. Undefined: they are roots. */
export function setDefaultParent(remote: Context | undefined): void {
  parent = remote;
}

/** The same context, or one with the process's own parent where it has none. */
export function rooted(active: Context): Context {
  if (parent === undefined || trace.getSpanContext(active) !== undefined) return active;
  const remote = trace.getSpanContext(parent);
  const joined = withBaggageOf(active, withBaggageOf(parent, active));
  return remote === undefined ? joined : trace.setSpanContext(joined, remote);
}
