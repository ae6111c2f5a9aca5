import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';
import { type FaultServer, startFaultServer } from '../support/jaeger-fault-server.ts';
import { RECORDED_VERSIONS, type ReplayServer, startReplay } from '../support/replay-server.ts';

const dir = mkdtempSync(join(tmpdir(), 'trace-analyze-pull-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const servers: (ReplayServer | FaultServer)[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** The agent's trace in the recordings. */
const AGENT = /"traceID":"([0-9a-f]{32})"|"traceId":"([0-9a-f]{32})"/;
const agentTrace = (version: string) => {
  const file = join(import.meta.dirname, `../fixtures/jaeger/${version}/v3-trace-agent.json`);
  return AGENT.exec(JSON.stringify(JSON.parse(readFileSync(file, 'utf8')).json))?.[2] as string;
};

describe.each(RECORDED_VERSIONS)('pull jaeger %s', (version) => {
  it('writes one trace a line, twice the same bytes', async () => {
    const server = await startReplay(version);
    servers.push(server);
    const args = ['pull', 'jaeger', server.url, '--trace', agentTrace(version)];
    const first = await runCli(args);
    const second = await runCli([...args, '-o', '-', '--quiet']);
    expect({ code: first.code, lines: first.stdout.trimEnd().split('\n').length }).toEqual({ code: 0, lines: 1 });
    expect(second).toEqual({ code: 0, signal: null, stdout: first.stdout, stderr: '' });
    expect(first.stderr).toMatch(/^pulled 1 trace, \d+ spans/);
    expect(server.unrecorded).toEqual([]);
  });

  it('gives the analysis what the Jaeger itself gives it', async () => {
    const server = await startReplay(version);
    servers.push(server);
    const trace = ['--trace', agentTrace(version)];
    const file = join(dir, `${version}.ndjson.gz`);
    expect((await runCli(['pull', 'jaeger', server.url, ...trace, '-o', file])).code).toBe(0);
    const [fromJaeger, fromFile, explained] = await Promise.all([
      runCli(['--json', '--jaeger', server.url, ...trace]),
      runCli(['--json', '--ui', server.url, file]),
      runCli(['explain', agentTrace(version), '--jaeger', server.url]),
    ]);
    const [a, b] = [fromJaeger, fromFile].map(({ stdout }) => ({ ...JSON.parse(stdout), input: undefined }));
    expect(a).toEqual(b);
    expect(a.traces[0].links.trace).toBe(`${server.url}/trace/${agentTrace(version)}`);
    expect(explained.code).toBe(0);
    expect(explained.stdout).toContain(agentTrace(version));
  });
});

it('compresses by the name of the file', async () => {
  const server = await startReplay('2.20.0');
  servers.push(server);
  const args = ['pull', 'jaeger', server.url, '--trace', agentTrace('2.20.0')];
  const plain = await runCli(args);
  const file = join(dir, 'zipped.gz');
  await runCli([...args, '-o', file]);
  expect(gunzipSync(readFileSync(file)).toString()).toBe(plain.stdout);
});

it('leaves no half of a file behind when the Jaeger fails', async () => {
  const server = await startFaultServer((_request, response) => response.writeHead(401).end());
  servers.push(server);
  const { code } = await runCli(['pull', 'jaeger', server.url, '-o', join(dir, 'never.ndjson')]);
  expect(code).toBe(4);
  expect(readdirSync(dir).filter((name) => name.startsWith('never'))).toEqual([]);
});

it('says when the limit left traces out', async () => {
  const trace = (n: number) => n.toString(16).padStart(32, '0');
  const summary = (n: number) => ({ traceId: trace(n), minStartTimeUnixNano: String(n * 1_000_000), spanCount: 1 });
  const span = {
    traceId: trace(2),
    spanId: 'a'.repeat(16),
    name: 'newest',
    startTimeUnixNano: '2',
    endTimeUnixNano: '3',
  };
  const server = await startFaultServer(({ url = '' }, response) => {
    if (url.startsWith('/api/v3/services')) response.end('{"services":["shop"]}');
    else if (url.includes('summaries')) response.end(JSON.stringify({ summaries: [summary(1), summary(2)] }));
    else response.end(JSON.stringify({ result: { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] } }));
  });
  servers.push(server);
  const { code, stdout, stderr } = await runCli(['--json', '--jaeger', server.url, '--limit', '1']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    partial: true,
    partialReasons: ['limit'],
    input: { traces: 1 },
    traces: [{ traceId: trace(2) }],
  });
  expect(stderr).toContain('limit reached: the newest trace was taken and there are more');
});

describe('Ctrl-C', () => {
  /** Two traces, of which only the first is ever answered. */
  async function halfAnswering(onSecond: () => void) {
    const trace = (n: number) => n.toString(16).padStart(32, '0');
    const summary = (n: number) => ({ traceId: trace(n), minStartTimeUnixNano: String(n * 1_000_000), spanCount: 1 });
    const span = { traceId: trace(1), spanId: 'a'.repeat(16), name: 'x', startTimeUnixNano: '2', endTimeUnixNano: '3' };
    const server = await startFaultServer(({ url = '' }, response) => {
      if (url.startsWith('/api/v3/services')) response.end('{"services":["shop"]}');
      else if (url.includes('summaries')) response.end(JSON.stringify({ summaries: [summary(1), summary(2)] }));
      else if (url.includes(trace(1))) {
        response.end(JSON.stringify({ result: { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] } }));
      } else setTimeout(onSecond, 500);
    });
    servers.push(server);
    return server.url;
  }

  it('ends an analysis with what was read before', async () => {
    let interrupt = () => {};
    const url = await halfAnswering(() => interrupt());
    const { code, stdout, stderr } = await runCli(['--json', '--jaeger', url], {
      onStart: (child) => {
        interrupt = () => void child.kill('SIGINT');
      },
    });
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({
      partial: true,
      partialReasons: ['interrupted'],
      input: { traces: 1, sources: [{ traces: 1, spans: 1 }] },
    });
    expect(stderr).toContain('interrupted');
  });

  it('ends a pull with what was fetched before', async () => {
    let interrupt = () => {};
    const url = await halfAnswering(() => interrupt());
    const file = join(dir, 'interrupted.ndjson');
    const { code } = await runCli(['pull', 'jaeger', url, '-o', file], {
      onStart: (child) => {
        interrupt = () => void child.kill('SIGINT');
      },
    });
    expect(code).toBe(130);
    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(1);
  });
});
