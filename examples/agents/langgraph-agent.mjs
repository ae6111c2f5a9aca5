// An agent built with LangGraph. Its model, its tools and its turns are traced by a callback handler; nothing else of it
// changes.
//
//     npx trace-analyze record -- node langgraph-agent.mjs
//
// It finds that the prices are looked up one by one.
import { setTimeout as sleep } from 'node:timers/promises';
import { tool } from '@langchain/core/tools';
import { createReactAgent } from '@langchain/langgraph/prebuilt';
import { ChatOpenAI } from '@langchain/openai';
import { agent, session } from 'trace-analyze/instrument';
import { langchainHandler } from 'trace-analyze/instrument/langchain';
import { init, shutdown } from 'trace-analyze/instrument/node';
import { z } from 'zod';
import { startModel } from './stand-ins/model.mjs';

init({ service: 'shopper' });

const ITEMS = ['tea', 'bread', 'cheese', 'apples'];

const { baseURL, apiKey } = await startModel((messages) => {
  const item = ITEMS[messages.filter(({ role }) => role === 'tool').length];
  return item === undefined
    ? { text: 'All of it comes to 17 francs.' }
    : { tools: [{ name: 'get_price', args: { item } }] };
});

const getPrice = tool(
  async ({ item }) => {
    await sleep(50);
    return item.length;
  },
  { name: 'get_price', description: 'What an item costs, in francs.', schema: z.object({ item: z.string() }) },
);

const graph = createReactAgent({
  llm: new ChatOpenAI({ model: 'gpt-5', apiKey, configuration: { baseURL } }),
  tools: [getPrice],
});

const shopper = agent('shopper', async (/** @type {string} */ wish) => {
  const { messages } = await graph.invoke({ messages: [wish] }, { callbacks: [langchainHandler()] });
  return messages.at(-1)?.content;
});

console.log(await session('basket-9', () => shopper(`What do ${ITEMS.join(', ')} cost?`)));
await shutdown();
