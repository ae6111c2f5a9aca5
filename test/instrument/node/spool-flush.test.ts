import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../../src/cli/main.ts';
import { type Collector, freePort, startCollector } from '../../support/collector.ts';
import { type DeliveryPrograms, deliveryPrograms, filesIn, linesIn } from '../../support/delivery-process.ts';

let programs: DeliveryPrograms;
let spool: string;

beforeAll(() => {
  programs = deliveryPrograms();
});

afterAll(() => programs.remove());

async function cli(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const io = { stdin, stdout, stderr, env, now: Date.now, signal: new AbortController().signal };
  const code = await run(args, io);
  return { code, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
}

/** A spool with the ten spans of a program that was killed. */
async function leaveSpans(endpoint: string): Promise<string> {
  spool = programs.spool();
  await programs.run(['by signal'], { endpoint, spool, signal: 'SIGKILL' });
  expect(linesIn(spool)).toBe(10);
  return spool;
}

describe('what a killed program has left', () => {
  it('is read by analyze as it is', async () => {
    await leaveSpans('http://127.0.0.1:9');
    const { code, stdout } = await cli([...filesIn(spool), '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      input: { spans: 10, skipped: [], sources: [{ format: 'otlp-json' }] },
      criticalPath: { byOperation: [{ service: 'endings', operation: 'execute_tool made' }] },
    });
  });

  it('is delivered by flush, once, to the endpoint of the environment', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    await leaveSpans(url);
    const collector = await startCollector({ port });
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: url, TRACE_ANALYZE_SPOOL: spool };
    expect(await cli(['flush'], env)).toEqual({
      code: 0,
      stdout: `delivered 10 spans from ${spool} to ${url}\n`,
      stderr: '',
    });
    expect([collector.distinct(), filesIn(spool)]).toEqual([10, []]);
    expect(await cli(['flush'], env)).toEqual({ code: 0, stdout: `nothing delivered from ${spool}\n`, stderr: '' });
    expect(collector.spans()).toHaveLength(10);
    await collector.close();
  });

  it('for another receiver is left there, until an endpoint is given', async () => {
    await leaveSpans('http://127.0.0.1:9');
    const collector = await startCollector();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
    const left = 'left 1 file meant for another receiver: --endpoint sends them, too\n';
    expect((await cli(['flush', spool], env)).stdout).toBe(`nothing delivered from ${spool}\n${left}`);
    const args = ['flush', spool, '--endpoint', collector.url, '--header', 'x-tenant: a'];
    expect((await cli(args)).stdout).toBe(`delivered 10 spans from ${spool} to ${collector.url}\n`);
    expect([collector.distinct(), collector.requests[0]?.headers['x-tenant']]).toEqual([10, 'a']);
    await collector.close();
  });
});

it('keeps the headers of the environment from an endpoint that is given', async () => {
  await leaveSpans('http://127.0.0.1:9');
  const collector = await startCollector();
  process.env.OTEL_EXPORTER_OTLP_HEADERS = 'authorization=Bearer%20elsewhere';
  try {
    await cli(['flush', spool, '--endpoint', collector.url], process.env);
  } finally {
    delete process.env.OTEL_EXPORTER_OTLP_HEADERS;
  }
  expect([collector.distinct(), collector.requests[0]?.headers.authorization]).toEqual([10, undefined]);
  await collector.close();
});

describe('flush says why not, and keeps what is not delivered', () => {
  const outcomes: [string, Parameters<typeof startCollector>[0] | undefined, string, number][] = [
    ['nobody is there', undefined, 'TA1501', 10],
    ['it wants a login', { answer: () => ({ status: 401 }) }, 'TA1502', 10],
    ['it refuses the spans', { answer: () => ({ status: 400 }) }, 'TA1503', 0],
  ];
  it.each(outcomes)('%s', async (_, options, code, kept) => {
    const collector: Collector | undefined = options === undefined ? undefined : await startCollector(options);
    await leaveSpans('http://127.0.0.1:9');
    const flushed = await cli(['flush', spool, '--endpoint', collector?.url ?? 'http://127.0.0.1:9']);
    expect([flushed.code, flushed.stderr.slice(0, 13), linesIn(spool)]).toEqual([4, `error[${code}]`, kept]);
    await collector?.close();
  });

  it('a line is not whole', async () => {
    const collector = await startCollector();
    await leaveSpans(collector.url);
    writeFileSync(filesIn(spool)[0]!, '{"resourceSpans":[{"reso');
    const { code, stderr } = await cli(['flush', spool, '--endpoint', collector.url]);
    expect([code, stderr.split('\n')[0]]).toEqual([4, 'error[TA1503]: 1 span was not taken and is gone']);
    await collector.close();
  });

  it('there is no such directory', async () => {
    const { code, stderr } = await cli(['flush', join(spool, 'nowhere')]);
    expect([code, stderr.slice(0, 13)]).toEqual([3, 'error[TA1504]']);
  });

  it('the endpoint is no URL', async () => {
    const { code, stderr } = await cli(['flush', spool, '--endpoint', 'localhost:4318']);
    expect([code, stderr.slice(0, 13)]).toEqual([2, 'error[TA1101]']);
  });
});
