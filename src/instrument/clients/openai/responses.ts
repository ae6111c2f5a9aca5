import { type Attributes, SpanStatusCode } from '@opentelemetry/api';
import type { Call } from '../../call.ts';
import { factsOf } from '../../current.ts';
import { ATTR } from '../../semconv.ts';
import { answerAttributes, promptAttributes } from '../api/messages.ts';
import type { ClientOptions } from '../api/options.ts';
import type { AnswerReader } from '../api/request.ts';
import { known, listOf, numberOf, type Shape, shapeOf, textOf } from '../api/shape.ts';
import { outputTypeOf } from './chat.ts';
import { outputMessage, responsesPrompt } from './responses-messages.ts';

/** More items than the model puts out in one answer. */
const MAX_ITEMS = 1024;

/** What a request to `/responses` says, without its content. */
export function responsesAttributes(body: Shape, options: ClientOptions): Attributes {
  const { conversation } = body;
  return known<Attributes[string]>({
    [ATTR.openaiApi]: 'responses',
    [ATTR.requestStream]: body.stream === true ? true : undefined,
    [ATTR.maxTokens]: numberOf(body.max_output_tokens),
    [ATTR.temperature]: numberOf(body.temperature),
    [ATTR.topP]: numberOf(body.top_p),
    [ATTR.reasoningLevel]: textOf(shapeOf(body.reasoning).effort),
    [ATTR.previousResponse]: textOf(body.previous_response_id),
    [ATTR.conversation]: textOf(conversation) ?? textOf(shapeOf(conversation).id),
    [ATTR.openaiRequestTier]: textOf(body.service_tier),
    [ATTR.outputType]: outputTypeOf(shapeOf(body.text).format),
    ...(options.captureInput === true ? promptAttributes(responsesPrompt(body)) : {}),
  });
}

/** Events after which there is nothing more of an answer. */
const LAST_EVENTS: ReadonlySet<string> = new Set([
  'response.completed',
  'response.incomplete',
  'response.failed',
  'response.cancelled',
  'error',
]);

/** Reads a response, or the events of one. */
export class ResponsesReader implements AnswerReader {
  readonly #keepsOutput: boolean;
  readonly #items: unknown[] = [];
  #response: Shape = {};
  #failure: Shape | undefined;
  #isComplete = false;

  constructor(options: ClientOptions) {
    this.#keepsOutput = options.captureOutput === true;
  }

  isComplete(): boolean {
    return this.#isComplete;
  }

  chunk(value: unknown, call: Call): void {
    const event = shapeOf(value);
    const type = textOf(event.type) ?? '';
    if (LAST_EVENTS.has(type)) this.#isComplete = true;
    if (type === 'error') this.#failure = event;
    else if (type === 'response.output_item.done') this.#item(event.item, call);
    else if (event.response !== undefined) this.#read(shapeOf(event.response));
  }

  result(value: unknown, call: Call): void {
    if (value === undefined) return;
    const response = shapeOf(value);
    this.#read(response);
    for (const item of listOf(response.output)) this.#item(item, call);
  }

  ending(call: Call): void {
    const { id, model, usage, service_tier: tier } = this.#response;
    const facts = factsOf(call);
    const finish = this.#finishReason();
    const finishReasons = finish === undefined ? undefined : [finish];
    facts.response({ id: textOf(id), model: textOf(model), ...(finishReasons === undefined ? {} : { finishReasons }) });
    facts.attributes(known({ [ATTR.openaiResponseTier]: textOf(tier) }));
    if (usage !== undefined && usage !== null) facts.usage(responsesUsage(shapeOf(usage)));
    if (this.#keepsOutput && this.#items.length > 0) {
      facts.attributes(answerAttributes([outputMessage(this.#items, finish)]));
    }
    if (this.#failure !== undefined) noteFailure(this.#failure, call);
  }

  #read(response: Shape): void {
    this.#response = response;
    const { status, error } = response;
    if (status === 'failed') this.#failure = shapeOf(error);
  }

  #item(item: unknown, call: Call): void {
    const { call_id: id } = shapeOf(item);
    if (typeof id === 'string') call.asksFor([id]);
    if (this.#items.length < MAX_ITEMS) this.#items.push(this.#keepsOutput ? item : shapeOf(item).type);
  }

  /** In the words that the chat API has for it. */
  #finishReason(): string | undefined {
    if (this.#failure !== undefined) return 'error';
    const { status, incomplete_details: details } = this.#response;
    const why = textOf(shapeOf(details).reason);
    if (status === 'incomplete') return why === 'max_output_tokens' ? 'length' : (why ?? 'length');
    if (status === 'cancelled') return 'error';
    if (status !== 'completed') return undefined;
    return this.#items.some(isAskedCall) ? 'tool_calls' : 'stop';
  }
}

/** Calls of tools that the host has to run: of functions, and of tools of its own. */
function isAskedCall(item: unknown): boolean {
  const type = typeof item === 'string' ? item : shapeOf(item).type;
  return type === 'function_call' || type === 'custom_tool_call';
}

/** The answer says that it failed: for the host it is an answer like others, and nothing is thrown. */
function noteFailure({ code, message }: Shape, call: Call): void {
  call.tell((span) => {
    span.setAttribute(ATTR.errorType, textOf(code) ?? '_OTHER');
    span.setStatus({ code: SpanStatusCode.ERROR, message: textOf(message) ?? '' });
  });
}

function responsesUsage(usage: Shape) {
  const input = shapeOf(usage.input_tokens_details);
  return {
    input: numberOf(usage.input_tokens),
    output: numberOf(usage.output_tokens),
    cacheRead: numberOf(input.cached_tokens),
    cacheWrite: numberOf(input.cache_write_tokens),
    reasoning: numberOf(shapeOf(usage.output_tokens_details).reasoning_tokens),
  };
}
