import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';

/** Where the package is installed from its tarball; see `global-setup/installed-package.ts`. */
export const USER = inject('userProject');
export const INSTALLED = join(USER, 'node_modules/trace-analyze');

interface Manifest {
  readonly version: string;
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
}

const manifest = JSON.parse(readFileSync(join(INSTALLED, 'package.json'), 'utf8')) as Manifest;

/** For bundlers to make a file of; nobody imports it. */
export const WORKER = 'trace-analyze/instrument/node/worker';

/** Every module that the package lets be imported, by the name it is imported by. */
export const ENTRIES = Object.entries(manifest.exports)
  .filter(([, target]) => typeof target === 'object')
  .map(([path]) => path.replace('.', 'trace-analyze'))
  .filter((name) => name !== WORKER);

/** Those for Node alone. All others of the instrumentation run wherever OpenTelemetry's API does. */
const FOR_NODE = ['trace-analyze', ...['node', 'http', 'testing'].map((name) => `trace-analyze/instrument/${name}`)];
export const PORTABLE_ENTRIES = ENTRIES.filter((name) => !FOR_NODE.includes(name));

export interface Run {
  readonly code: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Node in the user's project, with nothing of OpenTelemetry's or Node's in its environment. */
export function runNode(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> {
  return run(process.execPath, args, env);
}

export function run(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(OTEL_|NODE_|VITEST)/.test(name));
  const options = { cwd: USER, env: { ...Object.fromEntries(inherited), ...env }, timeout: 60_000 };
  return new Promise((done) => {
    execFile(file, [...args], options, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : (error.code ?? error.signal ?? null), stdout, stderr });
    });
  });
}
