import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { compilePrograms, type Programs } from '../../support/run-program.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const NODE_TEST = 'test/instrument/testing/programs/node-test';
const INSTRUMENT = 'src/instrument/index';
const TESTING = 'src/instrument/testing/index';

// Runners in runners, each in several processes.
vi.setConfig({ testTimeout: 120_000 });

let programs: Programs;

beforeAll(() => {
  programs = compilePrograms(NODE_TEST, INSTRUMENT, TESTING);
});

afterAll(() => programs.remove());

describe("Node's own test runner", () => {
  it('takes a tree that holds, and shows the difference of one that does not', async () => {
    const { code, stdout, stderr } = await programs.run(NODE_TEST, [], { NODE_OPTIONS: '--test-reporter=tap' });
    const lines = stdout.split('\n').map((line) => line.trim());
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(lines).toEqual(expect.arrayContaining(['ok 1 - asks the weather', 'not ok 2 - asks it twice']));
    const from = lines.indexOf('error: |-');
    expect(lines.slice(from + 1, from + 6)).toEqual([
      'The spans are not as expected (- expected, + recorded):',
      '',
      'invoke_agent planner',
      'execute_tool weather',
      '-   execute_tool weather',
    ]);
    expect(lines).toContain("code: 'ERR_ASSERTION'");
  });

  it('is told why there are no spans where all is switched off', async () => {
    const { code, stdout } = await programs.run(NODE_TEST, [], { TRACE_ANALYZE_DISABLED: 'true' });
    expect(code).toBe(1);
    expect(stdout).toContain('TRACE_ANALYZE_DISABLED or OTEL_SDK_DISABLED is set: wrapped functions have no spans.');
  });
});

interface VitestReport {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly title: string;
      readonly status: string;
      readonly failureMessages: string[];
    }[];
  }[];
}

describe('vitest', () => {
  let dir: string;
  beforeAll(() => {
    mkdirSync(join(ROOT, 'node_modules/.cache'), { recursive: true });
    dir = mkdtempSync(join(ROOT, 'node_modules/.cache/trace-analyze-vitest-'));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  const userTests = (name: string) => `
    import { afterEach, beforeEach, expect, it } from 'vitest';
    import { tool } from ${JSON.stringify(programs.path(INSTRUMENT))};
    import { recorder } from ${JSON.stringify(programs.path(TESTING))};
    const call = tool('${name}', () => new Promise((resolve) => setTimeout(resolve, 20)));
    let recording;
    beforeEach(() => { recording = recorder(); });
    afterEach(() => recording.stop());
    for (const n of [1, 2, 3]) it('${name} ' + n, async () => {
      await Promise.all(Array.from({ length: n }, () => call()));
      recording.assertTree('execute_tool ${name}\\n'.repeat(n));
    });
    it('${name} fails', () => recording.assertTree('execute_tool ${name}'));
  `;

  function runVitest(args: readonly string[]): Promise<VitestReport> {
    const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
    const inherited = Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_OPTIONS)/.test(name));
    const options = { cwd: dir, env: Object.fromEntries(inherited) };
    return new Promise((done, fail) =>
      execFile(
        process.execPath,
        [vitest, 'run', '--root', dir, '--reporter=json', ...args],
        options,
        (_, stdout, stderr) => {
          try {
            done(JSON.parse(stdout.slice(stdout.indexOf('{'))) as VitestReport);
          } catch {
            fail(new Error(`${stdout}${stderr}`));
          }
        },
      ),
    );
  }

  it.each([
    ['in parallel', ['--fileParallelism', '--pool=forks']],
    ['in parallel threads', ['--fileParallelism', '--pool=threads']],
    ['one after another in one process', ['--no-file-parallelism', '--no-isolate']],
  ])('runs files %s, each with its own spans', async (_, args) => {
    const names = ['weather', 'hotels', 'flights', 'trains'];
    writeFileSync(join(dir, 'vitest.config.js'), 'export default {};');
    for (const name of names) writeFileSync(join(dir, `${name}.test.js`), userTests(name));
    const { testResults } = await runVitest(args);
    const results = testResults.flatMap(({ assertionResults }) => assertionResults);
    const outcomes = Object.fromEntries(results.map(({ title, status }) => [title, status]));
    const expected = names.flatMap((name) => [
      ...[1, 2, 3].map((n) => [`${name} ${n}`, 'passed']),
      [`${name} fails`, 'failed'],
    ]);
    expect(outcomes).toEqual(Object.fromEntries(expected));
    const failed = results.find(({ title }) => title === 'hotels fails');
    expect(failed?.failureMessages[0]).toContain(
      'The spans are not as expected (- expected, + recorded):\n\n- execute_tool hotels',
    );
  });
});
