import type { TokenUsage } from '../../current.ts';
import { listOf, numberOf, type Shape, shapeOf, textOf } from '../api/shape.ts';
import { converseUsage } from './converse.ts';

/** Ids of the tools that an answer, or a piece of one, asks for. */
export function toolIdsOf({ content, content_block: block, choices, output, contentBlockStart }: Shape): string[] {
  const claude = [...listOf(content), block].map(shapeOf).filter(({ type }) => type === 'tool_use');
  const chat = listOf(choices).flatMap((one) => {
    const { message, delta } = shapeOf(one);
    return [...listOf(shapeOf(message).tool_calls), ...listOf(shapeOf(delta).tool_calls)].map(shapeOf);
  });
  const nova = [...listOf(shapeOf(shapeOf(output).message).content), shapeOf(contentBlockStart).start];
  return [
    ...[...claude, ...chat].flatMap(({ id }) => textOf(id) ?? []),
    ...nova.flatMap((one) => textOf(shapeOf(shapeOf(one).toolUse).toolUseId) ?? []),
  ];
}

/**
 * What the formats of the families say about an answer: Claude, Nova, Titan, Llama, Mistral, Cohere and those that are
 * like OpenAI's. Told of whole answers and of pieces; later ones add to earlier ones.
 */
export class ModelFacts {
  id: string | undefined;
  model: string | undefined;
  finish: string | undefined;
  /** By the service, for any model: `inputTokens` and the like. */
  #counted: Shape | undefined;
  /** By the model. */
  #told: TokenUsage = {};

  get usage(): TokenUsage {
    const told = this.#told;
    if (this.#counted === undefined) return told;
    const { input, output, cacheRead, cacheWrite } = converseUsage(this.#counted);
    // The headers of plain answers leave the cache out where the model's own usage tells it.
    const isWhole = cacheRead !== undefined || told.cacheRead === undefined;
    return isWhole ? { input, output, cacheRead, cacheWrite } : { ...told, output: told.output ?? output };
  }

  counted(usage: Shape): void {
    if (Object.keys(usage).length > 0) this.#counted = usage;
  }

  read(body: Shape): void {
    const message = shapeOf(body.message);
    this.id = textOf(body.id) ?? textOf(message.id) ?? textOf(body.generation_id) ?? this.id;
    this.model = textOf(body.model) ?? textOf(message.model) ?? this.model;
    this.finish = finishOf(body) ?? this.finish;
    this.#told = merged(this.#told, toldUsage(body, shapeOf(body.usage ?? message.usage)));
    const { inputTokenCount, outputTokenCount, ...cache } = shapeOf(body['amazon-bedrock-invocationMetrics']);
    if (inputTokenCount !== undefined) {
      this.counted({ inputTokens: inputTokenCount, outputTokens: outputTokenCount, ...cache });
    }
  }
}

/** The first name that is there. */
function finishOf(body: Shape): string | undefined {
  const holders = [
    body,
    body.delta,
    body.messageStop,
    listOf(body.results)[0],
    listOf(body.outputs)[0],
    listOf(body.choices)[0],
    listOf(body.generations)[0],
  ].map(shapeOf);
  for (const one of holders) {
    const found = [one.stop_reason, one.stopReason, one.finish_reason, one.completionReason].find(textOf);
    if (found !== undefined) return textOf(found);
  }
  return undefined;
}

function toldUsage(body: Shape, usage: Shape): TokenUsage {
  const nova = body.metadata === undefined ? usage : shapeOf(shapeOf(body.metadata).usage);
  if (nova.inputTokens !== undefined) return converseUsage(nova);
  if (usage.prompt_tokens !== undefined) {
    return { input: numberOf(usage.prompt_tokens), output: numberOf(usage.completion_tokens) };
  }
  if (usage.input_tokens !== undefined || usage.output_tokens !== undefined) return claudeUsage(usage);
  return {
    input: numberOf(body.prompt_token_count) ?? numberOf(body.inputTextTokenCount),
    output: numberOf(body.generation_token_count) ?? numberOf(shapeOf(listOf(body.results)[0]).tokenCount),
  };
}

function claudeUsage(usage: Shape): TokenUsage {
  const cacheRead = numberOf(usage.cache_read_input_tokens);
  const cacheWrite = numberOf(usage.cache_creation_input_tokens);
  const input = numberOf(usage.input_tokens);
  return {
    input: input === undefined ? undefined : input + (cacheRead ?? 0) + (cacheWrite ?? 0),
    output: numberOf(usage.output_tokens),
    cacheRead,
    cacheWrite,
  };
}

function merged(earlier: TokenUsage, later: TokenUsage): TokenUsage {
  const known = Object.entries(later).filter(([, value]) => value !== undefined);
  return { ...earlier, ...Object.fromEntries(known) };
}
