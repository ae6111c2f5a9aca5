import type { Attributes } from '@opentelemetry/api';
import type { Call, CallReader } from '../../call.ts';
import { factsOf, type TokenUsage } from '../../current.ts';
import { ATTR } from '../../semconv.ts';
import { answerAttributes, promptAttributes } from '../api/messages.ts';
import type { ClientOptions } from '../api/options.ts';
import { known, listOf, numberOf, type Shape, shapeOf, textOf } from '../api/shape.ts';
import { AnswerBlocks, conversePrompt } from './messages.ts';
import { type Describe, modelName } from './request.ts';

/** `Converse` and `ConverseStream`: one format for all models. */
export const describeConverse: Describe = (input, isStream, options) => ({
  kind: 'llm',
  name: 'chat',
  attributes: {
    ...inferenceAttributes(shapeOf(input.inferenceConfig), isStream),
    ...(options.captureInput === true ? promptAttributes(conversePrompt(input)) : {}),
  },
  reader: new ConverseReader(isStream, options),
});

function inferenceAttributes(config: Shape, isStream: boolean): Attributes {
  const stops = config.stopSequences;
  return known<Attributes[string]>({
    [ATTR.requestStream]: isStream ? true : undefined,
    [ATTR.maxTokens]: numberOf(config.maxTokens),
    [ATTR.temperature]: numberOf(config.temperature),
    [ATTR.topP]: numberOf(config.topP),
    [ATTR.stopSequences]: Array.isArray(stops) ? stops.map(String) : undefined,
  });
}

/** Reads what `Converse` answers, or the events of a stream. */
class ConverseReader implements CallReader {
  readonly #isStream: boolean;
  readonly #blocks: AnswerBlocks | undefined;
  #finish: string | undefined;
  #usage: Shape | undefined;
  #model: string | undefined;
  #sawChunk = false;

  constructor(isStream: boolean, options: ClientOptions) {
    this.#isStream = isStream;
    this.#blocks = options.captureOutput === true ? new AnswerBlocks() : undefined;
  }

  result(value: unknown, call: Call): void {
    this.answer(shapeOf(shapeOf(value).output), call);
  }

  answer({ output, stopReason, usage, trace }: Shape, call: Call): void {
    this.#note(stopReason, usage, trace);
    const blocks = listOf(shapeOf(shapeOf(output).message).content).map(shapeOf);
    for (const [index, block] of blocks.entries()) this.#block(index, block, call);
  }

  chunk(event: unknown, call: Call): void {
    this.#sawChunk = true;
    const { contentBlockStart, contentBlockDelta, messageStop, metadata } = shapeOf(event);
    this.#note(shapeOf(messageStop).stopReason, shapeOf(metadata).usage, shapeOf(metadata).trace);
    const start = shapeOf(contentBlockStart);
    if (contentBlockStart !== undefined) this.#block(numberOf(start.contentBlockIndex), shapeOf(start.start), call);
    const { contentBlockIndex, delta } = shapeOf(contentBlockDelta);
    if (delta !== undefined) this.#blocks?.add(numberOf(contentBlockIndex) ?? 0, shapeOf(delta));
  }

  ending(call: Call): void {
    const facts = factsOf(call);
    // The conventions: `error` for an answer that did not come to its end.
    const finish = this.#finish ?? (this.#isStream && this.#sawChunk ? 'error' : undefined);
    facts.response({ model: this.#model, ...(finish === undefined ? {} : { finishReasons: [finish] }) });
    if (this.#usage !== undefined) facts.usage(converseUsage(this.#usage));
    if (this.#blocks !== undefined) facts.attributes(answerAttributes(this.#blocks.messages(finish)));
  }

  #note(stopReason: unknown, usage: unknown, trace: unknown): void {
    this.#finish = textOf(stopReason) ?? this.#finish;
    if (usage !== undefined) this.#usage = shapeOf(usage);
    this.#model = modelName(textOf(shapeOf(shapeOf(trace).promptRouter).invokedModelId)) ?? this.#model;
  }

  #block(index: number | undefined, block: Shape, call: Call): void {
    const id = textOf(shapeOf(block.toolUse).toolUseId);
    if (id !== undefined) call.asksFor([id]);
    this.#blocks?.add(index ?? 0, block);
  }
}

/** `inputTokens` are those beside the cache. The names with `Count` are those of some models' own formats. */
export function converseUsage(usage: Shape): TokenUsage {
  const cacheRead = numberOf(usage.cacheReadInputTokens) ?? numberOf(usage.cacheReadInputTokenCount);
  const cacheWrite = numberOf(usage.cacheWriteInputTokens) ?? numberOf(usage.cacheWriteInputTokenCount);
  const input = numberOf(usage.inputTokens);
  return {
    input: input === undefined ? undefined : input + (cacheRead ?? 0) + (cacheWrite ?? 0),
    output: numberOf(usage.outputTokens),
    cacheRead,
    cacheWrite,
  };
}
