import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { describeReleases } from '../../support/clients.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const NEWER = join(ROOT, 'test/clients/node_modules/@opentelemetry');

const PROGRAM = `
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { spanProcessor } from 'trace-analyze/instrument/node';
new TracerProvider({ spanProcessors: [spanProcessor({ sampling: { ratio: 0.5 } })] });
`;

const CONFIG = {
  extends: join(ROOT, 'tsconfig.json'),
  compilerOptions: {
    paths: { 'trace-analyze/instrument/node': [join(ROOT, 'src/instrument/node/index.ts')] },
    typeRoots: [join(ROOT, 'node_modules/@types')],
  },
  include: ['*.ts'],
};

/** What the compiler says of a program with SDK 3.x and API 1.10. */
function complaintsAbout(program: string): string[] {
  mkdirSync(join(ROOT, 'node_modules/.cache'), { recursive: true });
  const dir = mkdtempSync(join(ROOT, 'node_modules/.cache/trace-analyze-types-'));
  const scope = join(dir, 'node_modules/@opentelemetry');
  mkdirSync(scope, { recursive: true });
  for (const name of ['api', 'core', 'resources', 'sdk-trace']) symlinkSync(join(NEWER, name), join(scope, name));
  writeFileSync(join(dir, 'package.json'), '{"type":"module"}');
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify(CONFIG));
  writeFileSync(join(dir, 'program.ts'), program);
  try {
    execFileSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', dir], { stdio: 'pipe', encoding: 'utf8' });
    return [];
  } catch (error) {
    // Other folders' types are `npm run typecheck`'s business.
    const lines = String((error as { stdout?: string }).stdout).split('\n');
    return lines.filter((line) => line.includes('program.ts'));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

describeReleases('otel', () => {
  it('our processor has the type that a provider of SDK 3.x takes', () => {
    expect(complaintsAbout(PROGRAM)).toEqual([]);
    expect(complaintsAbout(PROGRAM.replace('spanProcessor({', 'Object({'))).toHaveLength(1);
  });
});
