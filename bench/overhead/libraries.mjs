// How each library is set up and asked to trace a tool. `sink` is a `SpanExporter` for measuring calls alone; `endpoint`
// the base URL of a local receiver. Peers come from bench/peers, each as its documentation says.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const peers = createRequire(new URL('../peers/package.json', import.meta.url));
const ours = (path) => import(new URL(`../../dist/instrument/${path}`, import.meta.url).href);
const peer = (name) => import(pathToFileURL(peers.resolve(name)).href);
const own = (name) => import(name);

async function provider(processors) {
  const { NodeTracerProvider } = await own('@opentelemetry/sdk-trace-node');
  const started = new NodeTracerProvider({ spanProcessors: processors });
  started.register();
  return started;
}

async function stockProvider({ sink, endpoint }) {
  const { BatchSpanProcessor } = await own('@opentelemetry/sdk-trace-node');
  const { OTLPTraceExporter } = await own('@opentelemetry/exporter-trace-otlp-http');
  const exporter = sink ?? new OTLPTraceExporter({ url: `${endpoint}/v1/traces` });
  // The largest queue with which the exporter does not refuse batches at the end.
  return provider([new BatchSpanProcessor(exporter, { maxQueueSize: 15_000, scheduledDelayMillis: 200 })]);
}

function byHand(options) {
  return async (where) => {
    const { trace, SpanStatusCode } = await own('@opentelemetry/api');
    const stock = await stockProvider(where);
    const tracer = trace.getTracer('bench');
    const wrap = (fn) => (arg) =>
      tracer.startActiveSpan('execute_tool get_weather', options, async (span) => {
        try {
          return await fn(arg);
        } catch (error) {
          span.recordException(error);
          span.setStatus({ code: SpanStatusCode.ERROR });
          throw error;
        } finally {
          span.end();
        }
      });
    return { wrap, end: () => stock.shutdown() };
  };
}

async function traceAnalyze({ sink, endpoint }, options) {
  const { tool } = await ours('index.js');
  const wrap = (fn) => tool('get_weather', options, fn);
  if (sink !== undefined) {
    const stock = await stockProvider({ sink });
    return { wrap, end: () => stock.shutdown() };
  }
  const { init, shutdown } = await ours('node/index.js');
  init({ service: 'bench', endpoint });
  return { wrap, end: () => shutdown() };
}

const ATTRIBUTES = {
  'gen_ai.operation.name': 'execute_tool',
  'gen_ai.tool.name': 'get_weather',
  'gen_ai.tool.type': 'function',
};

export const LIBRARIES = {
  raw: byHand({}),
  'raw + attributes': byHand({ attributes: ATTRIBUTES }),

  'trace-analyze': (where) => traceAnalyze(where, {}),
  'trace-analyze, no hashes': (where) => traceAnalyze(where, { hashes: false }),

  async traceloop({ sink, endpoint }) {
    const traceloop = (await peer('@traceloop/node-server-sdk')).default ?? (await peer('@traceloop/node-server-sdk'));
    const where = sink === undefined ? { baseUrl: endpoint } : { exporter: sink };
    traceloop.initialize({
      ...where,
      appName: 'bench',
      apiKey: 'none',
      instrumentModules: {},
      silenceInitializationMessage: true,
      traceloopSyncEnabled: false,
    });
    const wrap = (fn) => (arg) => traceloop.withTool({ name: 'get_weather' }, fn, arg);
    return { wrap, end: () => traceloop.forceFlush() };
  },

  async openinference(where) {
    const { traceTool } = await peer('@arizeai/openinference-core');
    const stock = await stockProvider(where);
    return { wrap: (fn) => traceTool(fn, { name: 'get_weather' }), end: () => stock.shutdown() };
  },

  async langfuse({ sink, endpoint }) {
    const { observe } = await peer('@langfuse/tracing');
    const { LangfuseSpanProcessor } = await peer('@langfuse/otel');
    const keys = { publicKey: 'none', secretKey: 'none', baseUrl: endpoint ?? 'http://127.0.0.1:9' };
    const processor = new LangfuseSpanProcessor({
      ...keys,
      ...(sink === undefined ? {} : { exporter: sink }),
      shouldExportSpan: () => true,
      mediaUploadEnabled: false,
    });
    const started = await provider([processor]);
    return { wrap: (fn) => observe(fn, { name: 'get_weather', asType: 'tool' }), end: () => started.shutdown() };
  },

  async langsmith({ endpoint }) {
    const { traceable } = await peer('langsmith/traceable');
    const { Client } = await peer('langsmith');
    const stub = { fetchImplementation: async () => new Response('{}', { status: 200 }) };
    const apiUrl = endpoint ?? 'http://127.0.0.1:9';
    const client = new Client({ apiKey: 'none', apiUrl, ...(endpoint === undefined ? stub : {}) });
    const wrap = (fn) => traceable(fn, { name: 'get_weather', run_type: 'tool', client, tracingEnabled: true });
    return { wrap, end: () => client.awaitPendingTraceBatches() };
  },
};
