import { execFile } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import type { Report } from '../../src/analyze/report/types.ts';
import { type InstalledExamples, installExamples } from '../support/installed-examples.ts';
import { recordExample } from '../support/record-example.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const examples = installExamples();
afterAll(() => examples?.remove());

interface Promised {
  /** All that the program prints. */
  readonly says: string;
  /** All that the analysis finds, as the program's first lines promise. */
  readonly finds: Found;
  /** Whose the calls are, those with most time first. */
  readonly calls: Readonly<Record<string, number>>;
}

type Finding = Report['findings'][number];
type Found = Pick<Finding, 'title' | 'category' | 'service' | 'operation'> &
  Partial<Pick<Finding, 'fingerprint'>> & { readonly count: number };

const PROMISED: Readonly<Record<string, Promised>> = {
  'langgraph-agent.mjs': {
    says: 'All of it comes to 17 francs.\n',
    finds: {
      title: 'get_price called 4× in a row (N+1)',
      category: 'tool',
      service: 'shopper',
      operation: 'invoke_workflow LangGraph',
      count: 4,
    },
    calls: { 'OpenAI (third_party)': 5 },
  },
  'mcp-agent.mjs': {
    says: 'Go to Rome: it is the only one with sun.\n',
    finds: {
      title: 'get_weather called 4× in a row (N+1)',
      category: 'mcp',
      service: 'weather-agent',
      operation: 'invoke_agent traveller',
      count: 4,
    },
    calls: { 'OpenAI (third_party)': 5, 'weather-server (internal)': 7 },
  },
  'streaming-agent.mjs': {
    says: 'Bern is old, mild in summer, known for its rösti, and has a fine museum of art.\n(79 characters)\n',
    finds: {
      title: 'read_page called 4× in a row (N+1)',
      category: 'tool',
      service: 'researcher',
      operation: 'invoke_agent researcher',
      count: 4,
    },
    calls: { 'OpenAI (third_party)': 2 },
  },
  'support-agent.mjs': {
    says: 'Two of your orders were lost. I have sent them again.\n',
    finds: {
      title: 'SELECT shipments called 20× in a row (N+1)',
      category: 'db',
      service: 'support',
      operation: 'execute_tool find_orders',
      fingerprint: 'SELECT state FROM shipments WHERE order_id = ?',
      count: 20,
    },
    calls: { 'OpenAI (third_party)': 2, '127.0.0.1 (internal)': 21 },
  },
};

function findingsOf(report: Report): Found[] {
  return report.findings.map(({ title, category, service, operation, fingerprint, occurrences }) => {
    const count = occurrences.reduce((sum, one) => sum + one.count, 0);
    return { title, category, service, operation, fingerprint, count };
  });
}

function callsOf({ thirdParty }: Report): Record<string, number> {
  return Object.fromEntries(thirdParty.parties.map((party) => [`${party.vendor} (${party.class})`, party.calls]));
}

it('says of every agent what is found in it', () => {
  const agents = readdirSync(join(ROOT, 'examples/agents')).filter((name) => name.endsWith('-agent.mjs'));
  expect(agents).toEqual(Object.keys(PROMISED));
});

if (examples === undefined) {
  if (process.env.CI === 'true') throw new Error('the packages of the examples are not installed: npm run clients');
  describe.skip('agents (packages not installed: npm run clients)', () => it('is skipped', () => undefined));
} else {
  describe('agents', () => describeAgents(examples));
}

function describeAgents({ dir, env }: InstalledExamples): void {
  it.each(Object.entries(PROMISED))(
    '%s runs under record as it says',
    async (name, { says, finds, calls }) => {
      const { code, stdout, stderr, report } = await recordExample(join(dir, name), env);
      expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: says, stderr: '' });
      expect(findingsOf(report!)).toMatchObject([finds]);
      expect(callsOf(report!)).toEqual(calls);
    },
    90_000,
  );

  it('their types are right', async () => {
    const compilerOptions = {
      allowJs: true,
      checkJs: true,
      preserveSymlinks: true,
      typeRoots: [join(ROOT, 'node_modules/@types')],
    };
    const include = ['*.mjs', 'stand-ins/*.mjs'];
    writeFileSync(
      join(dir, 'tsconfig.json'),
      JSON.stringify({ extends: join(ROOT, 'tsconfig.json'), compilerOptions, include }),
    );
    const tsc = join(ROOT, 'node_modules/.bin/tsc');
    const complaints = await promisify(execFile)(tsc, ['-p', dir]).then(
      () => '',
      (error: { stdout: string }) => error.stdout,
    );
    expect(complaints).toBe('');
  });
}
