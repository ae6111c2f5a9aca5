import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReleases } from '../../../support/clients.ts';
import { compilePrograms, type Programs } from '../../../support/run-program.ts';

const PROGRAM = 'test/instrument/clients/openai/programs/unhandled';

let programs: Programs;

beforeAll(() => {
  programs = compilePrograms(PROGRAM);
});

afterAll(() => programs.remove());

describeReleases('openai', (release) => {
  async function reportsOf(mode: 'bare' | 'traced') {
    const { stdout, stderr } = await programs.run(PROGRAM, [join(release.dir, 'load.mjs'), mode]);
    expect(stderr).toBe('');
    return JSON.parse(stdout) as { seen: Record<string, string[]>; spans: number; outcomes: string[] };
  }

  it('has failures reported by Node exactly as without the view', async () => {
    const [bare, traced] = await Promise.all([reportsOf('bare'), reportsOf('traced')]);
    expect(traced.seen).toEqual(bare.seen);
    expect(bare.seen).toMatchObject({
      none: ['unhandled 400 It did not work out.'],
      catch: [],
      late: ['unhandled 400 It did not work out.', 'handled late'],
    });
    // Of the stream that is not read, nobody knows the end yet.
    expect([bare.spans, traced.spans, traced.outcomes]).toEqual([0, 18, ['error + exception']]);
  });
});
