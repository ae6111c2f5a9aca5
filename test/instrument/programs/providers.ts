import { subscribe } from 'node:diagnostics_channel';
import { type DiagLogger, diag, SpanStatusCode, trace } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { traceOpenAI } from '../../../src/instrument/clients/openai.ts';
import { agent, extract, inject, session, tool } from '../../../src/instrument/index.ts';
import { childEnv, flush, init, shutdown, spanProcessor, stats } from '../../../src/instrument/node/index.ts';
import { registerProvider } from './own-provider.ts';

/**
 * Does something with a provider of its own or none: `node providers.js ENDPOINT SETUP,SETUP,… SCENARIO [MORE]`. Prints one
 * JSON value. The packages that it gets depend on where it is: see `deliveryPrograms`.
 */
const [endpoint = '', setups = '', scenario = '', ...more] = process.argv.slice(2);
const EVENTS = ['exit', 'beforeExit', 'uncaughtExceptionMonitor', 'SIGTERM', 'SIGINT', 'newListener'];
const listeners = () => EVENTS.map((event) => process.listenerCount(event));
/** Node has some of its own. */
const before = listeners();
let threads = 0;
subscribe('worker_threads', () => threads++);

interface Processor {
  onStart(span: object): void;
  onEnd(span: { readonly name: string }): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

const seen: string[] = [];
/** What the program does with spans itself. */
const own: Processor = {
  onStart: () => undefined,
  onEnd: ({ name }) => void seen.push(name),
  forceFlush: async () => undefined,
  shutdown: async () => undefined,
};

function provide(version: '2' | '3', spanProcessors: Processor[]): Promise<void> {
  const resource = resourceFromAttributes({ 'service.name': 'own', list: ['a', 'b'] });
  return registerProvider(version, { resource, spanProcessors });
}

function silentLogger(): DiagLogger {
  const nothing = () => undefined;
  return { error: nothing, warn: nothing, info: nothing, debug: nothing, verbose: nothing };
}

let result: unknown;
const SETUPS: Record<string, () => unknown> = {
  nothing: () => undefined,
  'a logger': () => void diag.setLogger(silentLogger()),
  'sdk 2': () => provide('2', [own]),
  'sdk 3': () => provide('3', [own]),
  'sdk 2 with ours': () => provide('2', [own, spanProcessor({ endpoint }) as Processor]),
  'sdk 3 with ours': () => provide('3', [own, spanProcessor({ endpoint }) as Processor]),
  init: () => {
    result = init({ service: 'ours', endpoint });
  },
  'set a switch': () => {
    process.env.TRACE_ANALYZE_DISABLED = '1';
  },
};

const say = (value: unknown): void => void process.stdout.write(JSON.stringify(value));
const outer = agent('outer', async (n: number) => {
  await new Promise((resolve) => setImmediate(resolve));
  return inner(n) + 1;
});
const inner = tool('inner', (n: number) => n);

const SCENARIOS: Record<string, () => unknown> = {
  'wrapped calls': async () => {
    const values = [await outer(1), await outer(2), inner(3)];
    say({ result, values, seen, isFlushed: await flush(), threads });
    await shutdown();
  },
  details: () => {
    const schemaUrl = 'https://opentelemetry.io/schemas/1.30.0';
    const tracer = trace.getTracerProvider().getTracer('app', '1.2.3', { schemaUrl });
    const first = tracer.startSpan('first', { startTime: [1_800_000_000, 123_456_789] });
    first.end([1_800_000_001, 1]);
    const attributes = { text: 'é', whole: 7, half: 0.5, yes: true, list: [1, 2] };
    const link = { context: first.spanContext(), attributes: { why: 'because' } };
    tracer.startActiveSpan('second', { kind: 2, attributes, links: [link] }, (span) => {
      span.addEvent('happened', { at: 3 });
      span.recordException(new Error('broke'));
      span.setStatus({ code: SpanStatusCode.ERROR, message: 'did not work' });
      inner(1);
      span.end();
    });
    say(seen);
  },
  'a model': async () => {
    const [load, baseURL] = more as [string, string];
    const { OpenAI, APIPromise } = await import(load);
    const client = traceOpenAI(new OpenAI({ apiKey: 'k', baseURL, maxRetries: 0 }));
    const ask = agent('asker', () =>
      client.chat.completions.create({ model: 'gpt-fake', messages: [{ role: 'user', content: 'hello' }] }),
    );
    const asking = ask();
    const answer = await asking;
    say({ answer: answer.choices[0].message.content, isNative: asking instanceof APIPromise, seen });
  },
  off: async () => {
    const promise = Promise.resolve(1);
    const stream = new ReadableStream();
    const iterator = (function* () {
      yield 1;
    })();
    const given = [promise, stream, iterator, trace.getActiveSpan()];
    const got = await session('s', () => given.map((value) => [tool('same', () => value)() === value]));
    await outer(1);
    const traceparent = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`;
    const carried = session('s', () => extract({ traceparent }, () => inject({ own: 'x' })));
    const env = childEnv({ TRACEPARENT: traceparent, OWN: 'x' });
    const added = listeners().map((count, i) => count - before[i]!);
    say({ result, same: got.flat(), seen, carried, env, added, threads, stats: stats(), isFlushed: await flush() });
    await shutdown();
  },
};

for (const setup of setups.split(',')) await SETUPS[setup]!();
await SCENARIOS[scenario]!();
