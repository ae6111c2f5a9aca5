import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Report } from '../../src/analyze/report/types.ts';
import { runCli } from '../support/cli.ts';

const EXAMPLES = resolve(import.meta.dirname, '../../examples');
const dir = mkdtempSync(join(tmpdir(), 'trace-analyze-examples-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** What the analysis finds in each, as its first lines promise. */
const PROMISED: Readonly<Record<string, readonly string[]>> = {
  'trip-planner.mjs': ['weather called 4× in a row (N+1)'],
};

it('says of every example what is found in it', () => {
  expect(readdirSync(EXAMPLES).filter((name) => name.endsWith('.mjs'))).toEqual(Object.keys(PROMISED));
});

it.each(Object.keys(PROMISED))('%s runs under record as it says', async (name) => {
  const file = join(dir, `${name}.json`);
  const args = ['record', '--format', `json=${file}`, '--', process.execPath, join(EXAMPLES, name)];
  const { code, stdout, stderr } = await runCli(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).not.toBe('');
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  expect(report.findings.map(({ title }) => title)).toEqual(PROMISED[name]);
});
