import { type Answer, type Turn, turnOf } from './openai/answer.ts';
import { chatChunks, chatCompletion, textCompletion } from './openai/chat.ts';
import { compaction, response, responseEvents } from './openai/responses.ts';
import { type ReceivedRequest, type Reply, startVendor, type Vendor } from './vendor.ts';

export type { Answer } from './openai/answer.ts';
export { type ReceivedRequest, SLOW_MS } from './vendor.ts';

export interface FakeOpenAI extends Vendor {
  /** For clients' `baseURL`: with `/v1`, without a slash at its end. */
  readonly baseURL: string;
}

export interface FakeOpenAIOptions {
  /** What to say to this request; undefined, or any part of the answer left out: the default. */
  readonly answer?: (request: ReceivedRequest) => Answer | undefined;
}

/**
 * OpenAI's API over real HTTP and SSE: `/chat/completions` and `/responses` (plain and streams, tools, structured
 * output), `/responses/compact`, `/completions`, `/embeddings`, `/models`, below any base path (Azure's, too). No key is asked for.
 *
 * By default the model answers `This is an answer.` (`{"answer":42}` where JSON is asked for). Where tools are offered,
 * it asks for the first one with arguments `{}` (for all of them with `parallel_tool_calls: true`), and answers once the
 * last message is a tool's result. Ids: `call_<turn>_<number>`, both from 1. `answer` scripts all of this.
 *
 * Usage is always 11 tokens in (5 cached) and 4 out (2 reasoning); a chat's stream has it only where the request says
 * `stream_options.include_usage`. The model that answers is the one asked for and `-2026-11-01`.
 *
 * Faults go by words behind a colon in the model's name, or by `answer(…).faults`:
 * `gpt-fake:500` (any status; 429 has `retry-after-ms: 20`, 400 has a code), `:once-500` (the first time only),
 * `:hang`, `:die` (connection lost after two events), `:error` (an error event after two), `:slow` (first byte after 70
 * ms), `:long` (200 pieces of text, 5 ms apart). Words combine: `gpt-fake:slow-die`.
 */
export async function startOpenAI({ answer = () => undefined }: FakeOpenAIOptions = {}): Promise<FakeOpenAI> {
  const vendor = await startVendor((request, reply) => handle(request, reply, answer));
  return { ...vendor, baseURL: `${vendor.origin}/v1` };
}

async function handle(
  request: ReceivedRequest,
  reply: Reply,
  answer: (request: ReceivedRequest) => Answer | undefined,
): Promise<void> {
  const path = request.path.split('?')[0]!;
  if (request.method === 'GET' && path.endsWith('/models')) return reply.json({ object: 'list', data: MODELS });
  const route = ROUTES.find(([suffix]) => request.method === 'POST' && path.endsWith(suffix));
  if (route === undefined) return reply.json(errorBody(404, `Unknown request URL: ${request.method} ${path}`), 404);
  const turn = turnOf(request, answer);
  const { status } = turn.faults;
  if (status !== undefined && reply.isDue(turn.faults, `${path} ${String(turn.body.model)}`)) {
    return reply.json(errorBody(status, 'It did not work out.'), status, status === 429 ? RETRY_AFTER : {});
  }
  await route[1](turn, reply);
}

const RETRY_AFTER = { 'retry-after-ms': '20', 'retry-after': '1' };

const MODELS = [{ id: 'gpt-fake', object: 'model', created: 1_800_000_000, owned_by: 'fake' }];

const ERRORS: Readonly<Record<number, readonly [type: string, code: string | null]>> = {
  400: ['invalid_request_error', 'context_length_exceeded'],
  401: ['invalid_request_error', 'invalid_api_key'],
  404: ['invalid_request_error', 'model_not_found'],
  429: ['requests', 'rate_limit_exceeded'],
};

function errorBody(status: number, message: string): unknown {
  const [type, code] = ERRORS[status] ?? ['server_error', null];
  return { error: { message, type, param: null, code } };
}

const ROUTES: readonly (readonly [suffix: string, (turn: Turn, reply: Reply) => Promise<void>])[] = [
  [
    '/chat/completions',
    (turn, reply) => {
      if (turn.body.stream !== true) return reply.answer(chatCompletion(turn), turn.faults);
      return reply.stream(chatChunks(turn), turn.faults, { data: errorBody(500, 'The model stopped.') });
    },
  ],
  [
    '/responses',
    (turn, reply) => {
      if (turn.body.stream !== true) return reply.answer(response(turn), turn.faults);
      const failure = {
        type: 'error',
        sequence_number: 2,
        code: 'server_error',
        message: 'The model stopped.',
        param: null,
      };
      return reply.stream(responseEvents(turn), turn.faults, { event: 'error', data: failure });
    },
  ],
  ['/responses/compact', (turn, reply) => reply.answer(compaction(), turn.faults)],
  ['/completions', (turn, reply) => reply.answer(textCompletion(turn), turn.faults)],
  ['/embeddings', (turn, reply) => reply.answer(embeddings(turn), turn.faults)],
];

/** Vectors of three numbers, as base64 where that is asked for. */
function embeddings({ body, model }: Turn): unknown {
  const inputs = Array.isArray(body.input) && typeof body.input[0] !== 'number' ? body.input : [body.input];
  const vector = (index: number) => [index + 0.5, index + 0.25, index + 0.125];
  const encoded = (index: number) => Buffer.from(new Float32Array(vector(index)).buffer).toString('base64');
  const data = inputs.map((_, index) => ({
    object: 'embedding',
    index,
    embedding: body.encoding_format === 'base64' ? encoded(index) : vector(index),
  }));
  return { object: 'list', data, model, usage: { prompt_tokens: 7, total_tokens: 7 } };
}
