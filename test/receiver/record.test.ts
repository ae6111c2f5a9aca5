import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startReceiver } from '../../src/receiver/otlp-http.ts';
import { recordedEnv, runRecorded } from '../../src/receiver/record.ts';
import { type Compiled, compileReceiver } from './compile-receiver.ts';
import { spanIdsOf } from './receiver-client.ts';

const URL_BASE = 'http://127.0.0.1:4318';

let compiled: Compiled;
let dir: string;

beforeAll(() => {
  compiled = compileReceiver();
  dir = mkdtempSync(join(tmpdir(), 'trace-analyze-record-'));
});

afterAll(() => {
  compiled.remove();
  rmSync(dir, { recursive: true, force: true });
});

const node = (code: string) => [process.execPath, '--input-type=module', '-e', code];
const run = (command: readonly string[]) => runRecorded(command, { env: process.env, receiverUrl: URL_BASE });

describe('the environment', () => {
  it('sends traces to the receiver, over what was set', () => {
    const env = {
      HOME: '/home/me',
      OTEL_SERVICE_NAME: 'mine',
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.example',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces.example/v1/traces',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'grpc',
    };
    expect(recordedEnv(env, URL_BASE)).toEqual({
      HOME: '/home/me',
      OTEL_SERVICE_NAME: 'mine',
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:4318/v1/traces',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf',
    });
  });

  it('adds nothing else where nothing was set', () => {
    expect(Object.keys(recordedEnv({}, URL_BASE)).sort()).toEqual([
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      'OTEL_EXPORTER_OTLP_PROTOCOL',
      'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
      'OTEL_TRACES_EXPORTER',
    ]);
  });

  it('keeps a proxy from getting the spans', () => {
    const env = recordedEnv({ HTTP_PROXY: 'http://proxy.example', NO_PROXY: 'internal.example' }, URL_BASE);
    expect(env.no_proxy).toBe('internal.example,127.0.0.1,localhost,::1');
    expect(env.NO_PROXY).toBe(env.no_proxy);
  });

  it('reaches the command', async () => {
    const check = `process.exit(process.env.OTEL_EXPORTER_OTLP_ENDPOINT === '${URL_BASE}' && process.env.MINE === '1' ? 0 : 1)`;
    const options = { env: { ...process.env, MINE: '1' }, receiverUrl: URL_BASE };
    expect((await runRecorded(node(check), options)).exitCode).toBe(0);
  });
});

describe('the exit code', () => {
  it.each([0, 7, 255])('is %i if the command says so', async (code) => {
    expect(await run(node(`process.exit(${code})`))).toEqual({ exitCode: code, signal: null, failure: null });
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGKILL', 137],
  ])('is 128 + n if the command ends by %s', async (signal, exitCode) => {
    const code = `process.kill(process.pid, '${signal}'); setInterval(() => {}, 1000);`;
    expect(await run(node(code))).toEqual({ exitCode, signal, failure: null });
  });

  it.each([[['trace-analyze-no-such-command']], [['/no/such/file']], [['/etc/passwd/x']], [['']], [[]]])(
    'is 127 if there is no command %j',
    async (command) => {
      expect(await run(command)).toEqual({ exitCode: 127, signal: null, failure: expect.any(Error) });
    },
  );

  it('is 126 if the command cannot be run', async () => {
    const file = join(dir, 'text');
    writeFileSync(file, 'text');
    chmodSync(file, 0o644);
    for (const command of [[file], [dir]]) {
      expect(await run(command)).toMatchObject({ exitCode: 126, signal: null });
    }
  });

  it('passes arguments on untouched', async () => {
    const code = `process.exit(JSON.stringify(process.argv.slice(1)) === '["a b","--c","$D","*",""]' ? 0 : 1)`;
    expect((await run([...node(code), '--', 'a b', '--c', '$D', '*', ''])).exitCode).toBe(0);
  });
});

describe('our process', () => {
  /** Runs `command` by `runRecorded` in a process of its own, which prints the result behind the command's output. */
  function recorder(command: readonly string[], options = '') {
    const code = `
      import { runRecorded } from ${JSON.stringify(compiled.module('receiver/record'))};
      const result = await runRecorded(${JSON.stringify(command)}, { env: process.env, receiverUrl: '${URL_BASE}', ${options} });
      console.log(JSON.stringify(result));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['pipe', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (piece) => {
      said += piece;
    });
    return { child, said: () => said, ended: once(child, 'close') };
  }

  it('gives the command its standard streams', async () => {
    const { child, said, ended } = recorder(node('process.stdin.pipe(process.stdout)'));
    child.stdin.end('over stdin\n');
    await ended;
    expect(said()).toBe('over stdin\n{"exitCode":0,"signal":null,"failure":null}\n');
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('passes %s on and waits', async (signal) => {
    const handled = `process.on('${signal}', () => { console.log('got ${signal}'); process.exit(5); }); setInterval(() => {}, 1000); console.log('ready');`;
    const { child, said, ended } = recorder(node(handled), 'sharesTerminal: false');
    await once(child.stdout, 'data');
    child.kill(signal);
    await ended;
    expect(said()).toBe(`ready\ngot ${signal}\n{"exitCode":5,"signal":null,"failure":null}\n`);
  });

  it('ends when the command ends by the signal it was passed', async () => {
    const { child, said, ended } = recorder(node(`setInterval(() => {}, 1000); console.log('ready');`));
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    await ended;
    expect(said()).toBe('ready\n{"exitCode":143,"signal":"SIGTERM","failure":null}\n');
  });

  it('leaves Ctrl-C to the terminal that sends it to both', async () => {
    const handled = `let n = 0; process.on('SIGINT', () => n++); process.on('SIGTERM', () => process.exit(n)); setInterval(() => {}, 1000); console.log('ready');`;
    const { child, said, ended } = recorder(node(handled), 'sharesTerminal: true');
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    child.kill('SIGTERM');
    await ended;
    expect(said()).toBe('ready\n{"exitCode":0,"signal":null,"failure":null}\n');
  });

  it('leaves no signal handlers behind', async () => {
    const before = process.listenerCount('SIGTERM');
    await run(node(''));
    await run(['/no/such/file']);
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });
});

describe('a recorded application', () => {
  const require = createRequire(import.meta.url);
  const module = (name: string) => JSON.stringify(pathToFileURL(require.resolve(name)).href);

  it('loses no span, with an exporter that knows nothing but the environment', async () => {
    const received: string[] = [];
    const receiver = await startReceiver({ onTraces: (traces) => void received.push(...spanIdsOf(traces)) });
    const app = `
      import sdk from ${module('@opentelemetry/sdk-trace-node')};
      import otlp from ${module('@opentelemetry/exporter-trace-otlp-http')};
      const provider = new sdk.NodeTracerProvider({ spanProcessors: [new sdk.BatchSpanProcessor(new otlp.OTLPTraceExporter())] });
      const tracer = provider.getTracer('app');
      for (let i = 0; i < 300; i++) tracer.startSpan('call ' + i).end();
      await provider.shutdown();
      process.exit(3);`;
    const result = await runRecorded(node(app), { env: process.env, receiverUrl: receiver.url });
    await receiver.close();
    expect(result.exitCode).toBe(3);
    expect(new Set(received).size).toBe(300);
  });

  it('is waited for when it sends and exits without an answer', async () => {
    const received: string[] = [];
    const receiver = await startReceiver({ onTraces: (traces) => void received.push(...spanIdsOf(traces)) });
    const app = `
      import { connect } from 'node:net';
      const url = new URL(process.env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT);
      const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: 'a', spanId: 'b' }] }] }] });
      const head = 'POST ' + url.pathname + ' HTTP/1.1\\r\\nHost: ' + url.host + '\\r\\nContent-Type: application/json\\r\\n';
      const socket = connect(Number(url.port), url.hostname);
      socket.end(head + 'Content-Length: ' + body.length + '\\r\\n\\r\\n' + body, () => process.exit(0));`;
    await runRecorded(node(app), { env: process.env, receiverUrl: receiver.url });
    await receiver.close();
    expect(received).toEqual(['b']);
  });
});
