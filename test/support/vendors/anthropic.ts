import { type Answer, turnOf } from './anthropic/answer.ts';
import { message, messageEvents } from './anthropic/messages.ts';
import { type ReceivedRequest, type Reply, startVendor, type Vendor } from './vendor.ts';

export type { Answer } from './anthropic/answer.ts';
export { type ReceivedRequest, SLOW_MS } from './vendor.ts';

export interface FakeAnthropicOptions {
  /** What to say to this request; undefined, or any part of the answer left out: the default. */
  readonly answer?: (request: ReceivedRequest) => Answer | undefined;
}

/**
 * Anthropic's API over real HTTP and SSE: `/v1/messages` (plain and streams, tools, thinking),
 * `/v1/messages/count_tokens`, `/v1/models`. `origin` is what clients take as `baseURL`. No key is asked for.
 *
 * By default the model answers `This is an answer.`; where tools are offered, it asks for the first one with input `{}`
 * and answers once the last message has a tool's result. Ids: `toolu_<turn>_<number>`, both from 1. `answer` scripts it.
 * Usage is always 6 tokens in, 3 read from and 2 written to the cache beside them, and 4 out. The model that answers is
 * the one asked for and `-20261101`.
 *
 * Faults go by words behind a colon in the model's name, or by `answer(…).faults`: `claude-fake:529` (any status),
 * `:once-529` (the first time only), `:hang`, `:die` (connection lost after two events), `:error` (an error event after
 * two), `:slow` (first byte after 70 ms), `:long` (200 pieces of text, 5 ms apart). Words combine.
 */
export async function startAnthropic({ answer = () => undefined }: FakeAnthropicOptions = {}): Promise<Vendor> {
  return await startVendor(async (request, reply) => handle(request, reply, answer));
}

async function handle(
  request: ReceivedRequest,
  reply: Reply,
  answer: (request: ReceivedRequest) => Answer | undefined,
): Promise<void> {
  const path = request.path.split('?')[0]!;
  if (request.method === 'GET' && path.endsWith('/v1/models')) return reply.json(MODELS);
  if (request.method !== 'POST') return reply.json(errorBody(404), 404);
  const turn = turnOf(request, answer);
  const { faults, body } = turn;
  if (faults.status !== undefined && reply.isDue(faults, `${path} ${String(body.model)}`)) {
    return reply.json(errorBody(faults.status), faults.status, faults.status === 429 ? { 'retry-after-ms': '20' } : {});
  }
  if (path.endsWith('/v1/messages/count_tokens')) return reply.answer({ input_tokens: 11 }, faults);
  if (!path.endsWith('/v1/messages')) return reply.json(errorBody(404), 404);
  if (body.stream !== true) return reply.answer(message(turn), faults);
  await reply.stream(messageEvents(turn), faults, { event: 'error', data: errorBody(529) });
}

const MODELS = {
  data: [{ type: 'model', id: 'claude-fake', display_name: 'Claude Fake', created_at: '2026-11-01T00:00:00Z' }],
  has_more: false,
  first_id: 'claude-fake',
  last_id: 'claude-fake',
};

const ERRORS: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
  529: 'overloaded_error',
};

function errorBody(status: number): unknown {
  const error = { type: ERRORS[status] ?? 'api_error', message: 'It did not work out.' };
  return { type: 'error', error, request_id: 'req_fake' };
}
