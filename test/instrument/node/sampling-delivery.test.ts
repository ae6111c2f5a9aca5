import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { attributesOf, type Collector, startCollector } from '../../support/collector.ts';
import { type DeliveryPrograms, deliveryPrograms, filesIn } from '../../support/delivery-process.ts';

const PROGRAM = 'test/instrument/programs/sampling';
const WORTHY = { keepErrorsAndSlow: { slowMs: 30_000 } };

let programs: DeliveryPrograms;
let collector: Collector;

beforeAll(() => {
  programs = deliveryPrograms(PROGRAM);
});

afterAll(() => programs.remove());

beforeEach(async () => {
  collector = await startCollector();
  return () => collector.close();
});

async function run(way: string, sampling: object, ending: string, env: Readonly<Record<string, string>> = {}) {
  const spool = programs.spool();
  const options = { program: PROGRAM, endpoint: collector.url, spool, env };
  const { stdout } = await programs.run([way, JSON.stringify(sampling), ending], options);
  expect(filesIn(spool)).toEqual([]);
  return stdout === '' ? undefined : JSON.parse(stdout);
}

/** How often spans of each name came. */
function names(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { name = '' } of collector.spans()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

const resources = () =>
  collector.taken
    .flatMap(({ traces }) => traces.resourceSpans ?? [])
    .map(({ resource }) => attributesOf(resource?.attributes));

/** Of the runs that failed, were slow or did not end. */
const KEPT = { 'execute_tool part': 2, 'invoke_agent failing': 1, slow: 1, 'invoke_agent hanging': 1 };
const ALL = {
  'execute_tool part': 22,
  'invoke_agent fine': 20,
  'invoke_agent failing': 1,
  slow: 1,
  'invoke_agent hanging': 1,
};

describe.each(['init', 'processor'])('sampling by how runs end, by %s', (way) => {
  it.each([
    ['process.exit', 'exit'],
    ['uncaught', 'crash'],
  ])('delivers the runs that fail, are slow or are cut off: %s', async (ending, why) => {
    await run(way, { ratio: 0, ...WORTHY }, ending);
    expect(names()).toEqual(KEPT);
    expect(attributesOf(collector.named('invoke_agent hanging')[0]?.attributes)['ta.incomplete']).toBe(why);
  });

  it('says how many spans were left out', async () => {
    const outcome = await run(way, { ratio: 0, ...WORTHY }, 'shutdown');
    if (way === 'init') {
      expect(names()).toEqual(KEPT);
      const stats = { made: 45, delivered: 5, refused: 0, dropped: 0, sampledOut: 40, pending: 0 };
      expect(outcome).toMatchObject({ isDelivered: true, stats });
    }
    expect(resources().at(-1)).toMatchObject({ 'ta.sampled_out_spans': 40, 'ta.delivery_id': expect.any(String) });
  });

  it('leaves nothing out of a share of one', async () => {
    await run(way, { ratio: 1, ...WORTHY }, 'process.exit');
    expect(names()).toEqual(ALL);
    expect(resources().at(-1)).not.toHaveProperty('ta.sampled_out_spans');
  });
});

describe('sampling by ratio', () => {
  it('keeps whole traces, counts the rest, and keeps none of a parent that was not', async () => {
    const outcome = await run('init', { ratio: 0.5 }, 'shutdown');
    const tools = collector.named('execute_tool part');
    const agents = new Set(
      collector
        .spans()
        .filter(({ name }) => name?.startsWith('invoke'))
        .map(({ spanId }) => spanId),
    );
    expect(tools.filter(({ parentSpanId }) => agents.has(parentSpanId ?? ''))).toHaveLength(agents.size);
    const delivered = collector.distinct();
    // Two of these are of the trace whose parent was not sampled.
    expect(outcome.stats).toMatchObject({ made: 45 + 3, delivered, sampledOut: 48 - delivered, pending: 0 });
    expect(names()).not.toHaveProperty('invoke_agent of an unsampled parent');
    if (delivered > 0) expect(resources().at(-1)).toMatchObject({ 'ta.sampled_out_spans': 48 - delivered });
  });

  it('by a processor, takes that share of what the provider makes', async () => {
    await run('processor', { ratio: 0 }, 'process.exit');
    expect(collector.requests).toEqual([]);
  });
});

describe('the environment', () => {
  it.each(['init', 'processor'])('wins over the code: %s', async (way) => {
    const env = { OTEL_TRACES_SAMPLER: 'parentbased_always_on' };
    await run(way, { ratio: 0 }, 'process.exit', env);
    expect(names()).toEqual(ALL);
  });

  it('wins over the code, and is counted', async () => {
    const env = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' };
    const outcome = await run('init', { ratio: 1, ...WORTHY }, 'shutdown', env);
    expect(outcome.stats).toMatchObject({ made: 48, delivered: 0, sampledOut: 48 });
    expect(collector.requests).toEqual([]);
  });
});
