import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attributesOf, freePort, startCollector } from '../../support/collector.ts';
import { type DeliveryPrograms, deliveryPrograms, filesIn, linesIn } from '../../support/delivery-process.ts';

let programs: DeliveryPrograms;

beforeAll(() => {
  programs = deliveryPrograms();
});

afterAll(() => programs.remove());

const NOBODY = 'http://127.0.0.1:9';
const TRIES = 8;
const PERMISSION = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission';
/** There can be no worker thread. */
const WITHOUT_THREADS = [PERMISSION, '--allow-fs-read=*', '--allow-fs-write=*'];
const urlOf = (port: number) => `http://127.0.0.1:${port}`;
const statsIn = (text: string) => JSON.parse(text.slice(text.indexOf('{')));

/** Not concurrent: these measure. */
describe('a receiver that is not there', () => {
  it.each(['simply', 'process.exit', 'by shutdown'])('%s: holds nobody up, and nothing is lost', async (ending) => {
    const port = await freePort();
    const spool = programs.spool();
    const spans = ending === 'by shutdown' ? 10 : 13;
    let isInTime = false;
    let made = 0;
    // Others want the machine, too: the best of a few is what we cost. Whoever waits for something waits each time.
    for (let i = 0; i < TRIES && !isInTime; i++) {
      const started = performance.now();
      const bare = await programs.run([ending]);
      // A third of a second where there is nothing else to do: where it is much more, the machine is that slow.
      const bareMs = performance.now() - started;
      const ended = await programs.run([ending], { endpoint: urlOf(port), spool });
      isInTime = ended.delayMs - bare.delayMs <= Math.max(500, bareMs);
      made += spans;
    }
    expect(isInTime).toBe(true);
    expect(linesIn(spool)).toBe(made);
    const collector = await startCollector({ port });
    const { stdout } = await programs.run(['after recovering', made], { endpoint: urlOf(port), spool });
    expect(statsIn(stdout)).toMatchObject({ recovered: made, unrecovered: 0 });
    expect([collector.distinct(), filesIn(spool)]).toEqual([made, []]);
    await collector.close();
  });

  it('loses the spans of a process without a spool, which knows it', async () => {
    const env = { TRACE_ANALYZE_SPOOL: 'off' };
    const { stderr } = await programs.run(['by shutdown'], { endpoint: NOBODY, env });
    expect(statsIn(stderr)).toMatchObject({ isDelivered: false, stats: { made: 10, dropped: 10, pending: 0 } });
  });

  it('is not waited for after a shutdown that has found that out', async () => {
    const ended = await programs.run(['by shutdown, twice'], { endpoint: NOBODY });
    expect(ended).toMatchObject({ code: 0, stdout: 'false,false,false\n' });
  });
});

describe.concurrent('a program', () => {
  it('may go to another directory than that which its spool is named from', async () => {
    const collector = await startCollector();
    const spool = programs.spool();
    const options = { endpoint: collector.url, spool: relative(process.cwd(), spool) };
    const { stdout } = await programs.run(['in another directory', 600], options);
    expect([stdout, collector.distinct(), filesIn(spool)]).toEqual(['true\n', 1200, []]);
    await collector.close();
  });

  it('without threads waits for a silent receiver no longer than with them', async () => {
    const collector = await startCollector({ answer: () => 'hang' });
    const spool = programs.spool();
    const env = { TRACE_ANALYZE_EXIT_FLUSH_MS: '500', OTEL_EXPORTER_OTLP_TIMEOUT: '80000' };
    const options = { endpoint: collector.url, spool, env, execArgv: WITHOUT_THREADS };
    // The second one has something to recover, and is at it as it ends.
    for (const spans of [13, 26]) {
      const { code, delayMs } = await programs.run(['simply'], options);
      expect([code, delayMs < 40_000, linesIn(spool)]).toEqual([0, true, spans]);
    }
    await collector.close();
  });

  it('may have other timers than those of Node', async () => {
    const collector = await startCollector();
    const { stdout } = await programs.run(['with timers of its own'], { endpoint: collector.url });
    expect([stdout, collector.distinct()]).toEqual(['true\n', 20]);
    await collector.close();
  });

  it('is not bothered by a receiver that wants to be left alone for years', async () => {
    const answer = () => ({ status: 429, headers: { 'retry-after': '99999999' } });
    const collector = await startCollector({ answer });
    const options = { endpoint: collector.url, execArgv: WITHOUT_THREADS };
    const { stderr } = await programs.run(['stats', 1, 2500], options);
    expect(stderr).not.toContain('TimeoutOverflowWarning');
    expect(collector.requests).toHaveLength(1);
    await collector.close();
  });
});

it('a line that cannot be sent is given up, and holds nothing up', async () => {
  const port = await freePort();
  const spool = programs.spool();
  await programs.run(['by signal'], { endpoint: urlOf(port), spool, signal: 'SIGKILL' });
  const [file] = filesIn(spool);
  writeFileSync(file!, readFileSync(file!, 'utf8').replace(/"startTimeUnixNano":"\d+"/, '"startTimeUnixNano":"soon"'));
  const collector = await startCollector({ port });
  const { stdout } = await programs.run(['after recovering', 10], { endpoint: urlOf(port), spool });
  expect(statsIn(stdout)).toMatchObject({ recovered: 9, unrecovered: 1 });
  expect([collector.distinct(), filesIn(spool)]).toEqual([9, []]);
  await collector.close();
});

/** What makes a process the first one of a container, where that is allowed. */
const FIRST = ['unshare --pid --fork', 'unshare --user --map-root-user --pid --fork'].find(
  (command) => spawnSync('sh', ['-c', `${command} true`]).status === 0,
);

if (FIRST !== undefined) {
  it('the first process of a container survives a signal, and delivers what it does from then on', async () => {
    const collector = await startCollector();
    const spool = programs.spool();
    const shell = `exec ${FIRST} "$@"`;
    const ended = await programs.run(['as the first process'], { endpoint: collector.url, spool, shell });
    expect(ended).toMatchObject({ code: 0, stdout: 'process 1\n', stderr: '' });
    expect([collector.distinct(), filesIn(spool)]).toEqual([23, []]);
    const why = collector.spans().map(({ attributes }) => attributesOf(attributes)['ta.incomplete']);
    expect(why.filter((one) => one !== undefined)).toEqual(['exit', 'exit', 'exit']);
    await collector.close();
  });
}
