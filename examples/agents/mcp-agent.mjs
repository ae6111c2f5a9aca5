// An agent whose tools are on an MCP server, a process of its own (mcp-server.mjs). Both are traced, and what the server
// does is part of the agent's trace: trace context goes along in the protocol's `_meta`.
//
//     npx trace-analyze record -- node mcp-agent.mjs
//
// It finds that the server is asked for the weather city by city, and shows what it takes to start it.
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import OpenAI from 'openai';
import { agent, session } from 'trace-analyze/instrument';
import { traceMcp } from 'trace-analyze/instrument/mcp';
import { init, shutdown } from 'trace-analyze/instrument/node';
import { traceOpenAI } from 'trace-analyze/instrument/openai';
import { startModel } from './stand-ins/model.mjs';

init({ service: 'weather-agent' });

const CITIES = ['Paris', 'Rome', 'Oslo', 'Bern'];

const openai = traceOpenAI(
  new OpenAI(
    await startModel((messages) => {
      const city = CITIES[messages.filter(({ role }) => role === 'tool').length];
      return city === undefined
        ? { text: 'Go to Rome: it is the only one with sun.' }
        : { tools: [{ name: 'get_weather', args: { city } }] };
    }),
  ),
);

const mcp = new Client({ name: 'weather-agent', version: '1.0.0' });
const server = fileURLToPath(new URL('./mcp-server.mjs', import.meta.url));
const env = /** @type {Record<string, string>} */ (process.env);
const transport = traceMcp(new StdioClientTransport({ command: process.execPath, args: [server], env }));

const traveller = agent('traveller', async (/** @type {string} */ wish) => {
  await mcp.connect(transport);
  const offered = (await mcp.listTools()).tools;
  /** @type {OpenAI.ChatCompletionFunctionTool[]} */
  const tools = offered.map(({ name, inputSchema: parameters }) => ({
    type: 'function',
    function: { name, parameters },
  }));
  /** @type {OpenAI.ChatCompletionMessageParam[]} */
  const messages = [{ role: 'user', content: wish }];
  for (;;) {
    const { choices } = await openai.chat.completions.create({ model: 'gpt-5', messages, tools });
    const { message } = /** @type {OpenAI.ChatCompletion.Choice} */ (choices[0]);
    messages.push(message);
    if (message.tool_calls === undefined) return message.content;
    for (const call of message.tool_calls) {
      if (call.type !== 'function') continue;
      const { name, arguments: json } = call.function;
      // The planted fault: a tool for one city, so the model asks city by city.
      const result = await mcp.callTool({ name, arguments: JSON.parse(json) });
      messages.push({ role: 'tool', tool_call_id: call.id, content: JSON.stringify(result.content) });
    }
  }
});

console.log(await session('trip-3', () => traveller('Somewhere sunny, please.')));
await mcp.close();
await shutdown();
