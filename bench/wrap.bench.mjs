// What a wrapped call costs: beside a bare one where nothing records or all is switched off, and beside one traced by hand
// with the OpenTelemetry API. Blocks of calls alternate in one process; CPU time of all threads, so that collecting
// garbage counts.
import { spawnSync } from 'node:child_process';
import { SpanStatusCode, trace } from '@opentelemetry/api';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { tool } from '../dist/instrument/index.js';

const BLOCKS = 60;
const CALLS = 2000;
const GOAL = 1.3;
const OFF_LIMIT_NS = 300;
const OFF_CALLS = 50_000;
const ATTRIBUTES = {
  'gen_ai.operation.name': 'execute_tool',
  'gen_ai.tool.name': 'get_weather',
  'gen_ai.tool.type': 'function',
};

const bare = async (query) => query;
const wrapped = tool('get_weather', async (query) => query);
const byHand = (options) => (query) =>
  trace.getTracer('bench').startActiveSpan('execute_tool get_weather', options, async (span) => {
    try {
      return await bare(query);
    } catch (error) {
      span.recordException(error);
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  });

async function block(call) {
  const before = process.cpuUsage();
  for (let i = 0; i < CALLS; i++) await call({ city: 'Paris', units: 'metric' });
  const { user, system } = process.cpuUsage(before);
  return (user + system) / CALLS;
}

/** Median CPU microseconds a call. Every round runs each contender once, in turns forwards and backwards. */
async function measure(contenders) {
  const names = Object.keys(contenders);
  const times = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -5; round < BLOCKS; round++) {
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      const time = await block(contenders[name]);
      if (round >= 0) times[name].push(time);
    }
  }
  return Object.fromEntries(names.map((name) => [name, times[name].sort((a, b) => a - b)[BLOCKS >> 1]]));
}

/** Synchronous, so that a call is all that is timed: the best of many blocks, which is the least disturbed one. */
function offCost(name) {
  const bareSync = (query) => query;
  const wrappedSync = tool('get_weather', bareSync);
  const best = (call) => {
    let least = Number.POSITIVE_INFINITY;
    for (let round = 0; round < BLOCKS; round++) {
      const start = process.hrtime.bigint();
      for (let i = 0; i < OFF_CALLS; i++) call(i);
      least = Math.min(least, Number(process.hrtime.bigint() - start) / OFF_CALLS);
    }
    return least;
  };
  const [plain, traced] = [best(bareSync), best(wrappedSync)];
  const verdict = traced - plain <= OFF_LIMIT_NS ? 'ok' : 'TOO SLOW';
  const ns = (value) => `${value.toFixed(1)} ns`;
  console.log(
    `${name}: a wrapped call ${ns(traced)}, a bare one ${ns(plain)}: ${ns(traced - plain)} more (limit ${OFF_LIMIT_NS} ns): ${verdict}`,
  );
  if (verdict !== 'ok') process.exitCode = 1;
}

const isDisabled = process.env.TRACE_ANALYZE_DISABLED === 'true';
if (!isDisabled) offCost('wrap, no provider');
const nowhere = { export: (_spans, done) => done({ code: 0 }), shutdown: async () => undefined };
const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(nowhere)] });
provider.register();
if (isDisabled) {
  offCost('wrap, a provider, but TRACE_ANALYZE_DISABLED');
  process.exit();
}
const env = { ...process.env, TRACE_ANALYZE_DISABLED: 'true' };
const disabled = spawnSync(process.execPath, [import.meta.filename], { stdio: 'inherit', env });
if (disabled.status !== 0) process.exitCode = 1;

const on = await measure({ raw: byHand({}), 'raw+attributes': byHand({ attributes: ATTRIBUTES }), wrapped });
const us = (name) => `${on[name].toFixed(2)} us`;
console.log(
  `wrap, tracing on: ${us('wrapped')} a call; by hand ${us('raw')}, with the same attributes ${us('raw+attributes')}`,
);
console.log(`wrap / by hand: ${(on.wrapped / on.raw).toFixed(2)} (goal <= ${GOAL})`);
console.log(`wrap / by hand with the same attributes: ${(on.wrapped / on['raw+attributes']).toFixed(2)}`);
await provider.shutdown();
