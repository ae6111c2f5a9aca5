import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compilePrograms, type Programs } from '../support/run-program.ts';

const PROGRAM = 'test/instrument/programs/unhandled';

let programs: Programs;

beforeAll(() => {
  programs = compilePrograms(PROGRAM);
});

afterAll(() => programs.remove());

async function reportsOf(shape: string, mode: 'bare' | 'wrapped') {
  const { stdout, stderr } = await programs.run(PROGRAM, [shape, mode]);
  expect(stderr).toBe('');
  return JSON.parse(stdout) as { seen: Record<string, string[]>; spans: number; outcomes: string[] };
}

describe('a rejection', () => {
  it.each(['async', 'rejected', 'subclass', 'rejected subclass'])(
    'is reported by Node exactly as without the wrapper: %s',
    async (shape) => {
      const [bare, wrapped] = await Promise.all([reportsOf(shape, 'bare'), reportsOf(shape, 'wrapped')]);
      expect(bare.seen).toMatchObject({
        none: ['unhandled reason'],
        catch: [],
        late: ['unhandled reason', 'handled late'],
      });
      expect(wrapped).toEqual({ seen: bare.seen, spans: 8, outcomes: ['error + exception'] });
    },
  );
});
