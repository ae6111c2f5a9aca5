import { session } from '../instrument/index.ts';
import { init, shutdown, stats } from '../instrument/node/index.ts';
import { connectDatabase } from './clients.ts';
import { startDatabase } from './database.ts';
import { startModelVendor } from './model-vendor.ts';
import { PLANTED } from './planted.ts';
import { startSearchVendor } from './search-vendor.ts';
import { supportAgent } from './support-agent.ts';

/** Apart, so that runs do not all wake up for the same timer. */
const STAGGER_MS = 25;

/**
 * The demo's agent with its vendors, run to its end. Its spans go where the environment says
 * (`OTEL_EXPORTER_OTLP_ENDPOINT`). A program of its own: ends with 1 where spans were lost.
 */
async function runDemo(): Promise<void> {
  init({ service: 'demo-support' });
  const [model, search, database] = await Promise.all([startModelVendor(), startSearchVendor(), startDatabase()]);
  const connections = Array.from({ length: PLANTED.runs }, () => connectDatabase(database));
  const runs = connections.map(async (connection, run) => {
    await new Promise((resolve) => setTimeout(resolve, run * STAGGER_MS));
    const answer = supportAgent({ model, search, database: connection });
    const region = (PLANTED.slowRuns as readonly number[]).includes(run) ? 'far' : 'near';
    return session(`conversation-${run}`, () => answer('May I return an opened parcel?', region));
  });
  await Promise.all(runs);
  for (const connection of connections) connection.close();
  const isDelivered = await shutdown();
  await Promise.all([model.close(), search.close(), database.close()]);
  if (!isDelivered || stats().dropped > 0) {
    process.stderr.write(`the demo's spans were not all delivered: ${JSON.stringify(stats())}\n`);
    process.exitCode = 1;
  }
}

await runDemo();
