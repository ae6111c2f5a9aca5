import {
  type Context,
  context,
  isSpanContextValid,
  type Link,
  propagation,
  ROOT_CONTEXT,
  trace,
} from '@opentelemetry/api';
import { joinedHeader, withBaggageOf } from './baggage.ts';
import { outsideOfCalls } from './call.ts';
import { arriving, readyToSend, withoutAgent } from './carried.ts';
import { CARRIER_GETTER, CARRIER_SETTER, type Carrier, carriersOf } from './carrier.ts';
import { rooted } from './default-parent.ts';
import { currentContext } from './framework-context.ts';
import { isOff } from './off.ts';
import { runIn } from './run-in.ts';
import { telemetryFailed } from './telemetry-errors.ts';

const MAX_LINKS = 128;

/**
 * Writes what another process needs to go on with this trace (`traceparent`, `tracestate`, `baggage`, or whatever the
 * program's propagator writes) into a new object, or into the carrier that is given, and returns it. Where there is no
 * trace and no baggage, nothing is written. A `baggage` that is there already is added to. Never throws.
 */
export function inject(): Record<string, string>;
export function inject<C extends Carrier>(carrier: C): C;
export function inject(carrier: Carrier = {}): Carrier {
  return injectFrom(currentContext(), carrier);
}

/** The same for a context that is not the active one. */
export function injectFrom<C extends Carrier>(active: Context, carrier: C): C {
  if (isOff()) return carrier;
  try {
    const fields: Record<string, string> = {};
    propagation.inject(readyToSend(rooted(active)), fields);
    for (const [name, value] of Object.entries(fields)) {
      const before = name === 'baggage' ? CARRIER_GETTER.get(carrier, name) : undefined;
      CARRIER_SETTER.set(carrier, name, before === undefined ? value : joinedHeader([before].flat().join(','), value));
    }
  } catch (error) {
    telemetryFailed(error);
  }
  return carrier;
}

/**
 * Runs `fn` as part of the trace that a carrier comes from: its spans are children of the sender's, in the sender's
 * session. Returns what `fn` returns. A carrier without a valid trace context brings no more than its baggage. Never
 * throws of its own. A stream that `fn` returns unwrapped is read outside.
 */
export function extract<T>(carrier: Carrier | null | undefined, fn: () => T): T {
  return runIn(contextFrom(carrier, context.active()), fn);
}

/** The context that a carrier brings, on top of one of this process. */
export function contextFrom(carrier: unknown, base: Context): Context {
  if (isOff() || typeof carrier !== 'object' || carrier === null) return base;
  try {
    const found = propagation.extract(trace.deleteSpan(propagation.deleteBaggage(base)), carrier, CARRIER_GETTER);
    const sender = trace.getSpanContext(found);
    if (sender === undefined || !isSpanContextValid(sender)) return arriving(base, found);
    // Neither a call nor an agent of this process is what runs there, even where its work was handed over in here.
    return arriving(outsideOfCalls(withoutAgent(withBaggageOf(found, base))), found);
  } catch (error) {
    telemetryFailed(error);
    return base;
  }
}

/**
 * Links to the spans that carriers come from, at most one each and 128 in all: for work that somebody else's work caused
 * without waiting for it, such as messages of a queue. For the `links` of a wrapper see `linkFrom`.
 */
export function linksTo(carriers: Carrier | readonly Carrier[] | null | undefined): Link[] {
  return sendersOf(carriers).links;
}

/** The spans that carriers come from, and the context of the work that they caused: with their baggage, if they agree. */
export function causedBy(carriers: unknown, base: Context): { links: Link[]; parent: Context } {
  const { links, baggages } = sendersOf(carriers);
  const [first, ...others] = baggages;
  const isAgreed = first !== undefined && others.every((one) => textOf(one) === textOf(first));
  return { links, parent: isAgreed ? arriving(base, first) : base };
}

function sendersOf(carriers: unknown): { links: Link[]; baggages: Context[] } {
  const links: Link[] = [];
  const baggages: Context[] = [];
  try {
    for (const carrier of carriersOf(carriers).slice(0, MAX_LINKS)) {
      const found = contextFrom(carrier, ROOT_CONTEXT);
      const sender = trace.getSpanContext(found);
      if (sender !== undefined) links.push({ context: sender });
      baggages.push(found);
    }
  } catch (error) {
    telemetryFailed(error);
  }
  return { links, baggages };
}

function textOf(active: Context): string {
  const entries = propagation.getBaggage(active)?.getAllEntries() ?? [];
  return JSON.stringify(entries.map(([key, { value }]) => [key, value]));
}
