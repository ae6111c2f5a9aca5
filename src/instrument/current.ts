import {
  type Attributes,
  context,
  type Context,
  createContextKey,
  type Link,
  type SpanContext,
  trace,
} from '@opentelemetry/api';
import type { Call } from './call.ts';
import { nameOf } from './kinds.ts';
import { ATTR } from './semconv.ts';
import { telemetryFailed } from './telemetry-errors.ts';

const KEY = createContextKey('trace-analyze.call');

/** Whole tokens, as the provider counted them. What is not known is left out. */
export interface TokenUsage {
  /** All input tokens, those read from or written to the provider's cache included. */
  readonly input?: number | undefined;
  /** All output tokens, reasoning included. */
  readonly output?: number | undefined;
  /** Part of `input`. */
  readonly cacheRead?: number | undefined;
  /** Part of `input`. */
  readonly cacheWrite?: number | undefined;
  /** Part of `output`. */
  readonly reasoning?: number | undefined;
}

export interface ResponseFacts {
  readonly id?: string | undefined;
  /** The model that answered, where it is not the one that was asked for. */
  readonly model?: string | undefined;
  /** One for each choice, in their order. */
  readonly finishReasons?: readonly string[] | undefined;
}

/** The innermost wrapped call that is running. Every method may be called at any time; none throws. */
export interface Current {
  usage(tokens: TokenUsage): Current;
  /** The model asked for (`gen_ai.request.model`), where it is only known here. Renames the span of a model call. */
  model(name: string): Current;
  /** `gen_ai.provider.name`, for example `openai`. */
  provider(name: string): Current;
  response(facts: ResponseFacts): Current;
  attributes(values: Attributes): Current;
  event(name: string, values?: Attributes): Current;
  /** A model's first piece of output is here. Only the first time counts; streams that are returned do this alone. */
  firstChunk(): Current;
  link(to: SpanContext | Link): Current;
}

/** Outside of wrapped calls, and where nothing is recorded, what it is told goes nowhere. */
export function current(): Current {
  try {
    const call = context.active().getValue(KEY) as Call | undefined;
    return call === undefined || call.done ? NOWHERE : new CurrentCall(call);
  } catch (error) {
    telemetryFailed(error);
    return NOWHERE;
  }
}

/** The context in which a call's work runs. */
export function enterCall(parent: Context, span: Call['span'], bind: (entered: Context) => Call): Call {
  // The call and its context refer to each other, so that one of them comes before the other.
  const holder: { call?: Call } = {};
  const entered = trace.setSpan(parent, span).setValue(KEY, holder);
  return bind(entered);
}
