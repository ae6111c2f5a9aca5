import { fork, spawn } from 'node:child_process';
import { createServer, get, type RequestListener } from 'node:http';
import { fileURLToPath } from 'node:url';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { propagation } from '@opentelemetry/api';
import { tracedFetch, tracedListener, tracedRequest } from '../../../src/instrument/http.ts';
import { agent, extract, inject, session, step, tool } from '../../../src/instrument/index.ts';
import { childEnv, fromEnv, init, shutdown } from '../../../src/instrument/node/index.ts';

/**
 * Processes that hand context on: `node context.js ENDPOINT SCENARIO [URL]`. Those whose scenario starts with `child`
 * are started by others.
 */
const [endpoint, scenario, url = ''] = process.argv.slice(2);
const self = fileURLToPath(import.meta.url);
init({ service: scenario!, endpoint: endpoint! });

const work = tool('work', async () => 'done');
const planner = <T>(fn: () => Promise<T>) => session('conv-1', agent('planner', fn));

async function ended(child: { on(event: 'exit', listener: (code: number | null) => void): unknown }): Promise<void> {
  const code = await new Promise((resolve) => child.on('exit', resolve));
  if (code !== 0) throw new Error(`the child ended with ${code}`);
}

/** Starts this program again as one of the children. */
const start = (name: string, env: Record<string, string | undefined>) =>
  ended(spawn(process.execPath, [self, endpoint!, name], { env, stdio: 'inherit' }));

const SCENARIOS: Record<string, () => Promise<unknown>> = {
  'parent of a whole process': () => planner(() => start('child that is part of a trace', childEnv())),
  'child that is part of a trace': async () => {
    process.stdout.write(JSON.stringify(fromEnv()));
    await work();
    await new Promise((resolve) => setTimeout(() => resolve(work()), 5));
  },
  'parent of a function': () => planner(() => start('child with a function', childEnv())),
  'child with a function': async () => {
    process.stdout.write(JSON.stringify(await fromEnv(work)));
    await step('aside', async () => undefined)();
  },
  'parent of one that asks nothing': () => planner(() => start('child that asks nothing', childEnv())),
  'child that asks nothing': work,
  'parent of grandchildren': () => planner(() => start('child with a child', childEnv())),
  'child with a child': async () => {
    fromEnv();
    await start('child that is part of a trace', childEnv());
  },
  'parent that traces nothing': async () => {
    const env = childEnv({ ...process.env, TRACEPARENT: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, OTHER: '1' });
    process.stdout.write(JSON.stringify([env.TRACEPARENT, env.OTHER]));
    await start('child that is part of a trace', env);
  },
  'parent of a worker thread': () =>
    planner(async () => {
      const worker = new Worker(self, { argv: [endpoint, 'child in a thread'], workerData: { context: inject() } });
      worker.postMessage({ context: inject({}), text: 'message' });
      await ended(worker);
    }),
  'child in a thread': async () => {
    await extract(workerData.context, work);
    await new Promise<void>((resolve) =>
      parentPort!.once('message', async (message) => {
        await extract(
          message.context,
          step('on message', async () => message.text),
        );
        resolve();
      }),
    );
  },
  'parent with a queue': async () => {
    const child = fork(self, [endpoint!, 'child with a queue']);
    const publish = step('publish', async (body: number) => child.send({ headers: inject(), body }));
    for (const body of [1, 2, 3]) await session('conv-1', () => publish(body));
    child.send('end');
    await ended(child);
  },
  'child with a queue': async () => {
    const messages: { headers: object }[] = [];
    await new Promise<void>((resolve) =>
      process.on('message', (message) => (message === 'end' ? resolve() : messages.push(message as never))),
    );
    process.disconnect();
    const linkFrom = ([batch]: [typeof messages]) => batch.map(({ headers }) => headers);
    await step('consume', { linkFrom }, async (batch: typeof messages) => batch.length)(messages);
  },
  'client over HTTP': () =>
    planner(async () => {
      await (await tracedFetch()(`${url}/fetch`)).text();
      await new Promise((resolve) =>
        tracedRequest(get)(`${url}/get`, (response) => response.on('end', resolve).resume()),
      );
    }),
  'server over HTTP': async () => {
    let left = 2;
    const listener: RequestListener = async (_, response) => {
      await work();
      response.end(JSON.stringify(propagation.getActiveBaggage()?.getAllEntries()));
      if (--left === 0) response.on('close', () => server.close(() => server.closeAllConnections()));
    };
    const server = createServer(tracedListener(listener));
    server.listen(0, '127.0.0.1', () => process.stdout.write(JSON.stringify(server.address())));
    await new Promise((resolve) => server.on('close', resolve));
  },
};

await SCENARIOS[scenario!]!();
await shutdown();
