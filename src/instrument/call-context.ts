import {
  type Context,
  createContextKey,
  INVALID_SPAN_CONTEXT,
  ROOT_CONTEXT,
  type Span,
  trace,
} from '@opentelemetry/api';
import type { Call } from './call.ts';

export const CALL_KEY: symbol = createContextKey('trace-analyze.call');

/** The key that `trace.setSpan` uses, which the API keeps to itself. */
const SPAN_KEY = keyOfSpan();

/** Layers above each other; more would make looking for what is in none of them slow. */
const MAX_LAYERS = 8;

/**
 * The context of a call: that around it, with a span and a call on top. The API's own contexts are copied whole for each
 * value, twice for the two, which would be a tenth of what a call costs.
 */
export class CallContext implements Context {
  readonly #below: Context;
  readonly #span: Span;
  readonly #call: Call;
  readonly #layers: number;

  constructor(below: Context, span: Span, call: Call) {
    const layers = below instanceof CallContext ? below.#layers : 0;
    this.#below = layers < MAX_LAYERS ? below : (below as CallContext).#flat();
    this.#span = span;
    this.#call = call;
    this.#layers = layers < MAX_LAYERS ? layers + 1 : 1;
  }

  getValue(key: symbol): unknown {
    if (key === SPAN_KEY) return this.#span;
    return key === CALL_KEY ? this.#call : this.#below.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return this.#flat().setValue(key, value);
  }

  deleteValue(key: symbol): Context {
    return this.#flat().deleteValue(key);
  }

  /** The same as one of the API's contexts. */
  #flat(): Context {
    const below = this.#below instanceof CallContext ? this.#below.#flat() : this.#below;
    return trace.setSpan(below, this.#span).setValue(CALL_KEY, this.#call);
  }
}

function keyOfSpan(): symbol {
  let found: symbol | undefined;
  const probe: Context = {
    getValue: () => undefined,
    setValue: (key) => {
      found = key;
      return ROOT_CONTEXT;
    },
    deleteValue: () => ROOT_CONTEXT,
  };
  trace.setSpan(probe, trace.wrapSpanContext(INVALID_SPAN_CONTEXT));
  return found!;
}
