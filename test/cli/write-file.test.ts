import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, expect, it } from 'vitest';
import { writeFileWhole } from '../../src/cli/write-file.ts';

const dir = mkdtempSync(join(tmpdir(), 'trace-analyze-write-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it('replaces a file as a whole', async () => {
  const file = join(dir, 'report.json');
  writeFileSync(file, 'old');
  await writeFileWhole(file, ['new ', 'content']);
  expect(readFileSync(file, 'utf8')).toBe('new content');
});

it('keeps the old content when the new one breaks off', async () => {
  const file = join(dir, 'kept.json');
  writeFileSync(file, 'old');
  async function* broken() {
    yield 'half of';
    throw new Error('the source failed');
  }
  await expect(writeFileWhole(file, broken())).rejects.toThrow('the source failed');
  expect(readFileSync(file, 'utf8')).toBe('old');
  expect(readdirSync(dir).filter((name) => name.includes('.tmp'))).toEqual([]);
});

it('compresses to equal bytes for equal content', async () => {
  const [a, b] = [join(dir, 'a.gz'), join(dir, 'b.gz')];
  for (const file of [a, b]) await writeFileWhole(file, ['same']);
  expect(readFileSync(a)).toEqual(readFileSync(b));
  expect(gunzipSync(readFileSync(a)).toString()).toBe('same');
});

it('says which file cannot be written, and leaves nothing behind', async () => {
  const file = join(dir, 'no-such-folder', 'report.json');
  await expect(writeFileWhole(file, ['x'])).rejects.toMatchObject({
    code: 'TA1103',
    message: `cannot write ${file} (ENOENT)`,
  });
  expect(existsSync(join(dir, 'no-such-folder'))).toBe(false);
});

it('writes to what a symbolic link leads to', async () => {
  const [file, link] = [join(dir, 'real.txt'), join(dir, 'link.txt')];
  writeFileSync(file, 'old');
  symlinkSync(file, link);
  await writeFileWhole(link, ['new']);
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(readFileSync(file, 'utf8')).toBe('new');
});

it('never puts a file in the place of a pipe or a device', async () => {
  const pipe = join(dir, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const reader = readFile(pipe, 'utf8');
  await writeFileWhole(pipe, ['through']);
  expect(await reader).toBe('through');
  expect(statSync(pipe).isFIFO()).toBe(true);
  const before = statSync('/dev/null').rdev;
  await writeFileWhole('/dev/null', ['x']);
  expect(statSync('/dev/null').rdev).toBe(before);
});
