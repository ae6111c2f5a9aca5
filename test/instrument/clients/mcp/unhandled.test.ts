import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReleases } from '../../../support/clients.ts';
import { compilePrograms, type Programs } from '../../../support/run-program.ts';

const PROGRAM = 'test/instrument/clients/mcp/programs/unhandled';

let programs: Programs;

beforeAll(() => {
  programs = compilePrograms(PROGRAM);
});

afterAll(() => programs.remove());

describeReleases('mcp', (release) => {
  async function reportsOf(mode: 'bare' | 'traced') {
    const { stdout, stderr } = await programs.run(PROGRAM, [join(release.dir, 'load.mjs'), mode]);
    expect(stderr).toBe('');
    return JSON.parse(stdout) as { seen: Record<string, string[]>; outcomes: string[] };
  }

  it('has failures reported by Node exactly as without tracing', async () => {
    const [bare, traced] = await Promise.all([reportsOf('bare'), reportsOf('traced')]);
    expect(traced.seen).toEqual(bare.seen);
    expect(bare.seen).toMatchObject({
      catch: [],
      'request not sent': ['unhandled broken pipe'],
      'request not sent, handled': [],
      'batch not sent': ['unhandled broken pipe'],
    });
    expect(bare.seen.none).toEqual([expect.stringMatching(/^unhandled .*not found/)]);
    expect(bare.seen['timed out']).toEqual([expect.stringMatching(/^unhandled .*timed out/)]);
    expect([bare.outcomes, traced.outcomes]).toEqual([[], ['error', 'error + exception', 'unset']]);
  });
});
