import { type ChildProcess, type SpawnOptions, spawn as spawnChild } from 'node:child_process';
import { constants } from 'node:os';
import { isatty } from 'node:tty';
import { systemCode } from '../analyze/model/errors.ts';

export interface RecordOptions {
  /** What the command would get without us, usually `process.env`. */
  readonly env: NodeJS.ProcessEnv;
  /** `Receiver.url`. */
  readonly receiverUrl: string;
  /**
   * Whether the command shares a terminal with us (default: any of our standard streams is one). Ctrl-C is then sent
   * to both by the terminal, and a second SIGINT from us would look like an impatient second Ctrl-C.
   */
  readonly sharesTerminal?: boolean;
  /** For tests. */
  readonly spawn?: (file: string, args: readonly string[], options: SpawnOptions) => ChildProcess;
}

export interface RecordedRun {
  /** The command's own; 128 + n if it ended by signal n, 127 if there is no such command, 126 if it cannot be run. */
  readonly exitCode: number;
  readonly signal: NodeJS.Signals | null;
  /** Why the command did not start; null if it did. */
  readonly failure: Error | null;
}

const FORWARDED: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;

/**
 * Runs a command with its spans sent to the receiver, and waits for its end. It has our standard streams; signals sent
 * to us are passed on, and leave us waiting. Never throws for what the command does.
 */
export async function runRecorded(command: readonly string[], options: RecordOptions): Promise<RecordedRun> {
  const [file = '', ...args] = command;
  const env = recordedEnv(options.env, options.receiverUrl);
  // Not process.stdin.isTTY: the mere look at that opens the stream and makes the command's own stdin non-blocking.
  const sharesTerminal = options.sharesTerminal ?? [0, 1, 2].some((stream) => isatty(stream));
  let child: ChildProcess | undefined;
  const forward = (signal: NodeJS.Signals) => {
    if (signal !== 'SIGINT' || !sharesTerminal) child?.kill(signal);
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  try {
    child = (options.spawn ?? spawnChild)(file, args, { stdio: 'inherit', env });
    return await ended(child);
  } catch (error) {
    return notStarted(error);
  } finally {
    for (const signal of FORWARDED) process.off(signal, forward);
  }
}

function ended(child: ChildProcess): Promise<RecordedRun> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      resolve({ exitCode: code ?? 128 + (signal === null ? 0 : constants.signals[signal]), signal, failure: null });
    });
    child.on('error', (error) => {
      // Also emitted when a signal could not be sent, which is not the end.
      if (child.pid === undefined) resolve(notStarted(error));
    });
  });
}

function notStarted(error: unknown): RecordedRun {
  const code = systemCode(error);
  // An empty name is no command either; Node calls it an invalid argument.
  const missing = code === 'ENOENT' || code === 'ENOTDIR' || code === 'ERR_INVALID_ARG_VALUE';
  const failure = error instanceof Error ? error : new Error(String(error));
  return { exitCode: missing ? NOT_FOUND : NOT_EXECUTABLE, signal: null, failure };
}

/** The environment that sends an OpenTelemetry SDK's traces to the receiver, whatever was set before. */
export function recordedEnv(env: NodeJS.ProcessEnv, receiverUrl: string): NodeJS.ProcessEnv {
  return {
    ...env,
    ...withoutProxy(env),
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_ENDPOINT: receiverUrl,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiverUrl}/v1/traces`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    // Wins over the general one: left at "grpc" it would send what we do not speak.
    ...(env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL === undefined
      ? {}
      : { OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf' }),
  };
}

/** Some exporters (Python's) would ask a configured proxy for 127.0.0.1, which is another machine's there. */
function withoutProxy(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const proxies = ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'];
  if (proxies.every((name) => !env[name])) return {};
  const list = [env.no_proxy || env.NO_PROXY, '127.0.0.1', 'localhost', '::1'].filter(Boolean).join(',');
  return { no_proxy: list, NO_PROXY: list };
}
