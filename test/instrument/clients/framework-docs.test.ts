import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ClientRelease, describeReleases } from '../../support/clients.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const ADAPTERS = ['langchain', 'openai-agents', 'openai'];

function examplesIn(adapter: string): string[] {
  const guide = readFileSync(join(ROOT, `docs/instrument/${adapter}.md`), 'utf8');
  return [...guide.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code]) => code!);
}

/** What the compiler says about examples of a guide, beside the packages of a release. */
function complaints({ dir }: ClientRelease, examples: readonly string[]): string[] {
  const place = mkdtempSync(join(dir, '.examples-'));
  const paths = ADAPTERS.map((name) => [
    `trace-analyze/instrument/${name}`,
    [join(ROOT, `src/instrument/clients/${name}.ts`)],
  ]);
  const compilerOptions = {
    noEmit: true,
    noUnusedLocals: false,
    skipLibCheck: true,
    typeRoots: [join(ROOT, 'node_modules/@types')],
    paths: Object.fromEntries(paths),
  };
  try {
    writeFileSync(join(place, 'package.json'), '{"type":"module"}');
    const config = { extends: join(ROOT, 'tsconfig.json'), compilerOptions, include: ['*.ts'] };
    writeFileSync(join(place, 'tsconfig.json'), JSON.stringify(config));
    examples.forEach((code, i) => void writeFileSync(join(place, `example-${i}.ts`), code));
    execFileSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', place], { stdio: 'pipe', encoding: 'utf8' });
    return [];
  } catch (error) {
    const lines = String((error as { stdout?: string }).stdout).split('\n');
    return lines.filter((line) => line.includes('example-'));
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

for (const [client, count] of [
  ['langchain', 1],
  ['openai-agents', 2],
] as const) {
  describeReleases(client, (release) => {
    it('takes what the guide gives it, by its types', { timeout: 120_000 }, () => {
      const examples = examplesIn(client);
      expect(examples).toHaveLength(count);
      expect(complaints(release, examples)).toEqual([]);
    });
  });
}

describe('the check', () => {
  it('sees what is wrong', { timeout: 120_000 }, () => {
    const dir = join(ROOT, 'test');
    const wrong = complaints({ dir } as ClientRelease, ['export const answer: number = "text";']);
    expect(wrong).toHaveLength(1);
    expect(wrong[0]).toContain("Type 'string' is not assignable to type 'number'");
  });
});
