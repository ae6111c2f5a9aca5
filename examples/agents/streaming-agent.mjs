// An agent on OpenAI's own client: tools, and an answer that is shown while it is written.
//
//     npx trace-analyze record -- node streaming-agent.mjs
//
// It finds that the model asks for four pages at once, and gets them one after the other.
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import { agent, session, tool } from 'trace-analyze/instrument';
import { init, shutdown } from 'trace-analyze/instrument/node';
import { traceOpenAI } from 'trace-analyze/instrument/openai';
import { startModel } from './stand-ins/model.mjs';

init({ service: 'researcher' });

const PAGES = ['history', 'climate', 'food', 'museums'];

const openai = traceOpenAI(
  new OpenAI(
    await startModel((messages) =>
      messages.some(({ role }) => role === 'tool')
        ? { text: 'Bern is old, mild in summer, known for its rösti, and has a fine museum of art.' }
        : { tools: PAGES.map((page) => ({ name: 'read_page', args: { page } })) },
    ),
  ),
);

const readPage = tool('read_page', async (/** @type {{ page: string }} */ { page }) => {
  await sleep(70);
  return `What there is to say about the ${page} of Bern.`;
});

const TOOLS = [
  /** @type {const} */ ({
    type: 'function',
    function: {
      name: 'read_page',
      description: 'A page about a city.',
      parameters: { type: 'object', properties: { page: { type: 'string' } } },
    },
  }),
];

const researcher = agent('researcher', async (/** @type {string} */ question) => {
  /** @type {OpenAI.ChatCompletionMessageParam[]} */
  const messages = [{ role: 'user', content: question }];
  for (;;) {
    const { text, calls } = await answer(messages);
    if (calls.length === 0) return text.length;
    messages.push({ role: 'assistant', content: text, tool_calls: calls });
    // The planted fault: `Promise.all` would read them at once.
    for (const { id, function: asked } of calls) {
      messages.push({ role: 'tool', tool_call_id: id, content: await readPage(JSON.parse(asked.arguments)) });
    }
  }
});

/**
 * Shows an answer as it comes, and collects it with the tools that it asks for.
 * @param {OpenAI.ChatCompletionMessageParam[]} messages
 */
async function answer(messages) {
  const stream = await openai.chat.completions.create({
    model: 'gpt-5',
    messages,
    tools: TOOLS,
    stream: true,
    stream_options: { include_usage: true },
  });
  let text = '';
  /** @type {OpenAI.ChatCompletionMessageFunctionToolCall[]} */
  const calls = [];
  for await (const { choices } of stream) {
    const delta = choices[0]?.delta;
    text += delta?.content ?? '';
    process.stdout.write(delta?.content ?? '');
    // The tools of this model come whole; others send them in pieces.
    for (const { id = '', function: asked } of delta?.tool_calls ?? []) {
      calls.push({ id, type: 'function', function: { name: asked?.name ?? '', arguments: asked?.arguments ?? '' } });
    }
  }
  return { text, calls };
}

const length = await session('question-1', () => researcher('What should I know about Bern?'));
console.log(`\n(${length} characters)`);
await shutdown();
