import type { Call, CallReader } from '../../call.ts';
import { factsOf, type TokenUsage } from '../../current.ts';
import { ATTR } from '../../semconv.ts';
import { endpointOf } from '../api/endpoint.ts';
import { answerAttributes } from '../api/messages.ts';
import { known, listOf, numberOf, type Shape, shapeOf, textOf } from '../api/shape.ts';
import { AnswerParts } from './messages.ts';

/**
 * Reads what a provider of the AI SDK answers (`LanguageModelV2` to `V4`), whole or as the parts of a stream. Not what
 * the SDK makes of it, as that comes later.
 */
export class ModelReader implements CallReader {
  readonly #said: AnswerParts | undefined;
  readonly #askedFor: (toolCallId: string) => void;
  #id: string | undefined;
  #model: string | undefined;
  #finish: string | undefined;
  #usage: unknown;
  #isStream = false;

  /** `askedFor` is told the ids of the tool calls that the model asks for. */
  constructor(captureOutput: boolean, askedFor: (toolCallId: string) => void) {
    this.#said = captureOutput ? new AnswerParts() : undefined;
    this.#askedFor = askedFor;
  }

  chunk(part: unknown, call: Call): void {
    this.#isStream = true;
    const { type, id, modelId, finishReason, usage, ...rest } = shapeOf(part);
    if (type === 'response-metadata') this.#note(id, modelId);
    else if (type === 'finish') this.#finished(finishReason, usage);
    else if (type === 'tool-call') this.#asks(rest, call);
    this.#said?.add(shapeOf(part));
  }

  result(value: unknown, call: Call): void {
    const { content, finishReason, usage, response, responseData } = shapeOf(value);
    const { id, modelId } = shapeOf(response ?? responseData);
    this.#note(id, modelId);
    this.#finished(finishReason, usage);
    for (const part of listOf(content).map(shapeOf)) {
      if (part.type === 'tool-call') this.#asks(part, call);
      this.#said?.add(part);
    }
  }

  ending(call: Call): void {
    // The conventions: `error` for an answer that did not come to its end.
    const finish = this.#finish ?? (this.#isStream ? 'error' : undefined);
    const facts = factsOf(call);
    facts.response({
      id: this.#id,
      model: this.#model,
      ...(finish === undefined ? {} : { finishReasons: [finish] }),
    });
    facts.usage(usageOf(this.#usage));
    if (this.#said !== undefined) facts.attributes(answerAttributes(this.#said.messages(finish)));
  }

  #note(id: unknown, modelId: unknown): void {
    this.#id = textOf(id) ?? this.#id;
    this.#model = textOf(modelId) ?? this.#model;
  }

  #finished(finishReason: unknown, usage: unknown): void {
    const { unified, raw } = shapeOf(finishReason);
    this.#finish = textOf(finishReason) ?? textOf(unified) ?? textOf(raw) ?? this.#finish;
    this.#usage = usage ?? this.#usage;
  }

  #asks({ toolCallId }: Shape, call: Call): void {
    const id = textOf(toolCallId);
    if (id === undefined) return;
    call.asksFor([id]);
    this.#askedFor(id);
  }
}

/** Newer providers tell where a request went. */
export function noteServer(url: unknown, call: Call): void {
  const { server } = endpointOf({ baseURL: url });
  if (server === undefined) return;
  factsOf(call).attributes(known({ [ATTR.serverAddress]: server.address, [ATTR.serverPort]: server.port }));
}

/** Providers tell numbers to version 5 of the SDK, and break them down from version 6 on; the SDK does so elsewhere. */
function usageOf(usage: unknown): TokenUsage {
  const { inputTokens, outputTokens, cachedInputTokens, reasoningTokens, ...details } = shapeOf(usage);
  const input = { ...shapeOf(inputTokens), ...shapeOf(details.inputTokenDetails) };
  const output = { ...shapeOf(outputTokens), ...shapeOf(details.outputTokenDetails) };
  return {
    input: numberOf(inputTokens) ?? numberOf(input.total),
    output: numberOf(outputTokens) ?? numberOf(output.total),
    cacheRead: numberOf(cachedInputTokens) ?? numberOf(input.cacheRead) ?? numberOf(input.cacheReadTokens),
    cacheWrite: numberOf(input.cacheWrite) ?? numberOf(input.cacheWriteTokens),
    reasoning: numberOf(reasoningTokens) ?? numberOf(output.reasoning) ?? numberOf(output.reasoningTokens),
  };
}
