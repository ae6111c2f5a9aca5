import type { Attributes } from '@opentelemetry/api';
import type { Call } from '../../call.ts';
import { factsOf } from '../../current.ts';
import { ATTR } from '../../semconv.ts';
import { answerAttributes, promptAttributes } from '../api/messages.ts';
import type { ClientOptions } from '../api/options.ts';
import type { AnswerReader } from '../api/request.ts';
import { known, listOf, numberOf, type Shape, shapeOf, textOf } from '../api/shape.ts';
import { ChoiceText, chatPrompt } from './chat-messages.ts';

/** More choices than the API has in one answer. */
const MAX_CHOICES = 128;

/** What a request to `/chat/completions` (or the older `/completions`) says, without its content. */
export function chatAttributes(body: Shape, options: ClientOptions): Attributes {
  const choices = numberOf(body.n);
  return known<Attributes[string]>({
    [ATTR.requestStream]: body.stream === true ? true : undefined,
    [ATTR.maxTokens]: numberOf(body.max_completion_tokens) ?? numberOf(body.max_tokens),
    [ATTR.temperature]: numberOf(body.temperature),
    [ATTR.topP]: numberOf(body.top_p),
    [ATTR.frequencyPenalty]: numberOf(body.frequency_penalty),
    [ATTR.presencePenalty]: numberOf(body.presence_penalty),
    [ATTR.stopSequences]: stopsOf(body.stop),
    [ATTR.seed]: numberOf(body.seed),
    [ATTR.choiceCount]: choices === 1 ? undefined : choices,
    [ATTR.reasoningLevel]: textOf(body.reasoning_effort),
    [ATTR.openaiRequestTier]: textOf(body.service_tier),
    [ATTR.outputType]: outputTypeOf(body.response_format),
    ...(options.captureInput === true && Array.isArray(body.messages) ? promptAttributes(chatPrompt(body)) : {}),
  });
}

function stopsOf(stop: unknown): string[] | undefined {
  if (typeof stop === 'string') return [stop];
  return Array.isArray(stop) ? stop.map(String) : undefined;
}

/** `text`, or `json` for any of the formats that are JSON. */
export function outputTypeOf(format: unknown): string | undefined {
  const type = textOf(shapeOf(format).type);
  return type?.startsWith('json') ? 'json' : type === 'text' ? 'text' : undefined;
}

/** Reads a completion, or the chunks of one. */
export class ChatReader implements AnswerReader {
  /** By choice. */
  readonly #finish: (string | undefined)[] = [];
  readonly #texts: ChoiceText[] | undefined;
  readonly #choices: number;
  #last: Shape = {};
  #usage: Shape | undefined;

  constructor(body: Shape, options: ClientOptions) {
    this.#choices = Math.min(numberOf(body.n) ?? 1, MAX_CHOICES);
    this.#texts = options.captureOutput === true ? [] : undefined;
  }

  isComplete(): boolean {
    return this.#finish.filter((reason) => reason !== undefined).length >= this.#choices;
  }

  chunk(value: unknown, call: Call): void {
    this.#read(shapeOf(value), 'delta', call);
  }

  result(value: unknown, call: Call): void {
    if (value !== undefined) this.#read(shapeOf(value), 'message', call);
  }

  ending(call: Call): void {
    const { id, model, service_tier: tier, system_fingerprint: fingerprint } = this.#last;
    const facts = factsOf(call);
    const finishReasons = this.#finishReasons();
    facts.response({ id: textOf(id), model: textOf(model), ...(finishReasons === undefined ? {} : { finishReasons }) });
    facts.attributes(known({ [ATTR.openaiResponseTier]: textOf(tier), [ATTR.openaiFingerprint]: textOf(fingerprint) }));
    if (this.#usage !== undefined) facts.usage(chatUsage(this.#usage));
    if (this.#texts === undefined) return;
    const messages = this.#texts.map((text, index) => text.message(this.#finish[index]));
    facts.attributes(answerAttributes(messages));
  }

  #read(answer: Shape, part: 'delta' | 'message', call: Call): void {
    if (typeof answer.id === 'string' || typeof answer.model === 'string') this.#last = answer;
    // One server puts its usage beside the chunk's own.
    const usage = answer.usage ?? shapeOf(answer.x_groq).usage;
    if (usage !== undefined && usage !== null) this.#usage = shapeOf(usage);
    for (const [position, choice] of listOf(answer.choices).entries()) {
      const { index, finish_reason: finish, text, ...parts } = shapeOf(choice);
      const at = numberOf(index) ?? position;
      if (at >= MAX_CHOICES) continue;
      if (typeof finish === 'string') this.#finish[at] = finish;
      const said = shapeOf(parts[part]);
      call.asksFor(listOf(said.tool_calls).flatMap((asked) => textOf(shapeOf(asked).id) ?? []));
      if (this.#texts === undefined) continue;
      this.#texts[at] ??= new ChoiceText();
      this.#texts[at].add(typeof text === 'string' ? { content: text } : said);
    }
  }

  /** The conventions: `error` for a choice that did not come to its end. */
  #finishReasons(): string[] | undefined {
    if (this.#finish.every((reason) => reason === undefined)) return undefined;
    const count = Math.max(this.#choices, this.#finish.length);
    return Array.from({ length: count }, (_, index) => this.#finish[index] ?? 'error');
  }
}

/** With the names that two compatible servers have for the cache. */
function chatUsage(usage: Shape) {
  const input = shapeOf(usage.prompt_tokens_details);
  return {
    input: numberOf(usage.prompt_tokens),
    output: numberOf(usage.completion_tokens),
    cacheRead: numberOf(input.cached_tokens) ?? numberOf(usage.prompt_cache_hit_tokens),
    cacheWrite: numberOf(input.cache_write_tokens),
    reasoning: numberOf(shapeOf(usage.completion_tokens_details).reasoning_tokens),
  };
}
