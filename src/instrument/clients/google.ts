import { withCaptureSetting } from '../content/settings.ts';
import { notice } from '../notice.ts';
import type { CallSpec } from '../open-call.ts';
import { telemetryFailed } from '../telemetry-errors.ts';
import { hook } from '../watch.ts';
import { isAsyncIterable, tracedAnswer } from './api/answer.ts';
import type { ClientOptions } from './api/options.ts';
import { type Shape, shapeOf, textOf } from './api/shape.ts';
import { AnswerReader, generateAttributes } from './google/answer.ts';
import { EmbeddingsReader, embedAttributes } from './google/embeddings.ts';
import { modelName, serverOf } from './google/request.ts';

export type TraceGoogleOptions = ClientOptions;

/** Where `generateContent`, chats, automatic function calls and their streams all send their requests. */
const REQUESTS = ['generateContentInternal', 'generateContentStreamInternal', 'embedContentInternal'] as const;
type Request = (typeof REQUESTS)[number];

const TRACED = Symbol.for('trace-analyze.google');

/**
 * Gives every request of a `GoogleGenAI` client to a model a span: content (plain and as a stream, also what chats and
 * automatic function calls send) and embeddings. Returns the same client; doing it again changes nothing.
 *
 * Something of another shape is left as it is, with one notice; so is what a client lacks.
 */
export function traceGoogle<T extends object>(client: T, options: TraceGoogleOptions = {}): T {
  try {
    const models = shapeOf(shapeOf(client).models) as Shape & { [TRACED]?: true };
    if (models[TRACED] === true) return client;
    const missing = REQUESTS.filter((name) => typeof models[name] !== 'function');
    if (missing.length > 0) {
      notice(`traceGoogle: the client's models have no ${missing.join(', no ')}; such calls are not traced`);
    }
    if (missing.length === REQUESTS.length) return client;
    Object.defineProperty(models, TRACED, { value: true });
    const setting = withCaptureSetting(options);
    for (const name of REQUESTS) hookRequest(client, models, name, setting);
  } catch (error) {
    telemetryFailed(error);
    notice('traceGoogle: the client refuses to be traced');
  }
  return client;
}

function hookRequest(client: object, models: object, name: Request, options: TraceGoogleOptions): void {
  hook(
    models,
    name,
    (original) =>
      function (this: unknown, ...args) {
        return tracedAnswer(
          () => specOf(name, shapeOf(args[0]), client, options),
          () => Reflect.apply(original, this, args),
          { streamOf: (value) => (isAsyncIterable(value) ? value : undefined) },
        );
      },
  );
}

function specOf(name: Request, params: Shape, client: object, options: TraceGoogleOptions): CallSpec {
  const isEmbedding = name === 'embedContentInternal';
  const model = modelName(textOf(params.model));
  const server = serverOf(params, client);
  const attributes = isEmbedding
    ? embedAttributes(params)
    : generateAttributes(params, name.includes('Stream'), options);
  return {
    kind: isEmbedding ? 'embedding' : 'llm',
    name: isEmbedding ? 'embeddings' : 'generate_content',
    args: [params],
    options: {
      ...(model === undefined ? {} : { model }),
      ...(server === undefined ? {} : { server }),
      provider: options.provider ?? (shapeOf(client).vertexai === true ? 'gcp.vertex_ai' : 'gcp.gemini'),
      redact: options.redact,
      attributes: { ...attributes, ...options.attributes },
    },
    reader: isEmbedding ? new EmbeddingsReader() : new AnswerReader(options),
  };
}
