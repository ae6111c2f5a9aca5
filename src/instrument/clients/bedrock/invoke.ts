import type { Attributes } from '@opentelemetry/api';
import type { Call, CallReader } from '../../call.ts';
import { captureJson } from '../../capture.ts';
import { factsOf } from '../../current.ts';
import { ATTR } from '../../semconv.ts';
import type { ClientOptions } from '../api/options.ts';
import { known, numberOf, type Shape, shapeOf, textOf } from '../api/shape.ts';
import { ModelFacts, toolIdsOf } from './model-formats.ts';
import type { Describe } from './request.ts';

/** Bodies beyond this (characters, bytes) are not looked into: vectors, images. */
const MAX_BODY = 1_000_000;

/** `InvokeModel` and its stream: every family of models has a format of its own. */
export const describeInvoke: Describe = (input, isStream, options) => {
  const body = shapeOf(jsonOf(input.body));
  const isEmbedding = /(^|[.:/-])embed(dings)?\b/.test(textOf(input.modelId) ?? '');
  return {
    kind: isEmbedding ? 'embedding' : 'llm',
    name: isEmbedding ? 'embeddings' : Array.isArray(body.messages) ? 'chat' : 'text_completion',
    attributes: isEmbedding ? embedAttributes(body) : bodyAttributes(body, isStream, options),
    reader: new InvokeReader(isStream, isEmbedding, options),
  };
};

/** Titan embeds one text for a request, Cohere a list. */
function embedAttributes({ texts, dimensions, output_dimension: size }: Shape): Attributes {
  return known<Attributes[string]>({
    [ATTR.batchSize]: Array.isArray(texts) ? texts.length : 1,
    [ATTR.dimensions]: numberOf(dimensions) ?? numberOf(size),
  });
}

function bodyAttributes(body: Shape, isStream: boolean, options: ClientOptions): Attributes {
  const config = { ...body, ...shapeOf(body.textGenerationConfig), ...shapeOf(body.inferenceConfig) } as Shape;
  const stops = config.stop_sequences ?? config.stopSequences;
  return known<Attributes[string]>({
    [ATTR.requestStream]: isStream ? true : undefined,
    [ATTR.maxTokens]:
      numberOf(config.max_tokens) ??
      numberOf(config.maxTokens) ??
      numberOf(config.max_gen_len) ??
      numberOf(config.maxTokenCount),
    [ATTR.temperature]: numberOf(config.temperature),
    [ATTR.topP]: numberOf(config.top_p) ?? numberOf(config.topP),
    [ATTR.topK]: numberOf(config.top_k) ?? numberOf(config.topK),
    [ATTR.stopSequences]: Array.isArray(stops) ? stops.map(String) : undefined,
    [ATTR.inputValue]: options.captureInput === true ? captureJson(body) : undefined,
  });
}

/** The service tells the tokens of any model: in headers, and beside the last piece of a stream. */
const HEADERS = {
  inputTokens: 'x-amzn-bedrock-input-token-count',
  outputTokens: 'x-amzn-bedrock-output-token-count',
  cacheReadInputTokens: 'x-amzn-bedrock-cache-read-input-token-count',
  cacheWriteInputTokens: 'x-amzn-bedrock-cache-write-input-token-count',
};

class InvokeReader implements CallReader {
  readonly #facts = new ModelFacts();
  readonly #isStream: boolean;
  readonly #isEmbedding: boolean;
  readonly #captures: boolean;
  #sawChunk = false;

  constructor(isStream: boolean, isEmbedding: boolean, options: ClientOptions) {
    this.#isStream = isStream;
    this.#isEmbedding = isEmbedding;
    this.#captures = options.captureOutput === true && !isEmbedding;
  }

  result(value: unknown, call: Call): void {
    const { response, output } = shapeOf(value);
    const headers = shapeOf(shapeOf(response).headers);
    const counts = Object.entries(HEADERS).map(([key, name]) => [key, numberOf(Number(headers[name] ?? Number.NaN))]);
    this.#facts.counted(known<number>(Object.fromEntries(counts)));
    const body = shapeOf(jsonOf(shapeOf(output).body));
    this.#read(body, call);
    if (this.#captures) call.tell((span) => span.setAttribute(ATTR.outputValue, captureJson(body)));
  }

  chunk(event: unknown, call: Call): void {
    this.#sawChunk = true;
    const piece = shapeOf(jsonOf(shapeOf(shapeOf(event).chunk).bytes));
    this.#read(piece, call);
  }

  ending(call: Call): void {
    const { id, model, finish, usage } = this.#facts;
    const facts = factsOf(call);
    facts.usage(usage);
    if (this.#isEmbedding) return;
    const finishReason = finish ?? (this.#isStream && this.#sawChunk ? 'error' : undefined);
    facts.response({ id, model, ...(finishReason === undefined ? {} : { finishReasons: [finishReason] }) });
  }

  #read(body: Shape, call: Call): void {
    this.#facts.read(body);
    call.asksFor(toolIdsOf(body));
  }
}

/** A body is JSON as text or as bytes, for all models that are known. */
function jsonOf(body: unknown): unknown {
  const size = typeof body === 'string' ? body.length : body instanceof Uint8Array ? body.byteLength : undefined;
  if (size === undefined || size > MAX_BODY) return undefined;
  try {
    return JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body as Uint8Array));
  } catch {
    return undefined;
  }
}
