import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { agent, extract, inject, tool } from '../../../src/instrument/index.ts';
import { init, shutdown, stats } from '../../../src/instrument/node/index.ts';

/** Works in the main thread and in others of its own at the same time: `node threads.js ENDPOINT ENDING [THREADS]`. */
interface Start {
  readonly endpoint: string;
  readonly ending: string;
  /** The context of the main thread. */
  readonly carrier: Record<string, string>;
}

const ROUNDS = 20;
const turn = () => new Promise((resolve) => setImmediate(resolve));
const work = tool(isMainThread ? 'main' : 'thread', async () => turn());
const say = (text: string) => process.stdout.write(`${text}\n`);

async function rounds(): Promise<void> {
  for (let i = 0; i < ROUNDS; i++) await work();
}

async function inThread({ endpoint, ending, carrier }: Start): Promise<void> {
  init({ service: 'thread', endpoint });
  await extract(carrier, agent('part', rounds));
  if (ending === 'process.exit') process.exit(3);
  if (ending === 'uncaught') throw new Error('the thread broke');
  if (ending === 'by shutdown') parentPort?.postMessage([await shutdown(), stats().delivered]);
  // To be ended from outside: nothing else of this thread happens.
  if (ending === 'terminate' || ending === 'main exits') {
    parentPort?.postMessage('ready');
    setInterval(() => undefined, 1000);
  }
}

function runThread(start: Start): Promise<string> {
  const worker = new Worker(new URL(import.meta.url), { workerData: start });
  return new Promise((resolve) => {
    let [told, failure] = ['', ''];
    worker.on('message', (message) => {
      told = `, told ${JSON.stringify(message)}`;
      if (start.ending === 'terminate') void worker.terminate();
      if (start.ending === 'main exits') process.exit(0);
    });
    worker.on('error', ({ message }) => {
      failure = `, ${message}`;
    });
    worker.on('exit', (code) => resolve(`${code}${failure}${told}`));
  });
}

async function inMain([endpoint = '', ending = '', threads = '1']: string[]): Promise<void> {
  init({ service: 'main', endpoint });
  const ends = await agent('job', async () => {
    const starts = Array.from({ length: Number(threads) }, () => runThread({ endpoint, ending, carrier: inject() }));
    await rounds();
    return Promise.all(starts);
  })();
  for (const end of ends) say(`thread ended with ${end}`);
}

await (isMainThread ? inMain(process.argv.slice(2)) : inThread(workerData));
