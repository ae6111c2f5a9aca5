// One library in a process of its own: `child.mjs calls|inside|wire|exit LIBRARY [ENDPOINT]`. Prints one line of JSON.
import { trace } from '@opentelemetry/api';
import { LIBRARIES } from './libraries.mjs';

const [mode, library, endpoint] = process.argv.slice(2);
const CALLS = 1000;
const BLOCKS = 30;
const WIRE_CALLS = 5000;
const EXIT_CALLS = 10;

const bare = async (query) => query;
const say = (result) => process.stdout.write(`${JSON.stringify(result)}\n`);
const turn = () => new Promise((resolve) => setImmediate(resolve));
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

async function cpuOf(work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

async function block(call, calls) {
  for (let i = 0; i < calls; i++) await call({ city: 'Paris', units: 'metric' });
}

/** CPU microseconds a call, all threads, with spans that go nowhere; the first blocks warm up. */
async function calls(around = (work) => work()) {
  const sink = { export: (_spans, done) => done({ code: 0 }), shutdown: async () => {}, forceFlush: async () => {} };
  const { wrap } = await LIBRARIES[library]({ sink });
  const wrapped = wrap(bare);
  const [times, bareTimes] = [[], []];
  for (let i = -10; i < BLOCKS; i++) {
    const bareTime = (await cpuOf(() => block(bare, CALLS))) / CALLS;
    const time = (await cpuOf(() => around(() => block(wrapped, CALLS)))) / CALLS;
    // What the library does with the spans afterwards is measured by `wire`.
    await turn();
    if (i >= 0) {
      times.push(time);
      bareTimes.push(bareTime);
    }
  }
  say({ call: median(times), bare: median(bareTimes) });
  process.exit(0);
}

/** The same below a span, as tools of an agent are: what calls of one trace have in common counts, too. */
function inside() {
  const agent = (work) =>
    trace.getTracer('bench').startActiveSpan('invoke_agent bench', async (span) => {
      await work();
      span.end();
    });
  return calls(agent);
}

/** CPU microseconds a call, with delivery to a receiver. */
async function wire() {
  const { wrap, end } = await LIBRARIES[library]({ endpoint });
  const wrapped = wrap(bare);
  const time = await cpuOf(async () => {
    for (let i = 0; i < WIRE_CALLS; i += 50) {
      await block(wrapped, 50);
      await turn();
    }
    await end();
  });
  say({ call: time / WIRE_CALLS, calls: WIRE_CALLS });
  process.exit(0);
}

/** A few calls, then the program has nothing left to do. */
async function exit() {
  const { wrap, end } = await LIBRARIES[library]({ endpoint });
  await block(wrap(bare), EXIT_CALLS);
  if (library !== 'trace-analyze') process.once('beforeExit', () => void end().catch(() => {}));
  say({ calls: EXIT_CALLS });
}

await { calls, inside, wire, exit }[mode]();
