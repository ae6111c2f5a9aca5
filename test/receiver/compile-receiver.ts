import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const OPTIONS =
  '--target es2022 --lib es2023 --types node --module nodenext --rewriteRelativeImportExtensions --skipLibCheck';

export interface Compiled {
  readonly dir: string;
  /** Path of a compiled module, without its extension: `receiver/otlp-http`. */
  module(name: string): string;
  remove(): void;
}

/** Compiles the receiver alone to a temporary folder, for child processes that must not depend on `dist/`. */
export function compileReceiver(): Compiled {
  const dir = mkdtempSync(join(tmpdir(), 'trace-analyze-receiver-'));
  writeFileSync(join(dir, 'package.json'), '{"type":"module"}');
  const sources = ['otlp-http', 'span-log', 'record'].map((name) => join(ROOT, 'src/receiver', `${name}.ts`));
  const args = [...OPTIONS.split(' '), '--ignoreConfig', '--rootDir', join(ROOT, 'src'), '--outDir', dir, ...sources];
  try {
    execFileSync(join(ROOT, 'node_modules/.bin/tsc'), args, { cwd: ROOT, stdio: 'pipe' });
  } catch (error) {
    // Types are `npm run typecheck`'s business; what counts here is that there is something to run.
    if (!existsSync(join(dir, 'receiver/otlp-http.js'))) throw error;
  }
  return {
    dir,
    module: (name) => join(dir, `${name}.js`),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
