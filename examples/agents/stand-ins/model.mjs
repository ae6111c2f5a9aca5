// A stand-in for a model's vendor, on this machine: the part of OpenAI's chat API that the examples use, plain and as a
// stream. It needs no key and no network; what it says is scripted by each example.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long the model thinks before its first token, and for each further one. */
const FIRST_TOKEN_MS = 80;
const TOKEN_MS = 5;

/**
 * What the model says next: a text, or the tools that it wants.
 * @typedef {{ text?: string, tools?: { name: string, args: object }[] }} Turn
 * @typedef {{ role: string, content: unknown, tool_calls?: unknown[] }} Message
 */

/**
 * Starts it. `script` is asked for every turn, with the messages so far. What it returns is for an OpenAI client; the
 * process may end while it runs.
 * @param {(messages: Message[]) => Turn} script
 */
export async function startModel(script) {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    const { model, messages, stream } = JSON.parse(body);
    const turn = script(messages);
    await sleep(FIRST_TOKEN_MS);
    await (stream ? streamed : whole)(response, model, turn, messages.length);
  });
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'none-needed' };
}

/** @typedef {import('node:http').ServerResponse} Response */

/** @type {(response: Response, model: string, turn: Turn, count: number) => Promise<void>} */
async function whole(response, model, turn, count) {
  const words = wordsOf(turn);
  await sleep(TOKEN_MS * words.length);
  const message = { role: 'assistant', content: turn.text ?? null, tool_calls: toolCalls(turn, count) };
  const choice = { index: 0, message, finish_reason: finishOf(turn) };
  response.setHeader('content-type', 'application/json');
  const object = 'chat.completion';
  response.end(JSON.stringify({ ...facts(model, count), object, choices: [choice], usage: usageOf(words, count) }));
}

/** @type {(response: Response, model: string, turn: Turn, count: number) => Promise<void>} */
async function streamed(response, model, turn, count) {
  const words = wordsOf(turn);
  response.setHeader('content-type', 'text/event-stream');
  /** @type {(fields: object) => boolean} */
  const write = (fields) =>
    response.write(
      `data: ${JSON.stringify({ ...facts(model, count), object: 'chat.completion.chunk', ...fields })}\n\n`,
    );
  /** @type {(delta: object, finish_reason?: string | null) => boolean} */
  const piece = (delta, finish_reason = null) => write({ choices: [{ index: 0, delta, finish_reason }] });
  piece({ role: 'assistant', content: '' });
  for (const content of words) {
    await sleep(TOKEN_MS);
    piece({ content });
  }
  const calls = toolCalls(turn, count);
  if (calls !== undefined) piece({ tool_calls: calls.map((call, index) => ({ index, ...call })) });
  piece({}, finishOf(turn));
  write({ choices: [], usage: usageOf(words, count) });
  response.end('data: [DONE]\n\n');
}

/** @type {(model: string, count: number) => object} */
const facts = (model, count) => ({ id: `chatcmpl-${count}`, created: 1_800_000_000, model: `${model}-2026-11-01` });

/** @type {(turn: Turn) => string[]} */
const wordsOf = ({ text = '' }) => text.match(/\S+\s*/g) ?? [];

/** @type {(turn: Turn) => string} */
const finishOf = ({ tools }) => (tools === undefined ? 'stop' : 'tool_calls');

/** @type {(turn: Turn, count: number) => object[] | undefined} */
const toolCalls = ({ tools }, count) =>
  tools?.map(({ name, args }, i) => ({
    id: `call_${count}_${i}`,
    type: 'function',
    function: { name, arguments: JSON.stringify(args) },
  }));

/** @type {(words: string[], count: number) => object} */
function usageOf(words, count) {
  const prompt_tokens = 50 * count;
  const completion_tokens = words.length + 10;
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}
