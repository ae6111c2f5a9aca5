import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCollector } from '../../support/collector.ts';
import type { DeliveryPrograms } from '../../support/delivery-process.ts';
import { type Copies, hasCopies, PROVIDERS, programsWith } from '../../support/opentelemetry-copies.ts';

const CALLS = [
  'execute_tool inner',
  'invoke_agent outer',
  'execute_tool inner',
  'invoke_agent outer',
  'execute_tool inner',
];
const WARNING =
  /^\(node:\d+\) TraceAnalyzeWarning: trace-analyze: two copies of @opentelemetry\/api: (.*)\. Have one copy/gm;

interface Outcome {
  readonly result?: string;
  readonly values: readonly number[];
  readonly seen: readonly string[];
}

/** Registers the tests of one layout of packages. */
function layout(title: string, copies: Copies, body: (run: (setups: string) => Promise<Row>) => void): void {
  if (!hasCopies(copies)) {
    describe.skip(`${title} (not installed: npm run clients)`, () => it('is skipped', () => undefined));
    return;
  }
  describe(title, () => {
    let programs: DeliveryPrograms;
    beforeAll(() => {
      programs = programsWith(copies);
    });
    afterAll(() => programs.remove());
    body(async (setups) => {
      const collector = await startCollector();
      const options = { program: PROVIDERS, endpoint: collector.url };
      const { code, stdout, stderr } = await programs.run([setups, 'wrapped calls'], options);
      const { result, values, seen }: Outcome = JSON.parse(stdout);
      expect([code, values]).toEqual([0, [2, 3, 3]]);
      const warnings = [...stderr.matchAll(WARNING)].map(([, problem]) => problem);
      expect(stderr.split('\n').filter((line) => line.includes('Warning: '))).toHaveLength(warnings.length);
      const received = collector.spans();
      await collector.close();
      const ids = new Map(received.map((span) => [span.spanId, span]));
      const nested = received.filter(({ parentSpanId }) => ids.has(parentSpanId ?? '')).length;
      return { result, seen, received: received.length, nested, warnings };
    });
  });
}

interface Row {
  readonly result: string | undefined;
  /** Names of spans that the program's own processor got. */
  readonly seen: readonly string[];
  readonly received: number;
  readonly nested: number;
  readonly warnings: readonly (string | undefined)[];
}

layout('one copy, 1.9', {}, (run) => {
  it('our provider', async () => {
    expect(await run('init')).toEqual({ result: 'started', seen: [], received: 5, nested: 2, warnings: [] });
  });

  it('a provider of the program', async () => {
    expect(await run('sdk 2,init')).toMatchObject({ result: 'existing', seen: CALLS, received: 0, warnings: [] });
    expect(await run('sdk 2 with ours,init')).toMatchObject({ seen: CALLS, received: 5, nested: 2, warnings: [] });
  });

  it('no provider at all', async () => {
    expect(await run('nothing')).toMatchObject({ seen: [], received: 0, warnings: [] });
  });
});

layout('the program has 1.10, we have 1.9', { program: 'newer' }, (run) => {
  it('its provider is seen', async () => {
    expect(await run('sdk 2,init')).toMatchObject({ result: 'existing', seen: CALLS, warnings: [] });
    expect(await run('sdk 2 with ours')).toMatchObject({ seen: CALLS, received: 5, nested: 2, warnings: [] });
  });

  it('our provider cannot be registered once the other copy was used: one warning', async () => {
    const problem = 'version 1.10.0 was used first, and lets no other register a tracer provider, so nothing is traced';
    expect(await run('a logger,init')).toEqual({
      result: 'disabled',
      seen: [],
      received: 0,
      nested: 0,
      warnings: [problem],
    });
  });

  it('our provider can be registered as long as it was not', async () => {
    expect(await run('init')).toMatchObject({ result: 'started', received: 5, nested: 2, warnings: [] });
  });
});

layout('the program has 1.9, we have 1.10', { ours: 'newer' }, (run) => {
  const hidden =
    "the program's tracer provider was registered through version 1.9.1, which the newer copy of trace-analyze cannot see, so nothing is traced";

  it.each(['sdk 2', 'sdk 2 with ours'])('its provider is hidden: one warning (%s)', async (setup) => {
    expect(await run(setup)).toMatchObject({ seen: [], received: 0, warnings: [hidden] });
  });

  it('its provider is in the way of ours: one warning', async () => {
    const problem = 'version 1.9.1 was used first, and lets no other register a tracer provider, so nothing is traced';
    expect(await run('sdk 2,init')).toMatchObject({ result: 'disabled', received: 0, warnings: [problem] });
  });

  it('our SDK has another copy than we: one warning', async () => {
    const problem =
      'the SDK of trace-analyze uses version 1.9.1, which the newer copy of trace-analyze cannot see, so nothing of it is traced';
    expect(await run('init')).toMatchObject({ result: 'started', received: 0, warnings: [problem] });
  });
});

layout('both have 1.10', { program: 'newer', ours: 'newer' }, (run) => {
  it('its provider is seen', async () => {
    expect(await run('sdk 2,init')).toMatchObject({ result: 'existing', seen: CALLS, warnings: [] });
    expect(await run('sdk 2 with ours')).toMatchObject({ seen: CALLS, received: 5, nested: 2, warnings: [] });
  });
});
