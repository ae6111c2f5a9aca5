import { trace } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { agent, tool } from '../../../src/instrument/index.ts';
import { flush, init, shutdown, stats } from '../../../src/instrument/node/index.ts';

/** Makes spans and ends in some way: `node delivery.js <scenario> [endpoint]`. Prints one JSON value. */
const [scenario, endpoint] = process.argv.slice(2);
const options = { service: 'from-code', ...(endpoint === undefined ? {} : { endpoint }) };

function makeSpans(count: number): void {
  const make = tool('made', (n: number) => n);
  for (let i = 0; i < count; i++) make(i);
}

/** Not to be collected before the end. */
const held: object[] = [];

function say(value: unknown): void {
  process.stdout.write(JSON.stringify(value));
}

const SCENARIOS: Record<string, () => unknown> = {
  'nothing happens': () => say(init(options)),
  ends: () => {
    say(init(options));
    makeSpans(10);
  },
  'ends after an error is caught': async () => {
    say(init(options));
    process.on('uncaughtException', () => makeSpans(9));
    makeSpans(1);
    throw new Error('unexpected');
  },
  'init twice': async () => {
    const first = init(options);
    const second = init({ service: 'other', endpoint: 'http://127.0.0.1:9' });
    makeSpans(10);
    say([first, second, await flush()]);
  },
  flush: async () => {
    init(options);
    makeSpans(700);
    const flushed = await flush();
    const before = stats();
    makeSpans(1);
    say([flushed, before, await flush(), stats()]);
  },
  burst: async () => {
    init(options);
    makeSpans(10_000);
    say([await shutdown(), stats()]);
  },
  'wave of promises': async () => {
    init(options);
    const part = tool('part', async (n: number) => {
      await new Promise((resolve) => setImmediate(resolve));
      return n;
    });
    await agent('whole', () => Promise.all(Array.from({ length: 5000 }, (_, i) => part(i))))();
    say([await shutdown(), stats()]);
  },
  'shutdown twice, then again': async () => {
    init(options);
    makeSpans(1);
    const both = [await shutdown(), await shutdown()];
    makeSpans(5);
    const again = init(options);
    makeSpans(2);
    say([both, again, await shutdown(), stats()]);
  },
  'unread stream': () => {
    init(options);
    const unread = tool('unread', async function* () {
      yield 1;
    })();
    const left = tool('left', () => new ReadableStream({ pull: (controller) => controller.enqueue(1) }))().getReader();
    void left.read();
    held.push(unread, left);
    say([]);
  },
  'a provider of its own': async () => {
    const memory = new InMemorySpanExporter();
    let flushes = 0;
    const provider = new NodeTracerProvider({
      spanProcessors: [
        new SimpleSpanProcessor(memory),
        {
          onStart: () => undefined,
          onEnd: () => undefined,
          shutdown: async () => say('shut down'),
          forceFlush: async () => void flushes++,
        },
      ],
    });
    provider.register();
    const result = init(options);
    makeSpans(3);
    const done = [await flush(), await shutdown()];
    makeSpans(1);
    const isKept = trace.getTracerProvider() !== undefined;
    say([result, done, flushes, memory.getFinishedSpans().length, isKept]);
  },
  'time is up': async () => {
    init(options);
    makeSpans(1);
    const start = performance.now();
    const isDelivered = await flush(50);
    say([isDelivered, performance.now() - start < 5000, stats().pending]);
    process.exit(0);
  },
  stats: async () => {
    const result = init(options);
    makeSpans(2);
    say([result, await shutdown(), stats()]);
  },
};

await SCENARIOS[scenario!]!();
