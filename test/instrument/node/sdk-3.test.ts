import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OtlpSpan } from '../../../src/analyze/formats/otlp-types.ts';
import { describeReleases, releasesOf } from '../../support/clients.ts';
import { attributesOf, type Collector, startCollector } from '../../support/collector.ts';
import { type DeliveryPrograms, filesIn } from '../../support/delivery-process.ts';
import { PROVIDERS, programsWith } from '../../support/opentelemetry-copies.ts';
import { startOpenAI } from '../../support/vendors/openai.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const NEWER = join(ROOT, 'test/clients/node_modules/@opentelemetry');

const PROGRAM = `
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { spanProcessor } from 'trace-analyze/instrument/node';
new TracerProvider({ spanProcessors: [spanProcessor({ sampling: { ratio: 0.5 } })] });
`;

const CONFIG = {
  extends: join(ROOT, 'tsconfig.json'),
  compilerOptions: {
    paths: { 'trace-analyze/instrument/node': [join(ROOT, 'src/instrument/node/index.ts')] },
    typeRoots: [join(ROOT, 'node_modules/@types')],
  },
  include: ['*.ts'],
};

/** What the compiler says of a program with SDK 3.x and API 1.10. */
function complaintsAbout(program: string): string[] {
  mkdirSync(join(ROOT, 'node_modules/.cache'), { recursive: true });
  const dir = mkdtempSync(join(ROOT, 'node_modules/.cache/trace-analyze-types-'));
  const scope = join(dir, 'node_modules/@opentelemetry');
  mkdirSync(scope, { recursive: true });
  for (const name of ['api', 'core', 'resources', 'sdk-trace']) symlinkSync(join(NEWER, name), join(scope, name));
  writeFileSync(join(dir, 'package.json'), '{"type":"module"}');
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify(CONFIG));
  writeFileSync(join(dir, 'program.ts'), program);
  try {
    execFileSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', dir], { stdio: 'pipe', encoding: 'utf8' });
    return [];
  } catch (error) {
    // Other folders' types are `npm run typecheck`'s business.
    const lines = String((error as { stdout?: string }).stdout).split('\n');
    return lines.filter((line) => line.includes('program.ts'));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const CALLS = [
  'execute_tool inner',
  'invoke_agent outer',
  'execute_tool inner',
  'invoke_agent outer',
  'execute_tool inner',
];

/** With one copy of the API, and where we have an older one than the program. */
const LAYOUTS = [
  ['one API, 1.10', { program: 'newer', ours: 'newer' }],
  ['API 1.10, ours 1.9', { program: 'newer' }],
] as const;

it.runIf(existsSync(join(NEWER, 'sdk-trace')) || process.env.CI === 'true')(
  'our processor has the type that a provider of SDK 3.x takes',
  () => {
    expect(complaintsAbout(PROGRAM)).toEqual([]);
    expect(complaintsAbout(PROGRAM.replace('spanProcessor({', 'Object({'))).toHaveLength(1);
  },
);

describeReleases('otel', () => {
  describe.each(LAYOUTS)('a provider of SDK 3.x: %s', (_title, copies) => {
    let programs: DeliveryPrograms;

    beforeAll(() => {
      programs = programsWith(copies);
    });

    afterAll(() => programs.remove());

    async function run(collector: Collector, setups: string, ...args: string[]): Promise<unknown> {
      const options = { program: PROVIDERS, endpoint: collector.url };
      const { code, stdout, stderr } = await programs.run([setups, ...args], options);
      expect([code, stderr]).toEqual([0, '']);
      return JSON.parse(stdout);
    }

    it.each([
      ['simply', { code: 0 }, 'exit'],
      ['process.exit', { code: 7 }, 'exit'],
      ['uncaught', { code: 1 }, 'crash'],
      ['unhandled rejection', { code: 1 }, 'crash'],
      ['by signal', { signal: 'SIGTERM' as const }, 'signal'],
    ])('loses nothing with our processor: %s', async (ending, end, why) => {
      const collector = await startCollector();
      const spool = programs.spool();
      const env = { OWN_PROVIDER: '3' };
      const ended = await programs.run([ending], { endpoint: collector.url, spool, env, signal: 'SIGTERM' });
      expect(ended).toMatchObject(end);
      expect([collector.named('execute_tool made').length, collector.distinct(), filesIn(spool)]).toEqual([10, 13, []]);
      const open = ['execute_tool hanging', 'other', 'chat m'].map((name) => collector.named(name)[0]?.attributes);
      expect(open.map((attributes) => attributesOf(attributes)['ta.incomplete'])).toEqual([why, why, why]);
      await collector.close();
    });

    it('waits for what is found out of the resource', async () => {
      const collector = await startCollector();
      const env = { OWN_PROVIDER: '3' };
      await programs.run(['by shutdown', 2], { endpoint: collector.url, env });
      const resources = collector.taken.flatMap(({ traces }) => traces.resourceSpans ?? []);
      expect(resources.map(({ resource }) => attributesOf(resource?.attributes))).toEqual([
        { 'service.name': 'own', later: 'found out' },
      ]);
      await collector.close();
    });

    it('keeps all that a span says', async () => {
      const collector = await startCollector();
      expect(await run(collector, 'sdk 3 with ours', 'details')).toEqual(['first', 'execute_tool inner', 'second']);
      const all = collector.taken.flatMap(({ traces }) => traces.resourceSpans ?? []);
      const resource = [
        { key: 'service.name', value: { stringValue: 'own' } },
        { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, { stringValue: 'b' }] } } },
      ];
      expect(all.map((one) => one.resource?.attributes)).toEqual([resource]);
      const scopes = all.flatMap(({ scopeSpans }) => scopeSpans ?? []);
      const app = scopes.find(({ scope }) => scope?.name === 'app');
      expect(app).toMatchObject({
        scope: { name: 'app', version: '1.2.3' },
        schemaUrl: 'https://opentelemetry.io/schemas/1.30.0',
      });
      const [first, second, inner] = ['first', 'second', 'execute_tool inner'].map((name) => collector.named(name)[0]);
      expect(first).toMatchObject({
        kind: 1,
        startTimeUnixNano: '1800000000123456789',
        endTimeUnixNano: '1800000001000000001',
        status: { code: 0 },
      });
      expectDetails(second, first);
      expect(inner).toMatchObject({ traceId: second?.traceId, parentSpanId: second?.spanId });
      await collector.close();
    });

    it('has the calls of wrapped functions, nested, in its own processors and in ours', async () => {
      const collector = await startCollector();
      const outcome = await run(collector, 'sdk 3 with ours,init', 'wrapped calls');
      expect(outcome).toMatchObject({
        result: 'existing',
        values: [2, 3, 3],
        seen: CALLS,
        isFlushed: true,
        threads: 1,
      });
      const agents = new Set(collector.named('invoke_agent outer').map(({ spanId }) => spanId));
      const tools = collector.named('execute_tool inner');
      expect([agents.size, tools.filter(({ parentSpanId }) => agents.has(parentSpanId ?? '')).length]).toEqual([2, 2]);
      await collector.close();
    });

    it('is left as it is by init', async () => {
      const collector = await startCollector();
      const outcome = await run(collector, 'sdk 3,init', 'wrapped calls');
      expect(outcome).toEqual({ result: 'existing', values: [2, 3, 3], seen: CALLS, isFlushed: true, threads: 0 });
      expect(collector.requests).toEqual([]);
      await collector.close();
    });

    it('has the calls of a client', async () => {
      const [collector, vendor] = await Promise.all([startCollector(), startOpenAI()]);
      const load = pathToFileURL(join(releasesOf('openai')[0]!.dir, 'load.mjs')).href;
      const outcome = await run(collector, 'sdk 3 with ours', 'a model', load, vendor.baseURL);
      expect(outcome).toEqual({
        answer: 'This is an answer.',
        isNative: true,
        seen: ['chat gpt-fake', 'invoke_agent asker'],
      });
      const [chat] = collector.named('chat gpt-fake');
      expect(chat?.parentSpanId).toBe(collector.named('invoke_agent asker')[0]?.spanId);
      expect(attributesOf(chat?.attributes)).toMatchObject({
        'gen_ai.usage.input_tokens': 11,
        'gen_ai.usage.output_tokens': 4,
      });
      await Promise.all([collector.close(), vendor.stop()]);
    });
  });
});

function expectDetails(span: OtlpSpan | undefined, linked: OtlpSpan | undefined): void {
  expect(span).toMatchObject({ kind: 3, status: { code: 2, message: 'did not work' } });
  expect(span?.attributes).toEqual([
    { key: 'text', value: { stringValue: 'é' } },
    { key: 'whole', value: { intValue: 7 } },
    { key: 'half', value: { doubleValue: 0.5 } },
    { key: 'yes', value: { boolValue: true } },
    { key: 'list', value: { arrayValue: { values: [{ intValue: 1 }, { intValue: 2 }] } } },
  ]);
  const [link] = span?.links ?? [];
  expect([span?.links?.length, link?.traceId, link?.spanId]).toEqual([1, linked?.traceId, linked?.spanId]);
  expect(attributesOf(link?.attributes)).toEqual({ why: 'because' });
  const [happened, exception] = span?.events ?? [];
  expect([happened?.name, exception?.name, span?.events?.length]).toEqual(['happened', 'exception', 2]);
  expect(attributesOf(happened?.attributes)).toEqual({ at: 3 });
  expect(attributesOf(exception?.attributes)).toMatchObject({ 'exception.message': 'broke' });
}
