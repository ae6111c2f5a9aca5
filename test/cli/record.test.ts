import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';

const dir = mkdtempSync(join(tmpdir(), 'trace-analyze-record-cli-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const require = createRequire(import.meta.url);
const module = (name: string) => JSON.stringify(pathToFileURL(require.resolve(name)).href);

/** An application with the stock SDK, which knows nothing but its environment. */
function application(name: string, end: string): string {
  const file = join(dir, name);
  writeFileSync(
    file,
    `import sdk from ${module('@opentelemetry/sdk-trace-node')};
    import otlp from ${module('@opentelemetry/exporter-trace-otlp-http')};
    import { trace, context } from ${module('@opentelemetry/api')};
    const provider = new sdk.NodeTracerProvider({ spanProcessors: [new sdk.BatchSpanProcessor(new otlp.OTLPTraceExporter())] });
    const tracer = provider.getTracer('app');
    const root = tracer.startSpan('run');
    const inRun = trace.setSpan(context.active(), root);
    for (let i = 0; i < 3; i++) tracer.startSpan('step ' + i, {}, inRun).end();
    root.end();
    console.log('the application speaks');
    await provider.shutdown();
    ${end}`,
  );
  return file;
}

describe('record', () => {
  it('analyses what the command sent, and leaves it its output and exit code', async () => {
    const spans = join(dir, 'kept.ndjson');
    const report = join(dir, 'report.json');
    const app = application('seven.mjs', 'process.exit(7);');
    const args = ['record', '--spans', spans, '--format', `json=${report}`, '--', process.execPath, app];
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stdout }).toEqual({ code: 7, stdout: 'the application speaks\n' });
    expect(stderr).toBe('');
    expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({
      partial: false,
      input: { traces: 1, spans: 4, sources: [{ name: spans, format: 'otlp-json' }] },
    });
    // The same spans from the file give the same report, apart from the name of the source.
    const again = await runCli(['--json', spans]);
    expect(JSON.parse(again.stdout).criticalPath).toEqual(JSON.parse(readFileSync(report, 'utf8')).criticalPath);
  });

  it('does not mix its spans with those of another run', async () => {
    const spans = join(dir, 'other-run.ndjson');
    writeFileSync(spans, '{"resourceSpans":[]}\n');
    const { code, stdout, stderr } = await runCli(['record', '--spans', spans, '--', process.execPath, '-e', '1']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('other-run.ndjson is there already');
    expect(readFileSync(spans, 'utf8')).toBe('{"resourceSpans":[]}\n');
  });

  it('prints its text to stderr, and takes options of the command for the command', async () => {
    const app = application('plain.mjs', '');
    const { code, stdout, stderr } = await runCli(['record', process.execPath, '--no-warnings', app, '--json']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'the application speaks\n' });
    expect(stderr).toContain('run');
  });

  it('has every span of an instrumented command that is killed', async () => {
    const app = join(dir, 'killed.mjs');
    const ours = (path: string) => JSON.stringify(pathToFileURL(resolve(import.meta.dirname, '../../dist', path)).href);
    writeFileSync(
      app,
      `import { tool } from ${ours('instrument/index.js')};
      import { init } from ${ours('instrument/node/index.js')};
      init();
      const call = tool('call', (n) => n);
      for (let i = 0; i < 3; i++) call(i);
      process.kill(process.pid, 'SIGKILL');`,
    );
    const report = join(dir, 'killed.json');
    const { code } = await runCli(['record', '--format', `json=${report}`, '--', process.execPath, app]);
    expect([code, JSON.parse(readFileSync(report, 'utf8')).input.spans]).toEqual([137, 3]);
  });

  it('says why there may be nothing to analyse, and ends as the command ends', async () => {
    const { code, stdout, stderr } = await runCli(['record', '--', process.execPath, '-e', 'process.exit(3)']);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(/^error\[TA1303\]: no span arrived\n {2}why: .*exit code 3/);
  });

  it('ends with 127 if there is no such command', async () => {
    const { code, stdout, stderr } = await runCli(['record', '--', 'trace-analyze-no-such-command']);
    expect({ code, stdout }).toEqual({ code: 127, stdout: '' });
    expect(stderr).toContain('cannot run trace-analyze-no-such-command');
  });
});

describe('receive', () => {
  const span = {
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    name: 'x',
    startTimeUnixNano: '1',
    endTimeUnixNano: '2',
  };
  const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });

  async function post(url: string): Promise<number> {
    const response = await fetch(`${url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: gzipSync(body),
    });
    return response.status;
  }

  /** Starts it, sends one span, and ends it by a signal. */
  function receiveUntil(signal: NodeJS.Signals, file: string, statuses: number[]) {
    return runCli(['receive', '--port', '0', '-o', file], {
      onStart: (child) => {
        let said = '';
        child.stderr?.on('data', async (text) => {
          const before = said;
          said += text;
          const url = said.match(/at (http:\S+) into/)?.[1];
          if (url === undefined || /at http:\S+ into/.test(before)) return;
          statuses.push(await post(url));
          child.kill(signal);
        });
      },
    });
  }

  it('adds spans to a file until Ctrl-C, which is its regular end', async () => {
    const file = join(dir, 'received.ndjson');
    const statuses: number[] = [];
    const { code, stdout, stderr } = await receiveUntil('SIGINT', file, statuses);
    expect({ code, stdout, statuses }).toEqual({ code: 0, stdout: '', statuses: [200] });
    expect(stderr).toContain('1 span in 1 request');
    expect((await runCli(['--json', file])).code).toBe(0);
  });

  it('has on disk what it acknowledged, even if it is killed', async () => {
    const file = join(dir, 'killed.ndjson');
    const statuses: number[] = [];
    const { signal } = await receiveUntil('SIGKILL', file, statuses);
    expect({ signal, statuses }).toEqual({ signal: 'SIGKILL', statuses: [200] });
    const { code, stdout } = await runCli(['--json', file]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).input.spans).toBe(1);
    // The next start takes over the lock of the dead and goes on in the same file.
    await receiveUntil('SIGTERM', file, statuses);
    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(2);
    expect(existsSync(`${file}.lock`)).toBe(false);
  });
});
