import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const CLIENTS = join(ROOT, 'test/clients');

/** Releases in `test/clients/packages` whose packages the examples are run with. */
const RELEASES = ['openai-6', 'langchain-1', 'mcp-1', 'postgres'];

export interface InstalledExamples {
  /** A copy of `examples/agents`. */
  readonly dir: string;
  /** For processes that run them: packages are taken from where the examples are, as after `npm install`. */
  readonly env: Readonly<Record<string, string>>;
  remove(): void;
}

/** What `npm install` in `examples/agents` comes to, of links to what the tests have. Undefined: `npm run clients`. */
export function installExamples(): InstalledExamples | undefined {
  if (!existsSync(join(CLIENTS, 'node_modules'))) return undefined;
  const cache = join(ROOT, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const dir = mkdtempSync(join(cache, 'trace-analyze-examples-'));
  cpSync(join(ROOT, 'examples/agents'), dir, { recursive: true, filter: (path) => !path.includes('node_modules') });
  const modules = join(dir, 'node_modules');
  mkdirSync(modules);
  linkPackages(join(CLIENTS, 'node_modules'), modules);
  for (const release of RELEASES) linkPackages(join(CLIENTS, 'packages', release, 'node_modules'), modules);
  link(ROOT, join(modules, 'trace-analyze'));
  // One copy for all, as npm would have it.
  link(join(ROOT, 'node_modules/@opentelemetry/api'), join(modules, '@opentelemetry/api'));
  const env = { NODE_OPTIONS: '--preserve-symlinks --preserve-symlinks-main' };
  return { dir, env, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** All packages of one folder; what another folder has given gives way. */
function linkPackages(from: string, to: string): void {
  if (!existsSync(from)) return;
  for (const name of readdirSync(from)) {
    if (name.startsWith('.')) continue;
    if (!name.startsWith('@')) {
      link(join(from, name), join(to, name));
      continue;
    }
    mkdirSync(join(to, name), { recursive: true });
    linkPackages(join(from, name), join(to, name));
  }
}

function link(target: string, path: string): void {
  rmSync(path, { recursive: true, force: true });
  symlinkSync(target, path, 'junction');
}
