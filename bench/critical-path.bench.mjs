// The critical path of one trace of 100,000 spans, and the whole analysis of it, beside `JSON.parse` of the same trace
// as Jaeger writes it. Each round builds the trace anew, so that nothing is remembered. Runs alternate in one process;
// medians of the CPU time of all threads, so that collecting garbage counts.
import { criticalPath } from '../dist/analyze/analyses/critical-path/index.js';
import {
  ATTRIBUTE_PLAN,
  analyzeTrace,
  createDocumentReader,
  createTableBuilder,
  tableSink,
  tracesOf,
} from '../dist/analyze/index.js';

const SPANS = 100_000;
const ROUNDS = 7;
const START = 1_750_000_000_000_000;

let seed = 1;
function random(below) {
  seed = (seed + 0x6d2b79f5) >>> 0;
  let t = Math.imul(seed ^ (seed >>> 15), seed | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
}

/** Spans as [start, end, parent] in microseconds; the first is the root. */
const SHAPES = {
  chain: (n) => Array.from({ length: n }, (_, i) => [i, 3 * n - i, i - 1]),
  star: (n) => Array.from({ length: n }, (_, i) => (i === 0 ? [0, 10 * n, -1] : [10 * i - 9, 10 * i, 0])),
  random(n) {
    const spans = [[0, 100 * n, -1]];
    while (spans.length < n) {
      const parent = random(spans.length);
      const [from, to] = spans[parent];
      const start = from + random(to - from + 1);
      spans.push([start, start + random(to - start + 1), parent]);
    }
    return spans;
  },
  // Every second span starts one that outlives it and is hoisted into the last that was hoisted.
  'nested hoists': (n) =>
    Array.from({ length: n }, (_, i) => (i % 2 === 1 ? [i, i + 2, i - 1] : [i, 4 * n - i, i - 1])),
};

const KINDS = [
  ['chat', { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-4o', 'server.address': 'api.openai.com' }],
  ['execute_tool search', { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'search' }],
  ['SELECT', { 'db.system.name': 'postgresql', 'db.query.text': 'SELECT * FROM items WHERE id = $1' }],
  ['step', { 'code.function.name': 'step' }],
];

const idOf = (i) => (i + 1).toString(16).padStart(16, '0');

function toJaeger([start, end, parent], i) {
  const [operationName, attributes] = KINDS[i === 0 ? 3 : i % KINDS.length];
  const traceID = '0af7651916cd43dd8448eb211c80319c';
  return {
    traceID,
    spanID: idOf(i),
    operationName,
    references: parent < 0 ? [] : [{ refType: 'CHILD_OF', traceID, spanID: idOf(parent) }],
    startTime: START + start,
    duration: end - start,
    tags: Object.entries(attributes).map(([key, value]) => ({ key, type: 'string', value })),
    logs: [],
    processID: 'p1',
    warnings: null,
  };
}

function readTable(document) {
  const builder = createTableBuilder(ATTRIBUTE_PLAN);
  builder.openSource({ name: 'bench' });
  const reader = createDocumentReader(tableSink(builder));
  reader.write(document);
  reader.end();
  return builder.finish();
}

function cpuOf(run) {
  globalThis.gc?.();
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const median = (times) => times.sort((a, b) => a - b)[times.length >> 1];
const traceIn = (table) => tracesOf(table).next().value;

for (const [name, shape] of Object.entries(SHAPES)) {
  const trace = {
    traceID: '0af7651916cd43dd8448eb211c80319c',
    spans: shape(SPANS).map(toJaeger),
    processes: { p1: { serviceName: 'agent', tags: [] } },
    warnings: null,
  };
  const text = JSON.stringify({ data: [trace] });
  const table = readTable(Buffer.from(text));
  const times = { parse: [], build: [], path: [], all: [] };
  for (let round = -2; round < ROUNDS; round++) {
    let fresh;
    const parse = cpuOf(() => JSON.parse(text));
    const build = cpuOf(() => {
      fresh = traceIn(table);
    });
    const path = cpuOf(() => criticalPath(fresh));
    fresh = traceIn(table);
    const all = cpuOf(() => analyzeTrace(fresh));
    if (round >= 0) for (const [key, time] of Object.entries({ parse, build, path, all })) times[key].push(time);
  }
  const parse = median(times.parse);
  const say = (key) => {
    const time = median(times[key]);
    return `${time.toFixed(0)} ms (${(time / parse).toFixed(2)}x)`;
  };
  const megabytes = (text.length / 1e6).toFixed(0);
  console.log(
    `${name}, ${SPANS} spans, ${megabytes} MB: JSON.parse ${parse.toFixed(0)} ms; ` +
      `tree ${say('build')}, critical path ${say('path')}, whole analysis ${say('all')}`,
  );
}
