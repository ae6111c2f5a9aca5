import { context, propagation } from '@opentelemetry/api';
import { traceMcp } from '../../../../../src/instrument/clients/mcp.ts';
import { init, shutdown } from '../../../../../src/instrument/node/index.ts';
import { loadSdk } from '../sdk.ts';

/** A server in a process of its own, over its standard streams: `node server.js <load.mjs> <URL that its tool asks>`. */
const [load, url] = process.argv.slice(2);
init({ service: 'tools' });
const sdk = await loadSdk({ load: () => import(load!) });
const server = sdk.newServer();
server.registerTool('fetches', {}, async () => {
  const headers = {};
  propagation.inject(context.active(), headers);
  const text = await (await fetch(url!, { headers })).text();
  return { content: [{ type: 'text', text }] };
});
server.registerTool('dies', {}, () => process.kill(process.pid, 'SIGKILL'));
// Some clients end their servers like this.
process.on('SIGTERM', () => void shutdown().then(() => process.exit()));
await server.connect(traceMcp(new sdk.StdioServerTransport()));
