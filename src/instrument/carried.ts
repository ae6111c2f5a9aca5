import { type Context, createContextKey } from '@opentelemetry/api';
import { entryOf, withBaggageOf, withEntry, withoutEntry } from './baggage.ts';
import { redactText } from './redact.ts';
import { ATTR } from './semconv.ts';

/** What goes to other processes beside the trace: as baggage, under the name of the attribute that it becomes there. */
export type Carried = typeof ATTR.conversation | typeof ATTR.agentName;

interface Value {
  readonly text: string;
  readonly isSent: boolean;
}

/** A program may put baggage of its own in place of ours; these it does not see. */
const KEYS: Readonly<Record<Carried, symbol>> = {
  [ATTR.conversation]: createContextKey('trace-analyze.session'),
  [ATTR.agentName]: createContextKey('trace-analyze.agent'),
};

const FIELDS = [ATTR.conversation, ATTR.agentName] as const;

export function carrying(active: Context, field: Carried, text: string, isSent = true): Context {
  const known = active.setValue(KEYS[field], { text, isSent } satisfies Value);
  return isSent ? withEntry(known, field, text) : withoutEntry(known, field);
}

/** What was set in this process, else what came from another one. */
export function carriedOf(active: Context, field: Carried): string | undefined {
  const text = (active.getValue(KEYS[field]) as Value | undefined)?.text;
  if (text !== undefined) return text;
  const sent = entryOf(active, field);
  return sent === undefined ? undefined : redactText(sent);
}

/** A context whose baggage says what this process knows, whatever became of the baggage meanwhile: for sending. */
export function readyToSend(active: Context): Context {
  let ready = active;
  for (const field of FIELDS) {
    const value = active.getValue(KEYS[field]) as Value | undefined;
    if (value === undefined) continue;
    ready = value.isSent ? withEntry(ready, field, value.text) : withoutEntry(ready, field);
  }
  return ready;
}

/** Takes over the baggage of a context that came from outside: what it says of ours wins. */
export function arriving(active: Context, from: Context): Context {
  let told = active;
  for (const field of FIELDS) if (entryOf(from, field) !== undefined) told = told.deleteValue(KEYS[field]);
  return withBaggageOf(told, from);
}

/** For work of another process's call: the agent that is at work here has no part in it. */
export function withoutAgent(active: Context): Context {
  return withoutEntry(active.deleteValue(KEYS[ATTR.agentName]), ATTR.agentName);
}
