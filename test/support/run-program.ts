import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const OPTIONS =
  '--target es2022 --lib es2023 --types node --module nodenext --rewriteRelativeImportExtensions --skipLibCheck';

/** What ships the spans of a program, which it finds beside its own files. */
const WORKER = 'src/instrument/node/trace-analyze-worker';

export interface ProgramResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

export interface Programs {
  /** Of one of them, compiled. */
  path(name: string): string;
  /** Runs one of them to its end, in a process of its own; nothing of OpenTelemetry's is in its environment. */
  run(name: string, args?: readonly string[], env?: Readonly<Record<string, string>>): Promise<ProgramResult>;
  remove(): void;
}

/**
 * Compiles programs (paths from the project's root, without their extension) with what they import, for child
 * processes that must not depend on `dist/`.
 */
export function compilePrograms(...names: readonly string[]): Programs {
  // Below the project, so that its packages are found.
  const cache = join(ROOT, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const dir = mkdtempSync(join(cache, 'trace-analyze-programs-'));
  const sources = [...names, WORKER].map((name) => join(ROOT, `${name}.ts`));
  const args = [...OPTIONS.split(' '), '--ignoreConfig', '--rootDir', ROOT, '--outDir', dir, ...sources];
  const compiled = (name: string) => join(dir, `${name}.js`);
  try {
    execFileSync(join(ROOT, 'node_modules/.bin/tsc'), args, { cwd: ROOT, stdio: 'pipe' });
  } catch (error) {
    // Types are `npm run typecheck`'s business; what counts here is that there is something to run.
    if (!names.every((name) => existsSync(compiled(name)))) throw error;
  }
  // Not the user's own, which would be shipped to whatever is tested.
  const spool = { TRACE_ANALYZE_SPOOL: join(dir, 'spool') };
  return {
    path: compiled,
    run: (name, programArgs = [], env = {}) => runToEnd([compiled(name), ...programArgs], { ...spool, ...env }),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

function runToEnd(args: readonly string[], env: Readonly<Record<string, string>>): Promise<ProgramResult> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(OTEL_|NODE_OPTIONS)/.test(name));
  const start = performance.now();
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...Object.fromEntries(inherited), ...env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (piece) => {
    stdout += piece;
  });
  child.stderr.on('data', (piece) => {
    stderr += piece;
  });
  return new Promise((done, reject) => {
    child.on('error', reject);
    child.on('close', (code) => done({ code, stdout, stderr, ms: performance.now() - start }));
  });
}
