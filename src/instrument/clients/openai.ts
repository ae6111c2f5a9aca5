import type { Attributes } from '@opentelemetry/api';
import { withCaptureSetting } from '../content/settings.ts';
import { notice } from '../notice.ts';
import { type Interceptor, isView, type MethodTree, proxied, THROUGH_VIEW } from '../proxied.ts';
import { ATTR } from '../semconv.ts';
import { endpointOf } from './api/endpoint.ts';
import type { ClientOptions } from './api/options.ts';
import { type RequestSpec, tracedRequest } from './api/request.ts';
import { type Shape, shapeOf, textOf } from './api/shape.ts';
import { ChatReader, chatAttributes } from './openai/chat.ts';
import { EmbeddingsReader, embeddingsAttributes } from './openai/embeddings.ts';
import { ResponsesReader, responsesAttributes } from './openai/responses.ts';

export type TraceOpenAIOptions = ClientOptions;

/** What is traced of every client of OpenAI. */
const EXPECTED = ['chat.completions.create', 'responses.create', 'embeddings.create'] as const;

/**
 * A view of an OpenAI client (`OpenAI`, `AzureOpenAI` or one of the same shape) with a span for every model call: chat
 * completions, responses and embeddings, their streams and helpers. The client itself stays as it is, requests are
 * what they were, and the view behaves as the client does. Wrapping a view gives that view.
 *
 * Something of another shape is returned as it is, with one notice; so is what a client lacks.
 */
export function traceOpenAI<T extends object>(client: T, options: TraceOpenAIOptions = {}): T {
  if (typeof client !== 'object' || client === null || isView(client)) return client;
  const missing = EXPECTED.filter((path) => typeof memberOf(client, path) !== 'function');
  if (missing.length > 0) {
    notice(`traceOpenAI: the client has no ${missing.join(', no ')}; such calls are not traced`);
  }
  return missing.length === EXPECTED.length ? client : viewOf(client, options);
}

function memberOf(client: object, path: string): unknown {
  return path.split('.').reduce<unknown>((holder, key) => shapeOf(holder)[key], client);
}

function viewOf<T extends object>(client: T, options: TraceOpenAIOptions): T {
  const setting = withCaptureSetting(options);
  const request =
    (describe: Describe): Interceptor =>
    (send, args) =>
      tracedRequest(
        () => specOf(describe, shapeOf(args[0]), client, setting),
        () => send(...args),
      );
  const responses = request(describeResponse);
  const helpers = { parse: THROUGH_VIEW, stream: THROUGH_VIEW, runTools: THROUGH_VIEW } as const;
  const tree: MethodTree = {
    chat: { completions: { create: request(describeChat), ...helpers } },
    completions: { create: request(describeCompletion) },
    responses: { create: responses, compact: responses, ...helpers },
    embeddings: { create: request(describeEmbeddings) },
    beta: { chat: { completions: helpers }, responses: { create: responses, compact: responses, ...helpers } },
    withOptions: (call, args) => traceOpenAI(call(...args) as object, options),
  };
  return proxied(client, tree);
}

/** What differs from one kind of request to another. */
type Described = Pick<RequestSpec, 'kind' | 'name' | 'reader'> & { readonly attributes: Attributes };
type Describe = (body: Shape, options: TraceOpenAIOptions) => Described;

function specOf(describe: Describe, body: Shape, client: object, options: TraceOpenAIOptions): RequestSpec {
  const { attributes, ...what } = describe(body, options);
  const { server, provider } = endpointOf(client);
  const model = textOf(body.model);
  return {
    ...what,
    args: [body],
    options: {
      ...(model === undefined ? {} : { model }),
      ...(server === undefined ? {} : { server }),
      provider: options.provider ?? provider ?? (isAzure(client) ? 'azure.ai.openai' : 'openai'),
      redact: options.redact,
      attributes: { ...attributes, ...options.attributes },
    },
  };
}

/** Also behind a gateway with a name of its own. */
function isAzure(client: object): boolean {
  return 'deploymentName' in client && typeof shapeOf(client).apiVersion === 'string';
}

const describeChat: Describe = (body, options) => ({
  kind: 'llm',
  name: 'chat',
  attributes: { [ATTR.openaiApi]: 'chat_completions', ...chatAttributes(body, options) },
  reader: new ChatReader(body, options),
});

const describeCompletion: Describe = (body, options) => ({
  kind: 'llm',
  name: 'text_completion',
  attributes: chatAttributes(body, options),
  reader: new ChatReader(body, options),
});

const describeResponse: Describe = (body, options) => ({
  kind: 'llm',
  name: 'chat',
  attributes: responsesAttributes(body, options),
  reader: new ResponsesReader(options),
});

const describeEmbeddings: Describe = (body) => ({
  kind: 'embedding',
  name: 'embeddings',
  attributes: embeddingsAttributes(body),
  reader: new EmbeddingsReader(),
});
