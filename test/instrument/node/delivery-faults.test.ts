import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attributesOf, type Collector, freePort, startCollector } from '../../support/collector.ts';
import { type DeliveryPrograms, deliveryPrograms, filesIn, linesIn } from '../../support/delivery-process.ts';

let programs: DeliveryPrograms;

beforeAll(() => {
  programs = deliveryPrograms();
});

afterAll(() => programs.remove());

const EXPERIMENTAL = '--experimental-permission';
const urlOf = (port: number) => `http://127.0.0.1:${port}`;
const statsIn = (text: string) => JSON.parse(text.slice(text.indexOf('{')));

/** What the next start of a program with the same endpoint brings. */
async function recover(spool: string, port: number, spans: number): Promise<Collector> {
  const collector = await startCollector({ port });
  const { stdout } = await programs.run(['after recovering', spans], { endpoint: urlOf(port), spool });
  expect(statsIn(stdout)).toMatchObject({ recovered: spans, unrecovered: 0 });
  return collector;
}

describe.concurrent('a process that is killed', () => {
  it('leaves all of its spans on disk, and the next start delivers them', async () => {
    const port = await freePort();
    const spool = programs.spool();
    const killed = await programs.run(['by signal'], { endpoint: urlOf(port), spool, signal: 'SIGKILL' });
    expect([killed.signal, linesIn(spool)]).toEqual(['SIGKILL', 10]);
    const collector = await recover(spool, port, 10);
    expect([collector.distinct(), collector.spans().length, filesIn(spool)]).toEqual([10, 10, []]);
    await collector.close();
  });

  it('has told nobody but its owner', async () => {
    const spool = join(programs.spool(), 'deep', 'er');
    await programs.run(['by signal'], { endpoint: 'http://127.0.0.1:9', spool, signal: 'SIGKILL' });
    const modes = [spool, ...filesIn(spool)].map((path) => (statSync(path).mode & 0o777).toString(8));
    expect(modes).toEqual(['700', '600']);
  });

  it('may have been in the middle of a line', async () => {
    const port = await freePort();
    const spool = programs.spool();
    await programs.run(['by signal'], { endpoint: urlOf(port), spool, signal: 'SIGKILL' });
    const [file] = filesIn(spool);
    writeFileSync(file!, readFileSync(file!, 'utf8').slice(0, -20));
    const collector = await startCollector({ port });
    const { stdout } = await programs.run(['after recovering', 9], { endpoint: urlOf(port), spool });
    expect(statsIn(stdout)).toMatchObject({ recovered: 9, unrecovered: 1 });
    expect([collector.distinct(), filesIn(spool)]).toEqual([9, []]);
    await collector.close();
  });

  it('is told from one that runs, and from one with another endpoint', async () => {
    const spool = programs.spool();
    const collector = await startCollector();
    const hanging = await startCollector({ answer: () => 'hang' });
    await programs.run(['by signal'], { endpoint: 'http://127.0.0.1:9', spool, signal: 'SIGKILL' });
    const env = { TRACE_ANALYZE_EXIT_FLUSH_MS: '500' };
    const running = programs.run(['stats', 3, 2500], { endpoint: hanging.url, spool, env });
    await programs.run(['stats', 1, 1500], { endpoint: collector.url, spool });
    expect([collector.distinct(), linesIn(spool)]).toEqual([1, 13]);
    await running;
    await Promise.all([collector.close(), hanging.close()]);
  });

  it('is recovered by one of many that start at once', async () => {
    const port = await freePort();
    const spool = programs.spool();
    await programs.run(['by signal', 2000], { endpoint: urlOf(port), spool, signal: 'SIGKILL' });
    const collector = await startCollector({ port });
    const starts = [1, 2, 3].map(() => programs.run(['stats', 0, 12_000], { endpoint: urlOf(port), spool }));
    const recovered = (await Promise.all(starts)).map(({ stderr }) => statsIn(stderr).recovered);
    expect(recovered.reduce((sum, n) => sum + n)).toBe(2000);
    expect([collector.distinct(), collector.spans().length, filesIn(spool)]).toEqual([2000, 2000, []]);
    await collector.close();
  });
});

describe.concurrent('a receiver that is there', () => {
  it('and never answers holds up the end of a process for as long as it is told, and no longer', async () => {
    const collector = await startCollector({ answer: () => 'hang' });
    const spool = programs.spool();
    const env = { TRACE_ANALYZE_EXIT_FLUSH_MS: '700' };
    const ended = await programs.run(['process.exit'], { endpoint: collector.url, spool, env });
    expect(ended.delayMs).toBeGreaterThanOrEqual(600);
    expect([ended.code, linesIn(spool)]).toEqual([7, 13]);
    await collector.close();
  });

  it('answers 503 twice, then takes everything', async () => {
    const collector = await startCollector({ answer: ({ count }) => (count <= 2 ? { status: 503 } : undefined) });
    const { stderr } = await programs.run(['by shutdown'], { endpoint: collector.url });
    expect(statsIn(stderr)).toMatchObject({ isDelivered: true, stats: { delivered: 10, refused: 0, pending: 0 } });
    expect([collector.distinct(), collector.spans().length]).toEqual([10, 10]);
    await collector.close();
  });

  it('says when it wants more, and is asked no sooner', async () => {
    const collector = await startCollector({
      answer: ({ count }) => (count === 1 ? { status: 429, headers: { 'retry-after': '2' } } : undefined),
    });
    const { stderr } = await programs.run(['by shutdown'], { endpoint: collector.url });
    expect(statsIn(stderr)).toMatchObject({ isDelivered: true, stats: { delivered: 10 } });
    const [first, second] = collector.requests;
    expect(second!.atMs - first!.atMs).toBeGreaterThanOrEqual(1990);
    await collector.close();
  });

  it('refuses a bad span, and gets all the others', async () => {
    const collector = await startCollector({
      answer: ({ spans }) => (spans.some(isBad) ? { status: 400, body: '{"message":"bad span"}' } : undefined),
    });
    const first = { bad: '' };
    const isBad = ({ spanId }: { spanId: string }) => {
      first.bad ||= spanId;
      return spanId === first.bad;
    };
    const { stderr } = await programs.run(['by shutdown', 600], { endpoint: collector.url });
    expect(statsIn(stderr)).toMatchObject({ isDelivered: false, stats: { delivered: 599, refused: 1, dropped: 0 } });
    expect([collector.distinct(), collector.spans().length]).toEqual([599, 599]);
    await collector.close();
  });

  it('takes only small requests', async () => {
    const collector = await startCollector({
      answer: ({ bytes }) => (bytes > 50_000 ? { status: 413 } : undefined),
    });
    const { stdout } = await programs.run(['with large spans', 64, 8000], { endpoint: collector.url });
    expect(statsIn(stdout)).toMatchObject({ isDelivered: true, stats: { delivered: 64, refused: 0 } });
    expect(collector.distinct()).toBe(64);
    await collector.close();
  });

  it('refuses one span that is too large by itself', async () => {
    const collector = await startCollector({ answer: ({ bytes }) => (bytes > 4000 ? { status: 413 } : undefined) });
    const { stdout } = await programs.run(['with large spans', 2, 8000], { endpoint: collector.url });
    expect(statsIn(stdout)).toMatchObject({ isDelivered: false, stats: { delivered: 0, refused: 2 } });
    await collector.close();
  });

  it('takes a part, and says how many it did not', async () => {
    const body = '{"partialSuccess":{"rejectedSpans":"3","errorMessage":"no"}}';
    const collector = await startCollector({
      answer: ({ count }) => (count === 1 ? { status: 200, body } : undefined),
    });
    const { stderr } = await programs.run(['by shutdown'], { endpoint: collector.url });
    expect(statsIn(stderr)).toMatchObject({ isDelivered: false, stats: { delivered: 7, refused: 3 } });
    await collector.close();
  });

  it('does not know us: what it denies is kept for when that is set right', async () => {
    const collector = await startCollector({ answer: () => ({ status: 401 }) });
    const spool = programs.spool();
    const { stderr } = await programs.run(['by shutdown'], { endpoint: collector.url, spool });
    expect(statsIn(stderr)).toMatchObject({ isDelivered: false, stats: { refused: 0, dropped: 0, spooled: 10 } });
    expect(linesIn(spool)).toBe(10);
    await collector.close();
  });

  it('tears the connection down once', async () => {
    const collector = await startCollector({ answer: ({ count }) => (count === 1 ? 'break' : undefined) });
    const spool = programs.spool();
    await programs.run(['stats', 10, 12_000], { endpoint: collector.url, spool });
    expect([collector.distinct(), filesIn(spool)]).toEqual([10, []]);
    await collector.close();
  });

  it('is told on the resource of the next batch what was refused before', async () => {
    const bad: string[] = [];
    const collector = await startCollector({
      answer: ({ spans }) => {
        if (bad.length === 0) bad.push(spans[0]!.spanId);
        return spans.some(({ spanId }) => bad.includes(spanId)) ? { status: 400 } : undefined;
      },
    });
    await programs.run(['over time', 1, 12_000], { endpoint: collector.url });
    const told = collector.taken.map(({ traces }) => attributesOf(traces.resourceSpans?.[0]?.resource?.attributes));
    expect(told[0]).not.toHaveProperty('ta.refused_spans');
    expect(told.at(-1)).toMatchObject({
      'ta.refused_spans': 1,
      'ta.delivery_id': expect.stringMatching(/^[0-9a-f]{8}$/),
    });
    await collector.close();
  });
});

describe.concurrent('a disk', () => {
  // Nothing is read-only to root.
  const itIfUser = process.getuid?.() === 0 ? () => undefined : it;
  itIfUser('that is read-only: spans are delivered from memory', async () => {
    const collector = await startCollector();
    const spool = programs.spool();
    mkdirSync(spool);
    chmodSync(spool, 0o500);
    const { stderr } = await programs.run(['by shutdown'], { endpoint: collector.url, spool });
    expect(statsIn(stderr)).toMatchObject({ isDelivered: true, stats: { delivered: 10, spooled: 0 } });
    await collector.close();
  });

  it('where the spool cannot be: spans are delivered from memory, and the failure is counted', async () => {
    const collector = await startCollector();
    const file = programs.spool();
    writeFileSync(file, '');
    const { stderr } = await programs.run(['by shutdown'], { endpoint: collector.url, spool: join(file, 'spool') });
    expect(statsIn(stderr)).toMatchObject({
      isDelivered: true,
      stats: { delivered: 10, spooled: 0, telemetryErrors: 1 },
    });
    await collector.close();
  });

  it('that is full in the middle of a line: spans are delivered from memory', async () => {
    const collector = await startCollector();
    const spool = programs.spool();
    // In blocks of 512 bytes or of 1024, as the shell likes: some lines of the first batch fit.
    const options = { endpoint: collector.url, spool, shell: 'ulimit -f 8' };
    const { stderr, code } = await programs.run(['by shutdown', 1000], options);
    expect(code).toBe(0);
    expect(statsIn(stderr)).toMatchObject({ isDelivered: true, stats: { delivered: 1000, dropped: 0, refused: 0 } });
    expect(statsIn(stderr).stats.telemetryErrors).toBeGreaterThanOrEqual(1);
    expect([collector.distinct(), filesIn(spool)]).toEqual([1000, []]);
    await collector.close();
  });

  it('that is shared by two processes: each delivers its own', async () => {
    const collector = await startCollector();
    const spool = programs.spool();
    const both = [1, 2].map(() => programs.run(['by shutdown', 3000], { endpoint: collector.url, spool }));
    const made = (await Promise.all(both)).map(({ stderr }) => statsIn(stderr).stats.delivered);
    expect([made, collector.distinct(), filesIn(spool)]).toEqual([[3000, 3000], 6000, []]);
    await collector.close();
  });
});

describe.concurrent('more spans in one turn than memory may hold', () => {
  it('are delivered from disk', async () => {
    const collector = await startCollector();
    const spool = programs.spool();
    const { stderr } = await programs.run(['by shutdown', 70_000], { endpoint: collector.url, spool });
    expect(statsIn(stderr)).toMatchObject({ isDelivered: true, stats: { delivered: 70_000, dropped: 0 } });
    expect([collector.distinct(), filesIn(spool)]).toEqual([70_000, []]);
    await collector.close();
  });

  it('are dropped where there is no disk: counted, and told on the resource', async () => {
    const collector = await startCollector();
    const env = { TRACE_ANALYZE_SPOOL: 'off' };
    const { stderr } = await programs.run(['by shutdown', 70_000], { endpoint: collector.url, env });
    const dropped = 70_000 - 65_536;
    expect(statsIn(stderr).stats).toMatchObject({ made: 70_000, delivered: 65_536, dropped, pending: 0 });
    const told = collector.taken.map(({ traces }) => attributesOf(traces.resourceSpans?.[0]?.resource?.attributes));
    expect(told.at(-1)).toMatchObject({ 'ta.dropped_spans': dropped });
    await collector.close();
  });
});

describe.concurrent('where there is no worker thread', () => {
  it('the program itself delivers what it has when it simply ends', async () => {
    const collector = await startCollector();
    const spool = programs.spool();
    const permission = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : EXPERIMENTAL;
    const execArgv = [permission, '--allow-fs-read=*', '--allow-fs-write=*', '--no-warnings'];
    const ended = await programs.run(['simply'], { endpoint: collector.url, spool, execArgv });
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect([collector.distinct(), filesIn(spool), existsSync(spool)]).toEqual([13, [], true]);
    await collector.close();
  });
});
