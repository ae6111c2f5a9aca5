import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { attributesOf, type Collector, startCollector } from '../../support/collector.ts';
import { type DeliveryPrograms, deliveryPrograms, filesIn, linesIn } from '../../support/delivery-process.ts';

const PROGRAM = 'test/instrument/programs/threads';

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

const run = (ending: string, spool: string, threads = 1) =>
  programs.run([ending, threads], { program: PROGRAM, endpoint: collector.url, spool });

/** All spans of the run are one tree: the threads' parts below the job of the main thread. */
function expectOneTree(threads: number): void {
  const [job] = collector.named('invoke_agent job');
  const parts = collector.named('invoke_agent part');
  expect(parts.map(({ parentSpanId }) => parentSpanId)).toEqual(parts.map(() => job?.spanId));
  expect(new Set(collector.spans().map(({ traceId }) => traceId)).size).toBe(1);
  const belowJob = collector.named('execute_tool main').filter(({ parentSpanId }) => parentSpanId === job?.spanId);
  const partIds = new Set(parts.map(({ spanId }) => spanId));
  const belowParts = collector.named('execute_tool thread').filter((span) => partIds.has(span.parentSpanId ?? ''));
  expect([parts.length, belowJob.length, belowParts.length]).toEqual([threads, 20, 20 * threads]);
  expect(collector.distinct()).toBe(1 + 20 + 21 * threads);
}

describe('threads of the program', () => {
  it.each([
    ['simply', '0'],
    ['process.exit', '3'],
    ['uncaught', '1, the thread broke'],
    ['by shutdown', '0, told [true,21]'],
  ])('deliver what they made, in one tree with the main thread, when they end: %s', async (ending, end) => {
    const spool = programs.spool();
    expect(await run(ending, spool)).toMatchObject({ code: 0, stderr: '', stdout: `thread ended with ${end}\n` });
    expectOneTree(1);
    expect(filesIn(spool)).toEqual([]);
    const services = collector.taken
      .flatMap(({ traces }) => traces.resourceSpans ?? [])
      .map(({ resource }) => attributesOf(resource?.attributes)['service.name']);
    expect([...new Set(services)].sort()).toEqual(['main', 'thread']);
  });

  it('may be several at once', async () => {
    const spool = programs.spool();
    await run('simply', spool, 3);
    expectOneTree(3);
    expect(filesIn(spool)).toEqual([]);
  });

  it.each(['terminate', 'main exits'])(
    'leave on disk what they could not deliver, for the next start: %s',
    async (ending) => {
      const spool = programs.spool();
      expect(await run(ending, spool)).toMatchObject({ code: 0, stderr: '' });
      const arrived = new Set(collector.spans().map(({ spanId }) => spanId)).size;
      expect(arrived + linesIn(spool)).toBeGreaterThanOrEqual(42);
      const next = await programs.run(['after recovering', linesIn(spool)], { endpoint: collector.url, spool });
      expect(next.stderr).toBe('');
      expectOneTree(1);
      expect(filesIn(spool)).toEqual([]);
    },
  );
});
