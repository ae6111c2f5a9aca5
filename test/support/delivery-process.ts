import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compilePrograms } from './run-program.ts';

const PROGRAM = 'test/instrument/programs/endings';
/** On a busy machine, the thread that ships may take long to start. */
const PATIENT = { TRACE_ANALYZE_EXIT_FLUSH_MS: '20000' };
const TIMEOUT_MS = 90_000;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From the program's last word (its standard output) to its end. */
  readonly delayMs: number;
}

export interface StartOptions {
  readonly endpoint?: string | undefined;
  readonly spool?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Sent as soon as the program says READY. */
  readonly signal?: NodeJS.Signals;
  readonly execArgv?: readonly string[];
  /** Run below this shell command, such as `ulimit -f 8`. */
  readonly shell?: string;
  /** One of the others that were compiled; default: `endings`. */
  readonly program?: string;
}

export interface DeliveryPrograms {
  /** `endings.ts` with these arguments, in a process of its own, to its end. Without an endpoint it is bare. */
  run(args: readonly (string | number)[], options?: StartOptions): Promise<Ended>;
  /** A new directory for a spool. */
  spool(): string;
  /** Of one of the programs, compiled. */
  path(name: string): string;
  remove(): void;
}

export function deliveryPrograms(...more: readonly string[]): DeliveryPrograms {
  const programs = compilePrograms(PROGRAM, ...more);
  const dir = mkdtempSync(join(tmpdir(), 'trace-analyze-delivery-'));
  let spools = 0;
  const spool = () => join(dir, `spool-${spools++}`);
  return {
    run: (args, { program = PROGRAM, ...options } = {}) =>
      run(programs.path(program), args.map(String), { spool: spool(), ...options }),
    spool,
    path: programs.path,
    remove: () => {
      programs.remove();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Lines in the files of a spool; 0 where there is none. */
export function linesIn(spool: string): number {
  return filesIn(spool)
    .map((file) => readFileSync(file, 'utf8').split('\n').length - 1)
    .reduce((sum, lines) => sum + lines, 0);
}

export function filesIn(spool: string): string[] {
  try {
    return readdirSync(spool).map((file) => join(spool, file));
  } catch {
    return [];
  }
}

function run(program: string, args: readonly string[], options: StartOptions): Promise<Ended> {
  const { endpoint = 'bare', spool, env, signal, execArgv = [], shell } = options;
  const inherited = Object.entries(process.env).filter(([name]) => !/^(OTEL_|NODE_OPTIONS|TRACE_ANALYZE_)/.test(name));
  const words = [process.execPath, ...execArgv, program, endpoint, ...args];
  const [command, ...rest] = shell === undefined ? words : ['sh', '-c', `${shell}; exec "$@"`, 'sh', ...words];
  const child = spawn(command!, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...Object.fromEntries(inherited), TRACE_ANALYZE_SPOOL: spool, ...PATIENT, ...env },
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
  let [stdout, stderr, saidAt] = ['', '', performance.now()];
  child.stdout.on('data', (piece) => {
    stdout += piece;
    saidAt = performance.now();
    if (signal !== undefined && stdout.includes('READY')) child.kill(signal);
  });
  child.stderr.on('data', (piece) => {
    stderr += piece;
  });
  return new Promise((done, reject) => {
    child.on('error', reject);
    child.on('close', (code, killedBy) => {
      clearTimeout(timer);
      done({ code, signal: killedBy, stdout, stderr, delayMs: performance.now() - saidAt });
    });
  });
}
