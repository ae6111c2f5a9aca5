import type { Attributes, Link, SpanContext } from '@opentelemetry/api';
import { type Call, callOf } from './call.ts';
import { currentContext } from './framework-context.ts';
import { nameOf } from './kinds.ts';
import { ATTR } from './semconv.ts';
import { telemetryFailed } from './telemetry-errors.ts';

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
  /** The work begins here; until now the call waited, for a limiter or a lock (`ta.queue_wait`). Counts once. */
  started(): Current;
  /** Which try this is, from one (`ta.attempt`), where it is not what is seen from outside. */
  attempt(number: number): Current;
  /** A model's answer asks for tools, each under such an id. The tools' spans link to this call. */
  asksFor(toolCallIds: Iterable<string>): Current;
  /** This is the call of a tool that a model asked for under this id (`gen_ai.tool.call.id`). */
  toolCall(id: string): Current;
}

/** Outside of wrapped calls, and where nothing is recorded, what it is told goes nowhere. */
export function current(): Current {
  try {
    const call = callOf(currentContext());
    return call === undefined || call.done ? NOWHERE : new CurrentCall(call);
  } catch (error) {
    telemetryFailed(error);
    return NOWHERE;
  }
}

/** The same for a call that an adapter has at hand. */
export function factsOf(call: Call): Current {
  return new CurrentCall(call);
}

class CurrentCall implements Current {
  readonly #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  usage(tokens: TokenUsage | null | undefined): Current {
    const { input, output, cacheRead, cacheWrite, reasoning } = tokens ?? {};
    return this.attributes({
      [ATTR.inputTokens]: counted(input),
      [ATTR.outputTokens]: counted(output),
      [ATTR.cacheReadTokens]: counted(cacheRead),
      [ATTR.cacheWriteTokens]: counted(cacheWrite),
      [ATTR.reasoningTokens]: counted(reasoning),
    });
  }

  model(name: string): Current {
    if (typeof name !== 'string' || name === '') return this;
    const { operation } = this.#call.traits;
    if (operation !== undefined) this.#call.tell((span) => span.updateName(nameOf(operation, name)));
    return this.attributes({ [ATTR.requestModel]: name });
  }

  provider(name: string): Current {
    return this.attributes({ [ATTR.provider]: name });
  }

  response(facts: ResponseFacts | null | undefined): Current {
    const { id, model, finishReasons } = facts ?? {};
    if (Array.isArray(finishReasons)) this.#call.finishReasons(finishReasons);
    return this.attributes({ [ATTR.responseId]: id, [ATTR.responseModel]: model });
  }

  attributes(values: Attributes): Current {
    this.#call.tell((span) => {
      for (const key of Object.keys(values ?? {})) {
        const value = values[key];
        if (value !== undefined && value !== null) span.setAttribute(key, value);
      }
    });
    return this;
  }

  event(name: string, values?: Attributes): Current {
    this.#call.tell((span) => span.addEvent(name, values, this.#call.now()));
    return this;
  }

  firstChunk(): Current {
    this.#call.firstChunk();
    return this;
  }

  link(to: SpanContext | Link): Current {
    this.#call.tell((span) => span.addLink('context' in to ? to : { context: to }));
    return this;
  }

  started(): Current {
    this.#call.started();
    return this;
  }

  attempt(number: number): Current {
    this.#call.attempt(number);
    return this;
  }

  asksFor(toolCallIds: Iterable<string>): Current {
    this.#call.asksFor(toolCallIds);
    return this;
  }

  toolCall(id: string): Current {
    this.#call.answers(id);
    return this;
  }
}

/** Clients written in JavaScript hand on what a vendor left out. */
function counted(tokens: unknown): number | undefined {
  return typeof tokens === 'number' && tokens >= 0 && tokens < Number.POSITIVE_INFINITY ? tokens : undefined;
}

const NOWHERE: Current = {
  usage: () => NOWHERE,
  model: () => NOWHERE,
  provider: () => NOWHERE,
  response: () => NOWHERE,
  attributes: () => NOWHERE,
  event: () => NOWHERE,
  firstChunk: () => NOWHERE,
  link: () => NOWHERE,
  started: () => NOWHERE,
  attempt: () => NOWHERE,
  asksFor: () => NOWHERE,
  toolCall: () => NOWHERE,
};
