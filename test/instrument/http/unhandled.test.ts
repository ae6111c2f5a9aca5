import { afterAll, beforeAll, expect, it } from 'vitest';
import { compilePrograms, type Programs } from '../../support/run-program.ts';

const PROGRAM = 'test/instrument/programs/http';
let programs: Programs;

beforeAll(() => {
  programs = compilePrograms(PROGRAM);
});
afterAll(() => programs.remove());

it.each([
  ['a request is refused', 'uncaughtException: Error: connect ECONNREFUSED 127.0.0.1:9\nexit 1\n'],
  ['a request is refused, with a listener that throws', 'uncaughtException: RangeError: mine\nexit 1\n'],
  ['an answer breaks off, with nobody listening', 'close\nexit 0\n'],
  ['an answer breaks off in a loop', 'x\nunhandledRejection: Error: aborted\nexit 1\n'],
  ['a fetch is refused', /^unhandledRejection: TypeError: fetch failed\nexit 1\n$/],
  ['a body breaks off', 'unhandledRejection: TypeError: terminated\nexit 1\n'],
  ['a listener throws', 'uncaughtException: RangeError: mine\nexit 1\n'],
  ['a listener rejects', 'unhandledRejection: RangeError: mine\nexit 1\n'],
])('%s: the process ends as it would', async (scenario, expected) => {
  const [bare, traced] = await Promise.all([
    programs.run(PROGRAM, ['bare', scenario]),
    programs.run(PROGRAM, ['traced', scenario]),
  ]);
  expect(traced.stdout).toBe(bare.stdout);
  expect(traced.code).toBe(bare.code);
  expect(bare.stdout).toMatch(expected);
});
