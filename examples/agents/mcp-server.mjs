// The tools of mcp-agent.mjs: an MCP server over its standard streams, started by the agent.
import { setTimeout as sleep } from 'node:timers/promises';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { step } from 'trace-analyze/instrument';
import { traceMcp } from 'trace-analyze/instrument/mcp';
import { init } from 'trace-analyze/instrument/node';
import { z } from 'zod';

init({ service: 'weather-server' });

const readSatellite = step('read satellite', async (/** @type {string} */ city) => {
  await sleep(60);
  return city === 'Rome' ? 'sun' : 'rain';
});

const server = new McpServer({ name: 'weather', version: '1.0.0' });
server.registerTool(
  'get_weather',
  { description: 'The weather of a city, now.', inputSchema: { city: z.string() } },
  async ({ city }) => ({ content: [{ type: 'text', text: await readSatellite(city) }] }),
);
await server.connect(traceMcp(new StdioServerTransport()));
