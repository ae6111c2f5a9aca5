import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { recordExample } from '../support/record-example.ts';

const EXAMPLES = resolve(import.meta.dirname, '../../examples');

/** What the analysis finds in each, as its first lines promise. */
const PROMISED: Readonly<Record<string, readonly string[]>> = {
  'trip-planner.mjs': ['weather called 4× in a row (N+1)'],
};

it('says of every example what is found in it', () => {
  expect(readdirSync(EXAMPLES).filter((name) => name.endsWith('.mjs'))).toEqual(Object.keys(PROMISED));
});

it.each(Object.keys(PROMISED))('%s runs under record as it says', async (name) => {
  const { code, stdout, stderr, report } = await recordExample(join(EXAMPLES, name));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).not.toBe('');
  expect(report?.findings.map(({ title }) => title)).toEqual(PROMISED[name]);
});
