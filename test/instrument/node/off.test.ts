import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { describeReleases } from '../../support/clients.ts';
import { type Collector, startCollector } from '../../support/collector.ts';
import { type DeliveryPrograms, filesIn } from '../../support/delivery-process.ts';
import { PROVIDERS, programsWith } from '../../support/opentelemetry-copies.ts';
import { startOpenAI } from '../../support/vendors/openai.ts';

const SWITCHES = [
  { TRACE_ANALYZE_DISABLED: 'true' },
  { TRACE_ANALYZE_DISABLED: '1' },
  { TRACE_ANALYZE_DISABLED: ' TRUE ' },
  { OTEL_SDK_DISABLED: 'true' },
];
const PARENT = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`;
const NO_STATS = { made: 0, delivered: 0, refused: 0, dropped: 0, sampledOut: 0, pending: 0, spooled: 0 };

let programs: DeliveryPrograms;
let collector: Collector;

beforeAll(() => {
  programs = programsWith({});
});

afterAll(() => programs.remove());

beforeEach(async () => {
  collector = await startCollector();
  return () => collector.close();
});

async function run(env: Readonly<Record<string, string>>, setups: string, ...args: string[]) {
  const spool = programs.spool();
  const options = { program: PROVIDERS, endpoint: collector.url, spool, env };
  const { code, stdout, stderr } = await programs.run([setups, ...args], options);
  expect([code, stderr, filesIn(spool)]).toEqual([0, '', []]);
  return JSON.parse(stdout);
}

describe('a switch in the environment', () => {
  it.each(SWITCHES)('leaves nothing of us in a program: %o', async (env) => {
    const outcome = await run(env, 'init', 'off');
    expect(outcome).toMatchObject({
      result: 'disabled',
      same: [true, true, true, true],
      carried: { own: 'x' },
      env: { OWN: 'x', TRACEPARENT: PARENT },
      added: [0, 0, 0, 0, 0, 0],
      threads: 0,
      stats: NO_STATS,
      isFlushed: true,
    });
    expect(collector.requests).toEqual([]);
  });

  it.each(SWITCHES)('leaves a provider of the program alone, with our processor in it: %o', async (env) => {
    const outcome = await run(env, 'sdk 2 with ours,init', 'off');
    expect(outcome).toMatchObject({ result: 'disabled', seen: [], added: [0, 0, 0, 0, 0, 0], threads: 0 });
    expect(outcome).toMatchObject({
      same: [true, true, true, true],
      carried: { own: 'x' },
      env: { OWN: 'x', TRACEPARENT: PARENT },
      stats: NO_STATS,
    });
    expect(collector.requests).toEqual([]);
  });

  it('may be set by the program before it starts us', async () => {
    const outcome = await run({}, 'sdk 2,set a switch,init', 'off');
    expect(outcome).toMatchObject({ result: 'disabled', seen: [], threads: 0 });
  });

  it.each([{}, { TRACE_ANALYZE_DISABLED: 'false' }, { TRACE_ANALYZE_DISABLED: '0', OTEL_SDK_DISABLED: '' }])(
    'changes nothing while it is off: %o',
    async (env) => {
      const carried = { own: 'x', traceparent: PARENT };
      expect(await run(env, 'init', 'off')).toMatchObject({
        carried,
        result: 'started',
        threads: 1,
        added: [1, 1, 1, 1, 1, 1],
      });
      expect(collector.named('invoke_agent outer')).toHaveLength(1);
    },
  );
});

describeReleases('openai', (release) => {
  it('a traced client is as good as a bare one', async () => {
    const vendor = await startOpenAI();
    const load = pathToFileURL(`${release.dir}/load.mjs`).href;
    const env = { TRACE_ANALYZE_DISABLED: '1' };
    const outcome = await run(env, 'sdk 2 with ours', 'a model', load, vendor.baseURL);
    expect(outcome).toEqual({ answer: 'This is an answer.', isNative: true, seen: [] });
    await vendor.stop();
  });
});
