import { type Baggage, type Context, propagation } from '@opentelemetry/api';
import { ATTR } from './semconv.ts';

/** The only two entries that are ours. Both are the names of the attributes that they become. */
const OURS: ReadonlySet<string> = new Set([ATTR.conversation, ATTR.agentName]);

/** Characters. Longer ones stay in the process; what comes in longer is no id or name. */
const MAX_VALUE = 256;

/** A context whose baggage has the entry in addition to what the program put there; without it where it cannot travel. */
export function withEntry(active: Context, key: string, value: string): Context {
  if (!canTravel(value)) return withoutEntry(active, key);
  const before = propagation.getBaggage(active);
  if (before?.getEntry(key)?.value === value) return active;
  return propagation.setBaggage(active, (before ?? propagation.createBaggage()).setEntry(key, { value }));
}

export function withoutEntry(active: Context, key: string): Context {
  const before = propagation.getBaggage(active);
  return before?.getEntry(key) === undefined ? active : propagation.setBaggage(active, before.removeEntry(key));
}

/** What the baggage of a context says of ours, wherever it came from. */
export function entryOf(active: Context, key: string): string | undefined {
  const value: unknown = propagation.getBaggage(active)?.getEntry(key)?.value;
  return typeof value === 'string' && value !== '' && value.length <= MAX_VALUE ? value : undefined;
}

/** Takes the baggage of `from`, on top of that of `active`. */
export function withBaggageOf(active: Context, from: Context): Context {
  const entries = propagation.getBaggage(from)?.getAllEntries() ?? [];
  if (entries.length === 0) return active;
  let baggage: Baggage = propagation.getBaggage(active) ?? propagation.createBaggage();
  for (const [key, entry] of entries) baggage = baggage.setEntry(key, entry);
  return propagation.setBaggage(active, baggage);
}

/**
 * A `baggage` header that the program wrote, with the members of the context that it does not have. Ours are those of
 * the context in any case: the header may be that of an earlier attempt.
 */
export function joinedHeader(before: string, ours: string): string {
  const keyOf = (member: string) => member.split('=', 1)[0]!.trim();
  const kept = before.split(',').filter((member) => member.trim() !== '' && !OURS.has(keyOf(member)));
  const known = new Set(kept.map(keyOf));
  return [...kept, ...ours.split(',').filter((member) => !known.has(keyOf(member)))].join(',');
}

/** Half a surrogate pair cannot be encoded: the propagator would throw, and nothing at all be sent. */
function canTravel(value: string): boolean {
  if (value === '' || value.length > MAX_VALUE) return false;
  try {
    encodeURIComponent(value);
    return true;
  } catch {
    return false;
  }
}
