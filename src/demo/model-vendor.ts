import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LocalServer, startHttpServer } from './local-server.ts';
import { PLANTED } from './planted.ts';

export interface Message {
  readonly role: 'user' | 'assistant' | 'tool';
  readonly content: string;
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** What the vendor answers a request without `stream`. */
export interface ModelAnswer {
  readonly id: string;
  readonly model: string;
  readonly toolCalls: readonly ToolCall[];
  readonly finishReason: 'stop' | 'tool_calls';
  readonly usage: { readonly input: number; readonly output: number; readonly cacheRead: number };
}

interface ModelRequest {
  readonly messages: readonly Message[];
  readonly stream?: boolean;
}

/** A model that follows a script: what it asks for depends on how far the conversation is. */
export function startModelVendor(): Promise<LocalServer> {
  return startHttpServer(PLANTED.modelVendor, async (_request, response, body) => {
    const { messages, stream } = JSON.parse(body) as ModelRequest;
    if (stream === true) return streamAnswer(response);
    await sleep(PLANTED.modelMs);
    const answer = answerTo(messages);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
}

function answerTo(messages: readonly Message[]): ModelAnswer {
  const turn = messages.filter(({ role }) => role === 'assistant').length;
  const toolCalls = SCRIPT[turn] ?? [];
  return {
    id: `resp-${turn}`,
    model: 'demo-large-2026-01',
    toolCalls,
    finishReason: toolCalls.length > 0 ? 'tool_calls' : 'stop',
    usage: { input: 900 + 400 * turn, output: 40, cacheRead: turn === 0 ? 0 : 800 },
  };
}

/** Tool calls by turn. */
const SCRIPT: readonly (readonly ToolCall[])[] = [
  PLANTED.serialTools.map((name, i) => ({ id: `call-0-${i}`, name, input: { customer: 'c-17' } })),
  [{ id: 'call-1-0', name: 'research', input: { question: 'how are returns of opened parcels handled?' } }],
  [{ id: 'call-2-0', name: 'list_orders', input: { customer: 'c-17' } }],
];

async function streamAnswer(response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  await sleep(PLANTED.firstChunkMs);
  for (let i = 0; i < PLANTED.chunks; i++) {
    if (i > 0) await sleep(PLANTED.chunkMs);
    response.write(`${JSON.stringify({ text: `part ${i} ` })}\n`);
  }
  response.end(`${JSON.stringify({ usage: { input: 2400, output: 120, cacheRead: 1600 }, finishReason: 'stop' })}\n`);
}
