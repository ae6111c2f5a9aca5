import { trace } from '@opentelemetry/api';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { agent, extract, tool } from '../../../src/instrument/index.ts';
import { init, type SamplingOptions, shutdown, spanProcessor, stats } from '../../../src/instrument/node/index.ts';

/**
 * Runs that end well, fail, are slow and hang, sampled: `node sampling.js ENDPOINT WAY SAMPLING ENDING`, where the way is
 * `init` or `processor` and the sampling is JSON.
 */
const [endpoint = '', way, json = '{}', ending] = process.argv.slice(2);
const sampling = JSON.parse(json) as SamplingOptions;
if (way === 'init') init({ service: 'sampled', endpoint, sampling });
else new NodeTracerProvider({ spanProcessors: [spanProcessor({ endpoint, sampling })] }).register();

const part = tool('part', (isFine: boolean) => {
  if (!isFine) throw new Error('did not work');
});

const fine = agent('fine', async () => part(true));
const failing = agent('failing', async () => {
  try {
    part(false);
  } catch {}
});
const hanging = agent('hanging', async () => {
  part(true);
  await new Promise(() => undefined);
});
const sent = (flags: string) => ({ traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-${flags}` });

for (let i = 0; i < 20; i++) await fine();
await failing();
trace
  .getTracer('app')
  .startSpan('slow', { startTime: Date.now() - 60_000 })
  .end();
await extract(sent('00'), agent('of an unsampled parent', failing));
void hanging();

if (ending === 'shutdown') {
  const isDelivered = await shutdown();
  process.stdout.write(JSON.stringify({ isDelivered, stats: stats() }));
} else if (ending === 'process.exit') process.exit(0);
else if (ending === 'uncaught') throw new Error('broke');
