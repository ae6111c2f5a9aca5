import { fileURLToPath } from 'node:url';
import { traceMcp } from '../../../../../src/instrument/clients/mcp.ts';
import { agent, session } from '../../../../../src/instrument/index.ts';
import { init, shutdown } from '../../../../../src/instrument/node/index.ts';
import { loadSdk } from '../sdk.ts';

/** An agent that asks a server in a process of its own: `node host.js <load.mjs> <URL for the server> [how it ends]`. */
const [load, url, ending] = process.argv.slice(2);
init({ service: 'host' });
const sdk = await loadSdk({ load: () => import(load!) });
const client = sdk.newClient();
const transport = new sdk.StdioClientTransport({
  command: process.execPath,
  args: [fileURLToPath(new URL('./server.js', import.meta.url)), load, url],
  env: process.env,
});
await client.connect(traceMcp(transport));
const answer = await session('conv-7', () =>
  agent('host', async () => {
    if (ending === 'host leaves') {
      setTimeout(() => process.exit(), 50);
      // Not for longer: the server ends after that, and not when its client does.
      return sdk.callTool(client, 'waits', { a: 1000 }).then(String);
    }
    if (ending !== 'server dies') return (await sdk.callTool(client, 'fetches')).content[0]?.text;
    return sdk.callTool(client, 'dies').then(String, (error: Error) => error.message);
  })(),
);
await client.close();
await shutdown();
// Release 1.12 leaves the timers of requests running that were open when it was closed.
process.stdout.write(JSON.stringify(answer), () => process.exit());
