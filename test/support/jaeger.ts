import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface RunningJaeger {
  /** Of the query API and UI. */
  readonly baseUrl: string;
  /** Of the OTLP/HTTP receiver, without `/v1/traces`. */
  readonly otlpUrl: string;
  stop(): Promise<void>;
}

export interface SkippedJaeger {
  /** Why there is none, and which variable would change that. */
  readonly skipped: string;
}

const VERSION = '2.13.0';
const IMAGE = 'jaegertracing/jaeger:2.20.0';
const BUILD_SCRIPT = join(import.meta.dirname, '../../scripts/jaeger/build.sh');
const READY_MS = 30_000;

/**
 * A real Jaeger: the one at JAEGER_URL (and JAEGER_OTLP_URL, default port 4318 of the same host), else the binary
 * JAEGER_BIN, else the cached binary, else Docker, else one built with Go if CI=true or TRACE_ANALYZE_BUILD_JAEGER=1.
 * In CI there is one or an error, never a silent skip. Other people's traces may be in it: use ids of your own.
 */
export async function startJaeger(): Promise<RunningJaeger | SkippedJaeger> {
  const { env } = process;
  if (env.JAEGER_URL) return external(env.JAEGER_URL, env.JAEGER_OTLP_URL);
  if (env.JAEGER_BIN) return startBinary(env.JAEGER_BIN);
  const cached = join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'trace-analyze', `jaeger-${VERSION}`);
  if (existsSync(cached)) return startBinary(cached);
  if (hasDocker()) return startContainer();
  if (env.CI === 'true' || env.TRACE_ANALYZE_BUILD_JAEGER === '1') return startBinary(build());
  return { skipped: 'no Jaeger: set TRACE_ANALYZE_BUILD_JAEGER=1 (builds one with Go), JAEGER_URL or JAEGER_BIN' };
}

async function external(url: string, otlpUrl: string | undefined): Promise<RunningJaeger> {
  const baseUrl = url.replace(/\/+$/, '');
  const otlp = otlpUrl?.replace(/\/+$/, '') ?? `http://${new URL(url).hostname}:4318`;
  return { baseUrl, otlpUrl: otlp, stop: async () => undefined };
}

function hasDocker(): boolean {
  try {
    execFileSync('docker', ['info'], { stdio: 'ignore', timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
}

function build(): string {
  return execFileSync(BUILD_SCRIPT, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
}

async function startContainer(): Promise<RunningJaeger> {
  const docker = (...args: string[]) => execFileSync('docker', args, { encoding: 'utf8' }).trim();
  const id = docker('run', '-d', '--rm', '-p', '127.0.0.1::16686', '-p', '127.0.0.1::4318', IMAGE);
  const onExit = () => docker('rm', '-f', id);
  process.once('exit', onExit);
  const stop = async () => {
    process.removeListener('exit', onExit);
    onExit();
  };
  try {
    const baseUrl = `http://${docker('port', id, '16686/tcp').split('\n')[0]}`;
    const otlpUrl = `http://${docker('port', id, '4318/tcp').split('\n')[0]}`;
    if (!(await isReady(baseUrl, otlpUrl))) throw new Error(`${IMAGE} did not get ready: ${docker('logs', id)}`);
    return { baseUrl, otlpUrl, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startBinary(binary: string): Promise<RunningJaeger> {
  // Free ports are only free until somebody else takes them.
  for (let attempt = 1; ; attempt++) {
    const started = await tryBinary(binary);
    if (typeof started !== 'string') return started;
    if (attempt === 3) throw new Error(`${binary} did not start:\n${started.slice(-2000)}`);
  }
}

async function tryBinary(binary: string): Promise<RunningJaeger | string> {
  const [http, grpc, otlp] = await Promise.all([freePort(), freePort(), freePort()]);
  const folder = mkdtempSync(join(tmpdir(), 'trace-analyze-jaeger-'));
  const config = join(folder, 'jaeger.yaml');
  const log = join(folder, 'jaeger.log');
  writeFileSync(config, configText(http, grpc, otlp));
  // The shell ends with Jaeger, and ends Jaeger when its stdin closes: also when this process is killed outright.
  // With -9, as a graceful end takes ten seconds and what is in memory is lost either way.
  const script =
    'exec 3<&0; "$0" --config "$1" >"$2" 2>&1 & j=$!; (cat <&3 >/dev/null; kill -9 $j) 2>/dev/null & wait $j';
  const shell = spawn('/bin/sh', ['-c', script, binary, config, log], { stdio: ['pipe', 'ignore', 'ignore'] });
  const stop = async () => {
    await stopShell(shell);
    rmSync(folder, { recursive: true, force: true });
  };
  const [baseUrl, otlpUrl] = [`http://127.0.0.1:${http}`, `http://127.0.0.1:${otlp}`];
  if (await isReady(baseUrl, otlpUrl, () => shell.exitCode !== null)) return { baseUrl, otlpUrl, stop };
  const said = existsSync(log) ? readFileSync(log, 'utf8') : 'nothing logged';
  await stop();
  return said;
}

async function stopShell(shell: ChildProcess): Promise<void> {
  const exited = new Promise((resolve) => shell.once('exit', resolve));
  shell.stdin?.end();
  if (shell.exitCode === null) await exited;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

async function isReady(baseUrl: string, otlpUrl: string, hasDied = () => false): Promise<boolean> {
  const isUp = (url: string) =>
    fetch(url, { signal: AbortSignal.timeout(2000) }).then(
      (response) => response.text().then(() => true),
      () => false,
    );
  for (const until = Date.now() + READY_MS; Date.now() < until; await sleep(100)) {
    if (hasDied()) return false;
    if ((await isUp(`${baseUrl}/api/v3/services`)) && (await isUp(`${otlpUrl}/v1/traces`))) return true;
  }
  return false;
}

/** Traces in memory, OTLP over HTTP in, queries out; no port but these three, and none of its own telemetry. */
function configText(http: number, grpc: number, otlp: number): string {
  return `
service:
  extensions: [jaeger_storage, jaeger_query]
  pipelines:
    traces: {receivers: [otlp], exporters: [jaeger_storage_exporter]}
  telemetry: {metrics: {level: none}, logs: {level: warn}}
extensions:
  jaeger_query:
    storage: {traces: memory}
    http: {endpoint: '127.0.0.1:${http}'}
    grpc: {endpoint: '127.0.0.1:${grpc}'}
  jaeger_storage:
    backends: {memory: {memory: {max_traces: 5000}}}
receivers:
  otlp: {protocols: {http: {endpoint: '127.0.0.1:${otlp}'}}}
exporters:
  jaeger_storage_exporter: {trace_storage: memory}
`;
}

/** Sends OTLP and waits until every one of the traces can be read. */
export async function sendTraces(jaeger: RunningJaeger, otlp: unknown, traceIds: readonly string[]): Promise<void> {
  const response = await fetch(`${jaeger.otlpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(otlp),
  });
  if (!response.ok) throw new Error(`Jaeger did not take the traces: ${response.status} ${await response.text()}`);
  for (const traceId of traceIds) {
    const url = `${jaeger.baseUrl}/api/v3/traces/${traceId}?rawTraces=true&raw_traces=true`;
    for (let attempt = 0; (await fetch(url).then((answer) => answer.text().then(() => answer.status))) !== 200; ) {
      if (++attempt > 100) throw new Error(`Jaeger does not show trace ${traceId}`);
      await sleep(100);
    }
  }
}
