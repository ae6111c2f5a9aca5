import { Worker } from 'node:worker_threads';
import { trace } from '@opentelemetry/api';
import { detectResources } from '@opentelemetry/resources';
import { llm, tool } from '../../../src/instrument/index.ts';
import { flush, init, shutdown, spanProcessor, stats } from '../../../src/instrument/node/index.ts';
import { registerProvider } from './own-provider.ts';

/**
 * Makes spans and ends: `node endings.js ENDPOINT|bare ENDING [COUNT] [MORE]`. Where it is bare, nothing of ours is
 * started, and it must not be told from the rest by its output.
 */
const [endpoint = 'bare', ending = 'simply', count = '10', more = ''] = process.argv.slice(2);
const isBare = endpoint === 'bare';
if (process.env.OWN_PROVIDER !== undefined) {
  const later = new Promise<string>((resolve) => setTimeout(() => resolve('found out'), 100));
  const resource = detectResources({
    detectors: [{ detect: () => ({ attributes: { 'service.name': 'own', later } }) }],
  });
  const version = process.env.OWN_PROVIDER === '3' ? '3' : '2';
  await registerProvider(version, { resource, spanProcessors: [spanProcessor({ endpoint })] });
}
if (!isBare) init({ service: 'endings', endpoint });

const made = tool('made', (n: number) => n);
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const say = (text: string) => process.stdout.write(`${text}\n`);

function makeSpans(spans = Number(count)): void {
  for (let i = 0; i < spans; i++) made(i);
}

/** Not to be collected before the end. */
const held: unknown[] = [];

/** A call that never ends, a span of somebody else's, and a stream that nobody reads. */
function leaveOpen(): void {
  if (isBare) return;
  held.push(tool('hanging', () => new Promise(() => undefined))());
  held.push(trace.getTracer('other').startSpan('other'));
  held.push(
    llm('chat', { model: 'm' }, async function* () {
      yield 'text';
    })(),
  );
}

const ENDINGS: Record<string, () => unknown> = {
  simply: () => {
    makeSpans();
    leaveOpen();
    say('last word');
  },
  'process.exit': () => {
    makeSpans();
    leaveOpen();
    say('last word');
    process.exit(7);
  },
  uncaught: () => {
    makeSpans();
    leaveOpen();
    say('last word');
    setTimeout(() => {
      throw new Error('the program broke');
    }, 5);
  },
  'unhandled rejection': () => {
    makeSpans();
    leaveOpen();
    say('last word');
    void Promise.reject(new Error('nobody caught this'));
  },
  'after a survived error': async () => {
    process.on('uncaughtException', () => undefined);
    setTimeout(() => {
      throw new Error('survived');
    });
    await sleep(30);
    makeSpans();
    leaveOpen();
    say('last word');
  },
  'by signal': () => {
    makeSpans();
    leaveOpen();
    setInterval(() => undefined, 1000);
    say('READY');
  },
  'by signal, listening': () => {
    process.on('SIGTERM', () => {
      say(`listeners: ${process.listenerCount('SIGTERM')}`);
      process.exit(5);
    });
    makeSpans();
    setInterval(() => undefined, 1000);
    say('READY');
  },
  // What `signal-exit` and libraries like it do.
  'by signal, like a library': () => {
    const onSignal = () => {
      if (process.listeners('SIGTERM').length !== 1) return;
      process.off('SIGTERM', onSignal);
      say('library: dying');
      process.kill(process.pid, 'SIGTERM');
    };
    process.on('SIGTERM', onSignal);
    makeSpans();
    setInterval(() => undefined, 1000);
    say('READY');
  },
  'by signal, listening once': () => {
    process.once('SIGTERM', () => {
      say('cleaning up');
      setTimeout(() => process.kill(process.pid, 'SIGTERM'), 20);
    });
    makeSpans();
    setInterval(() => undefined, 1000);
    say('READY');
  },
  'by shutdown': async () => {
    makeSpans();
    say('last word');
    const isDelivered = await shutdown();
    process.stderr.write(JSON.stringify({ isDelivered, stats: stats() }));
  },
  'by shutdown, twice': async () => {
    makeSpans();
    const answers = [await shutdown(600_000), await shutdown(600_000), await flush(600_000)];
    say(answers.join());
  },
  'in another directory': async () => {
    makeSpans();
    process.chdir('/');
    makeSpans();
    say(String(await shutdown()));
  },
  // As tests of programs do, and as a simulated browser does.
  'with timers of its own': async () => {
    const wait = setTimeout;
    Object.assign(globalThis, { setTimeout: () => 1, clearTimeout: () => undefined, setImmediate: () => 2 });
    makeSpans();
    for (let i = 0; i < 400 && stats().delivered < Number(count); i++) await new Promise((done) => wait(done, 25));
    makeSpans();
    say(String(await shutdown()));
  },
  // Of a container, which no signal ends that it does not listen for.
  'as the first process': async () => {
    makeSpans();
    process.kill(process.pid, 'SIGTERM');
    await sleep(100);
    makeSpans();
    leaveOpen();
    say(`process ${process.pid}`);
  },
  // A span every 20 ms for so many milliseconds.
  'over time': async () => {
    const end = performance.now() + Number(more);
    let spans = 0;
    for (; performance.now() < end; spans++) {
      makeSpans(1);
      await sleep(20);
    }
    const isDelivered = await shutdown(20_000);
    say(JSON.stringify({ made: spans, isDelivered, stats: stats() }));
  },
  'after recovering': async () => {
    for (let i = 0; i < 400 && stats().recovered + stats().unrecovered < Number(count); i++) await sleep(25);
    say(JSON.stringify(stats()));
  },
  'with large spans': async () => {
    const large = tool('large', { captureInput: true }, (_text: string) => 1);
    for (let i = 0; i < Number(count); i++) large(`${i} ${'x'.repeat(Number(more))}`);
    const isDelivered = await shutdown();
    say(JSON.stringify({ isDelivered, stats: stats() }));
  },
  'in a worker': async () => {
    const worker = new Worker(new URL(import.meta.url), { argv: [endpoint, 'process.exit', count] });
    const code = await new Promise((resolve) => worker.on('exit', resolve));
    say(`worker ended with ${code}`);
  },
  // As many as Node thinks sensible.
  'with many listeners': () => {
    for (let i = 0; i < 10; i++) process.on('exit', () => undefined);
    for (let i = 0; i < 10; i++) process.on('SIGTERM', () => undefined);
    makeSpans();
    say(`${process.listenerCount('SIGTERM')} listeners`);
    process.exit(0);
  },
  stats: async () => {
    makeSpans();
    await sleep(Number(more));
    process.stderr.write(JSON.stringify(stats()));
    say('last word');
  },
};

await ENDINGS[ending]!();
