import type { Attributes } from '@opentelemetry/api';
import type { Call, CallReader } from '../../call.ts';
import { factsOf, type TokenUsage } from '../../current.ts';
import { ATTR } from '../../semconv.ts';
import { answerAttributes, promptAttributes } from '../api/messages.ts';
import type { ClientOptions } from '../api/options.ts';
import { known, listOf, numberOf, type Shape, shapeOf, textOf } from '../api/shape.ts';
import { CandidateParts, promptOf } from './messages.ts';

/** More candidates than the API has in one answer. */
const MAX_CANDIDATES = 64;

/** What a request for content says, without its content. */
export function generateAttributes(params: Shape, isStream: boolean, options: ClientOptions): Attributes {
  const config = shapeOf(params.config);
  const choices = numberOf(config.candidateCount);
  const thinking = shapeOf(config.thinkingConfig);
  return known<Attributes[string]>({
    [ATTR.requestStream]: isStream ? true : undefined,
    [ATTR.maxTokens]: numberOf(config.maxOutputTokens),
    [ATTR.temperature]: numberOf(config.temperature),
    [ATTR.topP]: numberOf(config.topP),
    [ATTR.topK]: numberOf(config.topK),
    [ATTR.frequencyPenalty]: numberOf(config.frequencyPenalty),
    [ATTR.presencePenalty]: numberOf(config.presencePenalty),
    [ATTR.seed]: numberOf(config.seed),
    [ATTR.stopSequences]: Array.isArray(config.stopSequences) ? config.stopSequences.map(String) : undefined,
    [ATTR.choiceCount]: choices === 1 ? undefined : choices,
    [ATTR.reasoningLevel]: textOf(thinking.thinkingLevel),
    [ATTR.outputType]: outputType(textOf(config.responseMimeType)),
    ...(options.captureInput === true ? promptAttributes(promptOf(params)) : {}),
  });
}

function outputType(mimeType: string | undefined): string | undefined {
  if (mimeType === 'application/json') return 'json';
  return mimeType === 'text/plain' ? 'text' : undefined;
}

/** Reads an answer, or the pieces of one: each piece of a stream has the shape of a whole answer. */
export class AnswerReader implements CallReader {
  readonly #finish: (string | undefined)[] = [];
  readonly #said: CandidateParts[] | undefined;
  #id: string | undefined;
  #model: string | undefined;
  #usage: Shape | undefined;
  #blocked: string | undefined;
  #isStream = false;

  constructor(options: ClientOptions) {
    this.#said = options.captureOutput === true ? [] : undefined;
  }

  chunk(value: unknown, call: Call): void {
    this.#isStream = true;
    this.#read(shapeOf(value), call);
  }

  result(value: unknown, call: Call): void {
    this.#read(shapeOf(value), call);
  }

  ending(call: Call): void {
    const finishReasons = this.#finishReasons();
    const facts = factsOf(call);
    facts.response({
      id: this.#id,
      model: this.#model,
      ...(finishReasons === undefined ? {} : { finishReasons }),
    });
    if (this.#usage !== undefined) facts.usage(usageOf(this.#usage));
    if (this.#said === undefined) return;
    facts.attributes(answerAttributes(this.#said.map((parts, index) => parts.message(this.#finish[index]))));
  }

  #read(answer: Shape, call: Call): void {
    this.#id = textOf(answer.responseId) ?? this.#id;
    this.#model = textOf(answer.modelVersion) ?? this.#model;
    this.#blocked = textOf(shapeOf(answer.promptFeedback).blockReason) ?? this.#blocked;
    if (answer.usageMetadata !== undefined) this.#usage = shapeOf(answer.usageMetadata);
    for (const [position, candidate] of listOf(answer.candidates).entries()) {
      const { index, finishReason, content } = shapeOf(candidate);
      const at = numberOf(index) ?? position;
      if (at >= MAX_CANDIDATES) continue;
      this.#finish[at] = textOf(finishReason) ?? this.#finish[at];
      const parts = listOf(shapeOf(content).parts).map(shapeOf);
      call.asksFor(parts.flatMap((part) => textOf(shapeOf(part.functionCall).id) ?? []));
      if (this.#said === undefined) continue;
      this.#said[at] ??= new CandidateParts();
      this.#said[at].add(parts);
    }
  }

  /** The conventions: `error` for a candidate that did not come to its end. A prompt that is refused has none. */
  #finishReasons(): string[] | undefined {
    if (this.#finish.length > 0 && (this.#isStream || this.#finish.some((reason) => reason !== undefined))) {
      return Array.from(this.#finish, (reason) => reason ?? 'error');
    }
    return this.#blocked === undefined ? undefined : [this.#blocked];
  }
}

/** Thoughts are counted beside the answer, results of the model's own tools beside the prompt; the cache is within it. */
function usageOf(usage: Shape): TokenUsage {
  const reasoning = numberOf(usage.thoughtsTokenCount);
  return {
    input: sumOf(numberOf(usage.promptTokenCount), numberOf(usage.toolUsePromptTokenCount)),
    output: sumOf(numberOf(usage.candidatesTokenCount), reasoning),
    cacheRead: numberOf(usage.cachedContentTokenCount),
    reasoning,
  };
}

function sumOf(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : a + (b ?? 0);
}
