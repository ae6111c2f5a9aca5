import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attributesOf, startCollector } from '../../support/collector.ts';
import {
  type DeliveryPrograms,
  deliveryPrograms,
  type Ended,
  filesIn,
  linesIn,
} from '../../support/delivery-process.ts';

let programs: DeliveryPrograms;

beforeAll(() => {
  programs = deliveryPrograms();
});

afterAll(() => programs.remove());

/** Everything that a parent process sees of a program, save how long it took. */
function seen({ code, signal, stdout, stderr }: Ended) {
  return { code, signal, stdout, stderr };
}

interface Ending {
  readonly ending: string;
  readonly signal?: NodeJS.Signals;
  readonly why?: string;
  readonly end: { readonly code: number | null; readonly signal: NodeJS.Signals | null };
}

const ENDINGS: readonly Ending[] = [
  { ending: 'simply', why: 'exit', end: { code: 0, signal: null } },
  { ending: 'process.exit', why: 'exit', end: { code: 7, signal: null } },
  { ending: 'uncaught', why: 'crash', end: { code: 1, signal: null } },
  { ending: 'unhandled rejection', why: 'crash', end: { code: 1, signal: null } },
  { ending: 'after a survived error', why: 'exit', end: { code: 0, signal: null } },
  { ending: 'by signal', signal: 'SIGTERM', why: 'signal', end: { code: null, signal: 'SIGTERM' } },
  { ending: 'by signal', signal: 'SIGINT', why: 'signal', end: { code: null, signal: 'SIGINT' } },
  { ending: 'by signal', signal: 'SIGHUP', why: 'signal', end: { code: null, signal: 'SIGHUP' } },
  { ending: 'with many listeners', end: { code: 0, signal: null } },
  { ending: 'by signal, listening', signal: 'SIGTERM', end: { code: 5, signal: null } },
  { ending: 'by signal, like a library', signal: 'SIGTERM', end: { code: null, signal: 'SIGTERM' } },
  { ending: 'by signal, listening once', signal: 'SIGTERM', end: { code: null, signal: 'SIGTERM' } },
];

describe.concurrent('a process that ends', () => {
  it.each(ENDINGS)('$ending $signal: all is delivered, and the program does as it does without us', async (row) => {
    const collector = await startCollector();
    const spool = programs.spool();
    const signal = row.signal === undefined ? {} : { signal: row.signal };
    const [traced, bare] = await Promise.all([
      programs.run([row.ending], { endpoint: collector.url, spool, ...signal }),
      programs.run([row.ending], signal),
    ]);
    expect(traced).toMatchObject(row.end);
    expect(seen(traced)).toEqual(seen(bare));
    expect([collector.named('execute_tool made').length, linesIn(spool)]).toEqual([10, 0]);
    const open = collector.spans().filter(({ name }) => name !== 'execute_tool made');
    expect(open.map(({ name, attributes }) => [name, attributesOf(attributes)['ta.incomplete']]).sort()).toEqual(
      row.why === undefined
        ? []
        : [
            ['chat m', row.why],
            ['execute_tool hanging', row.why],
            ['other', row.why],
          ],
    );
    await collector.close();
  });

  it.each([
    ['process.exit', 10_000],
    ['simply', 40_000],
    ['by shutdown', 40_000],
  ])('%s: none of %d spans that end in one turn is lost', async (ending, count) => {
    const collector = await startCollector();
    const spool = programs.spool();
    await programs.run([ending, count], { endpoint: collector.url, spool });
    expect(new Set(collector.named('execute_tool made').map(({ spanId }) => spanId)).size).toBe(count);
    expect(filesIn(spool)).toEqual([]);
    await collector.close();
  });

  it.each([
    ['process.exit', { code: 7 }, 'exit'],
    ['uncaught', { code: 1 }, 'crash'],
    ['by signal', { signal: 'SIGTERM' as const }, 'signal'],
  ])('%s: a provider of the program with our processor loses nothing either', async (ending, end, why) => {
    const collector = await startCollector();
    const spool = programs.spool();
    const env = { OWN_PROVIDER: 'yes' };
    const ended = await programs.run([ending], { endpoint: collector.url, spool, env, signal: 'SIGTERM' });
    expect(ended).toMatchObject(end);
    expect([collector.named('execute_tool made').length, filesIn(spool)]).toEqual([10, []]);
    const [hanging] = collector.named('execute_tool hanging');
    expect(attributesOf(hanging?.attributes)['ta.incomplete']).toBe(why);
    await collector.close();
  });

  it('after a moment has the resource that was found out meanwhile', async () => {
    const collector = await startCollector();
    const spool = programs.spool();
    const env = { OWN_PROVIDER: 'yes' };
    await programs.run(['by shutdown'], { endpoint: collector.url, spool, env });
    const resources = collector.taken.flatMap(({ traces }) => traces.resourceSpans ?? []);
    expect(resources.map(({ resource }) => attributesOf(resource?.attributes))).toEqual([
      { 'service.name': 'own', later: 'found out' },
    ]);
    expect([collector.spans().length, filesIn(spool)]).toEqual([10, []]);
    await collector.close();
  });

  it('has its preloads to itself', async () => {
    const collector = await startCollector();
    const env = { NODE_OPTIONS: '--import=data:text/javascript,console.log(1)' };
    const execArgv = ['--import', 'data:text/javascript,console.log(2)'];
    const { stdout } = await programs.run(['simply'], { endpoint: collector.url, env, execArgv });
    expect(stdout.split('\n').sort()).toEqual(['', '1', '2', 'last word']);
    expect(collector.named('execute_tool made')).toHaveLength(10);
    await collector.close();
  });

  it('a thread of the program delivers what it made, too', async () => {
    const collector = await startCollector();
    const spool = programs.spool();
    const ended = await programs.run(['in a worker'], { endpoint: collector.url, spool });
    expect(ended).toMatchObject({ code: 0, stdout: 'last word\nworker ended with 7\n', stderr: '' });
    expect([collector.named('execute_tool made').length, filesIn(spool)]).toEqual([10, []]);
    await collector.close();
  });

  it('of its own accord is not held up where nothing was made', async () => {
    const collector = await startCollector();
    const spool = programs.spool();
    await programs.run(['simply', 0], { endpoint: collector.url, spool, env: { OTEL_TRACES_EXPORTER: 'none' } });
    expect([collector.requests.length, filesIn(spool)]).toEqual([0, []]);
    await collector.close();
  });
});
