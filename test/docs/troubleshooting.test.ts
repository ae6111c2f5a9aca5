import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

/** Codes in quotes in the sources: those that users can meet. */
function codesInSources(): string[] {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.ts'));
  const text = files.map((file) => readFileSync(join(ROOT, 'src', file), 'utf8')).join('\n');
  return [...new Set(Array.from(text.matchAll(/'(TA\d{4})'/g), ([, code]) => code as string))].sort();
}

it('explains every error code, and none that does not exist', () => {
  const docs = readFileSync(join(ROOT, 'docs/troubleshooting.md'), 'utf8');
  const explained = Array.from(docs.matchAll(/^### (TA\d{4})$/gm), ([, code]) => code as string);
  expect(explained).toEqual(codesInSources());
});
