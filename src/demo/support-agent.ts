import { createInterface } from 'node:readline';
import { agent, current, llm, retrieval, step, tool } from '../instrument/index.ts';
import { call, callJson, type DatabaseClient } from './clients.ts';
import type { LocalServer } from './local-server.ts';
import type { Message, ModelAnswer, ToolCall } from './model-vendor.ts';
import { PLANTED } from './planted.ts';
import type { SearchHit } from './search-vendor.ts';

export interface Vendors {
  readonly model: LocalServer;
  readonly search: LocalServer;
  readonly database: DatabaseClient;
}

/** Answers a customer's question; `region` is where the search vendor serves it from. */
export type SupportAgent = (question: string, region: 'near' | 'far') => Promise<string>;

type Tools = Readonly<Record<string, (input: ToolCall['input'], region: 'near' | 'far') => Promise<string>>>;

/**
 * An agent as they are written: the model is asked what to do, its tool calls are run, until it knows enough; then the
 * answer is streamed. All spans come from wrapping the functions below.
 */
export function supportAgent(vendors: Vendors): SupportAgent {
  const { ask, answer } = modelOf(vendors.model);
  const tools = toolsOf(vendors);
  return agent('support-agent', async (question, region) => {
    const messages: Message[] = [{ role: 'user', content: question }];
    for (;;) {
      const { toolCalls } = await ask(messages);
      if (toolCalls.length === 0) break;
      messages.push({ role: 'assistant', content: JSON.stringify(toolCalls) });
      // Planted: what the model asked for at once is run in turn.
      for (const { id, name, input } of toolCalls) {
        const content = await tools[name]!({ ...input, id }, region);
        messages.push({ role: 'tool', content });
      }
    }
    let text = '';
    for await (const piece of answer(messages)) text += piece;
    return text;
  });
}

function modelOf(server: LocalServer) {
  const options = { model: 'demo-large', provider: 'model-vendor', server };
  const ask = llm('chat', options, async (messages: readonly Message[]) => {
    const answer = await callJson<ModelAnswer>(server, '/v1/chat', { messages });
    const { id, model, finishReason, usage } = answer;
    current()
      .response({ id, model, finishReasons: [finishReason] })
      .usage(usage);
    return answer;
  });
  const answer = llm('chat', options, async function* (messages: readonly Message[]) {
    const body = await call(server, '/v1/chat', { messages, stream: true });
    for await (const line of createInterface({ input: body })) {
      const { text, usage, finishReason } = JSON.parse(line);
      if (text !== undefined) yield text as string;
      else
        current()
          .response({ finishReasons: [finishReason] })
          .usage(usage);
    }
  });
  return { ask, answer };
}

function toolsOf({ search, database }: Vendors): Tools {
  const lookUp = (name: string, sql: string) =>
    tool(name, async (input: ToolCall['input']) => {
      asked(input);
      const rows = await database.query(sql, String(input.customer));
      return JSON.stringify(rows);
    });
  return {
    get_customer: lookUp('get_customer', 'SELECT name, country FROM customers WHERE id = $1'),
    get_return_policy: lookUp('get_return_policy', 'SELECT text FROM policies WHERE customer_id = $1'),
    research: researchOf(search),
    list_orders: tool('list_orders', async (input: ToolCall['input']) => {
      asked(input);
      const orders = await database.query('SELECT id FROM orders WHERE customer_id = $1', String(input.customer));
      const items: unknown[] = [];
      // Planted: a query for each order, where one with a join would do.
      for (const { id } of orders) items.push(...(await database.query(PLANTED.itemQuery, String(id))));
      return JSON.stringify(items);
    }),
  };
}

/** A loop of searching and reading. */
function researchOf(server: LocalServer): Tools[string] {
  const searchWeb = retrieval('web', { server }, async (round: number, question: string, region: string) => {
    const query = new URLSearchParams({ q: question, round: String(round), region });
    return (await callJson<{ hits: SearchHit[] }>(server, `/search?${query}`)).hits;
  });
  const options = { remote: true, server, captureInput: true };
  const fetchPage = tool(PLANTED.pageTool, options, (page: string) => callJson<object>(server, `/pages/${page}`));
  const rank = step('rank', (hits: readonly SearchHit[]) => [...hits].sort((a, b) => (a.page < b.page ? -1 : 1)));
  return tool('research', async (input, region) => {
    asked(input);
    const hits: SearchHit[] = [];
    for (let round = 0; round < PLANTED.searches; round++) {
      hits.push(...(await searchWeb(round, `${input.question}`, region)));
    }
    const pages: object[] = [];
    // Planted: a call for each page, one after another.
    for (const { page } of rank(hits)) pages.push(await fetchPage(page));
    return JSON.stringify(pages);
  });
}

/** Which of the model's requests a tool call answers. */
function asked({ id }: ToolCall['input']): void {
  current().attributes({ 'gen_ai.tool.call.id': String(id) });
}
