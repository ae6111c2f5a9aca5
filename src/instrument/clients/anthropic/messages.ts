import type { Attributes } from '@opentelemetry/api';
import type { Call } from '../../call.ts';
import { factsOf, type TokenUsage } from '../../current.ts';
import { ATTR } from '../../semconv.ts';
import { answerAttributes, promptAttributes } from '../api/messages.ts';
import type { ClientOptions } from '../api/options.ts';
import type { AnswerReader } from '../api/request.ts';
import { known, listOf, numberOf, type Shape, shapeOf, textOf } from '../api/shape.ts';
import { MessageText, messagesPrompt } from './content.ts';

/** What a request to `/v1/messages` says, without its content. */
export function messagesAttributes(body: Shape, options: ClientOptions): Attributes {
  const { effort, format } = shapeOf(body.output_config);
  const stops = listOf(body.stop_sequences).map(String);
  const isJson = textOf(shapeOf(format ?? body.output_format).type)?.startsWith('json') === true;
  return known<Attributes[string]>({
    [ATTR.requestStream]: body.stream === true ? true : undefined,
    [ATTR.maxTokens]: numberOf(body.max_tokens),
    [ATTR.temperature]: numberOf(body.temperature),
    [ATTR.topP]: numberOf(body.top_p),
    [ATTR.topK]: numberOf(body.top_k),
    [ATTR.stopSequences]: stops.length === 0 ? undefined : stops,
    [ATTR.reasoningLevel]: textOf(effort),
    [ATTR.outputType]: isJson ? 'json' : undefined,
    ...(options.captureInput === true ? promptAttributes(messagesPrompt(body)) : {}),
  });
}

/** Reads a message, or the events of one. */
export class MessagesReader implements AnswerReader {
  readonly #text: MessageText | undefined;
  #id: string | undefined;
  #model: string | undefined;
  #stopReason: string | undefined;
  #usage: Shape = {};
  #isComplete = false;

  constructor(options: ClientOptions) {
    this.#text = options.captureOutput === true ? new MessageText() : undefined;
  }

  isComplete(): boolean {
    return this.#isComplete;
  }

  chunk(value: unknown, call: Call): void {
    const event = shapeOf(value);
    const { type, index } = event;
    if (type === 'message_start') this.#message(shapeOf(event.message));
    else if (type === 'content_block_start') this.#block(index, event.content_block, call);
    else if (type === 'content_block_delta') this.#text?.add(index, event.delta);
    // Its counts are those of the whole message so far.
    else if (type === 'message_delta') this.#progress(shapeOf(event.delta), event.usage);
    else if (type === 'message_stop') this.#isComplete = true;
  }

  result(value: unknown, call: Call): void {
    if (value === undefined) return;
    const message = shapeOf(value);
    this.#message(message);
    for (const [index, block] of listOf(message.content).entries()) this.#block(index, block, call);
  }

  ending(call: Call): void {
    const facts = factsOf(call);
    const finishReasons = this.#stopReason === undefined ? undefined : [this.#stopReason];
    facts.response({ id: this.#id, model: this.#model, ...(finishReasons === undefined ? {} : { finishReasons }) });
    facts.usage(usageOf(this.#usage));
    if (this.#text !== undefined) facts.attributes(answerAttributes(this.#text.messages(this.#stopReason)));
  }

  #message(message: Shape): void {
    this.#id = textOf(message.id);
    this.#model = textOf(message.model);
    this.#progress(message, message.usage);
  }

  #progress({ stop_reason: reason }: Shape, usage: unknown): void {
    this.#stopReason = textOf(reason) ?? this.#stopReason;
    const counted = Object.entries(shapeOf(usage)).filter(([, count]) => count !== null);
    this.#usage = { ...this.#usage, ...Object.fromEntries(counted) };
  }

  #block(index: unknown, block: unknown, call: Call): void {
    const { type, id } = shapeOf(block);
    if (type === 'tool_use' && typeof id === 'string') call.asksFor([id]);
    this.#text?.start(index, block);
  }
}

/** The API counts tokens of the cache beside its input tokens, the conventions among them. */
function usageOf(usage: Shape): TokenUsage {
  const input = numberOf(usage.input_tokens);
  const cacheRead = numberOf(usage.cache_read_input_tokens);
  const cacheWrite = numberOf(usage.cache_creation_input_tokens);
  return {
    input: input === undefined ? undefined : input + (cacheRead ?? 0) + (cacheWrite ?? 0),
    output: numberOf(usage.output_tokens),
    cacheRead,
    cacheWrite,
    reasoning: numberOf(shapeOf(usage.output_tokens_details).thinking_tokens),
  };
}
