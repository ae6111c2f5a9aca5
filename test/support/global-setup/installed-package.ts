import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A project of its own, away from this one, in which `npm install` has put the packed package and Node's types. */
    readonly userProject: string;
  }
}

const ROOT = resolve(import.meta.dirname, '../../..');
const TIMEOUT_MS = 180_000;
/** What users have who have set nothing: peers are installed too. */
const INSTALL = [
  'install',
  '--no-audit',
  '--no-fund',
  '--prefer-offline',
  '--legacy-peer-deps=false',
  '--no-package-lock',
];

/** Packs what `npm run build` has made and installs it as a user would, once for all tests. */
export function setup(project: TestProject): () => void {
  if (!existsSync(join(ROOT, 'dist'))) throw new Error('there is no dist/: run npm run build (npm test does)');
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'trace-analyze-package-')));
  const user = join(dir, 'user');
  mkdirSync(user);
  writeFileSync(join(user, 'package.json'), JSON.stringify({ name: 'user', private: true }));
  npm(['pack', '--ignore-scripts', '--pack-destination', dir], ROOT);
  const tarball = readdirSync(dir).find((name) => name.endsWith('.tgz'))!;
  npm([...INSTALL, join(dir, tarball), '@types/node@20'], user);
  project.provide('userProject', user);
  return () => rmSync(dir, { recursive: true, force: true });
}

function npm(args: readonly string[], cwd: string): void {
  execFileSync('npm', [...args], { cwd, stdio: 'pipe', timeout: TIMEOUT_MS });
}
