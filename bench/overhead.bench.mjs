// What tracing a call costs beside raw OpenTelemetry, and beside other libraries where `npm ci --prefix bench/peers` has
// installed them: CPU time of a call, CPU time with delivery, bytes and requests sent, and how long a process takes to
// end. Each library in processes of its own, in turns forwards and backwards; medians over the rounds.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const ROUNDS = Number(process.env.ROUNDS ?? 5);
const GOAL = 1.3;
const PEERS = ['traceloop', 'openinference', 'langfuse', 'langsmith'];
const hasPeers = existsSync(new URL('./peers/node_modules', import.meta.url));
const LIBRARIES = ['raw', 'raw + attributes', 'trace-analyze', ...(hasPeers ? PEERS : [])];
const spool = mkdtempSync(join(tmpdir(), 'trace-analyze-bench-'));
const CHILD_LIMIT_MS = 60_000;

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const min = (values) => values.reduce((a, b) => Math.min(a, b));
const max = (values) => values.reduce((a, b) => Math.max(a, b));

/** The last line that a child printed, and how long it took to end after that. */
function run(args) {
  const child = spawn(process.execPath, [`${import.meta.dirname}/overhead/child.mjs`, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TRACE_ANALYZE_SPOOL: spool, LANGSMITH_TRACING: 'true', LANGSMITH_API_KEY: 'none' },
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), CHILD_LIMIT_MS);
  let out = '';
  let err = '';
  let saidAt = 0;
  child.stdout.on('data', (piece) => {
    out += piece;
    saidAt = performance.now();
  });
  child.stderr.on('data', (piece) => {
    err += piece;
  });
  return new Promise((resolve, reject) => {
    child.on('close', () => {
      clearTimeout(timer);
      const line = out.trim().split('\n').at(-1);
      if (line === '' || line === undefined) reject(new Error(`${args.join(' ')}: ${err.slice(-500)}`));
      else resolve({ ...JSON.parse(line), endedAfterMs: performance.now() - saidAt });
    });
  });
}

/** Takes whatever is sent, and counts it. */
async function startReceiver({ hangs = false } = {}) {
  const counts = { requests: 0, bytes: 0, spans: 0 };
  const server = createServer((request, response) => {
    const pieces = [];
    request.on('data', (piece) => pieces.push(piece));
    request.on('end', () => {
      if (hangs) return;
      const body = Buffer.concat(pieces);
      counts.requests++;
      counts.bytes += body.length;
      counts.spans += spansIn(request, body);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url, counts, close };
}

function spansIn({ headers, url }, body) {
  if (!url.includes('traces') || !headers['content-type']?.includes('json')) return 0;
  const text = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  return JSON.parse(text).resourceSpans.flatMap((r) => r.scopeSpans.flatMap((s) => s.spans)).length;
}

/** Every library once a round; one that fails is named and left out. */
async function rounds(libraries, measure) {
  const results = new Map(libraries.map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of round % 2 === 0 ? libraries : [...libraries].reverse()) {
      if (!results.has(name)) continue;
      try {
        results.get(name).push(await measure(name));
      } catch (error) {
        console.log(`${name}: left out: ${error.message}`);
        results.delete(name);
      }
    }
  }
  return results;
}

/** A line for each: its median, and its ratio to raw of the same round. */
function printRatios(title, results, say) {
  console.log(`\n${title}`);
  const raw = results.get('raw').map(({ call }) => call);
  for (const [name, rows] of results) {
    const ratios = rows.map(({ call }, i) => call / raw[i]);
    const range = `${min(ratios).toFixed(2)}-${max(ratios).toFixed(2)}`;
    const us = median(rows.map(({ call }) => call)).toFixed(2);
    const ratio = median(ratios).toFixed(2);
    console.log(`${name.padEnd(25)} ${us.padStart(8)} us  ${ratio.padStart(7)}x raw (${range})${say?.(rows) ?? ''}`);
  }
}

if (!hasPeers) console.log('Without other libraries: npm ci --prefix bench/peers');

const calls = await rounds(LIBRARIES, (name) => run(['calls', name]));
printRatios(`CPU time of one call, ${ROUNDS} rounds (goal: trace-analyze <= ${GOAL}x raw)`, calls);

const inside = await rounds(
  LIBRARIES.flatMap((name) => (name === 'trace-analyze' ? [name, 'trace-analyze, no hashes'] : [name])),
  (name) => run(['inside', name]),
);
printRatios('CPU time of one call below a span: trace-analyze hashes arguments and result to find repeats', inside);

const wires = await rounds(LIBRARIES, async (name) => {
  const receiver = await startReceiver();
  try {
    const result = await run(['wire', name, receiver.url]);
    return { ...result, ...receiver.counts };
  } finally {
    receiver.close();
  }
});
printRatios('CPU time of one call with delivery over HTTP, all threads', wires, (rows) => {
  const { calls: made, requests, bytes, spans } = rows.at(-1);
  const received = spans > 0 ? `${spans} of ${made} spans, ` : '';
  return `  ${received}${requests} requests, ${Math.round(bytes / made)} bytes a call`;
});

console.log('\nFrom the last line of a program to its end, 10 spans waiting');
for (const [what, options] of [
  ['collector up', {}],
  ['collector down', undefined],
  ['collector hangs', { hangs: true }],
]) {
  for (const name of ['raw', 'trace-analyze']) {
    const receiver = options === undefined ? undefined : await startReceiver(options);
    const delays = [];
    for (let i = 0; i < Math.min(3, ROUNDS); i++) {
      delays.push((await run(['exit', name, receiver?.url ?? 'http://127.0.0.1:9'])).endedAfterMs);
    }
    console.log(`${what.padEnd(16)} ${name.padEnd(14)} ${median(delays).toFixed(0).padStart(6)} ms`);
    receiver?.close();
  }
}
rmSync(spool, { recursive: true, force: true });
