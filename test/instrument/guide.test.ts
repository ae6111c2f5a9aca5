import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

const OPTIONS = {
  extends: join(ROOT, 'tsconfig.json'),
  compilerOptions: {
    noUnusedLocals: false,
    paths: {
      'trace-analyze/instrument': [join(ROOT, 'src/instrument/index.ts')],
      'trace-analyze/instrument/http': [join(ROOT, 'src/instrument/http.ts')],
      'trace-analyze/instrument/node': [join(ROOT, 'src/instrument/node/index.ts')],
      'trace-analyze/instrument/testing': [join(ROOT, 'src/instrument/testing/index.ts')],
    },
    typeRoots: [join(ROOT, 'node_modules/@types')],
  },
  include: ['*.ts'],
};

/** Complaints of the compiler about the TypeScript examples of a guide, each a module of its own. */
function complaintsAbout(guide: string): { examples: number; complaints: string } {
  const blocks = [...readFileSync(join(ROOT, guide), 'utf8').matchAll(/^```ts\n(.*?)^```/gms)].map(([, code]) => code!);
  // Below the project, so that its packages are found.
  mkdirSync(join(ROOT, 'node_modules/.cache'), { recursive: true });
  const dir = mkdtempSync(join(ROOT, 'node_modules/.cache/trace-analyze-guide-'));
  try {
    writeFileSync(join(dir, 'package.json'), '{"type":"module"}');
    writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify(OPTIONS));
    blocks.forEach((code, i) => void writeFileSync(join(dir, `example-${i}.ts`), code));
    execFileSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', dir], { stdio: 'pipe', encoding: 'utf8' });
    return { examples: blocks.length, complaints: '' };
  } catch (error) {
    // Other folders' types are `npm run typecheck`'s business.
    const lines = String((error as { stdout?: string }).stdout).split('\n');
    return { examples: blocks.length, complaints: lines.filter((line) => line.includes('example-')).join('\n') };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

it.each([
  ['docs/instrument.md', 4],
  ['docs/instrument/context.md', 4],
  ['docs/instrument/http.md', 2],
  ['docs/instrument/testing.md', 3],
  ['docs/instrument/providers.md', 3],
  ['docs/instrument/content.md', 2],
  ['docs/instrument/details.md', 3],
])('every example of %s is a correct program', (guide, examples) => {
  expect(complaintsAbout(guide)).toEqual({ examples, complaints: '' });
});
