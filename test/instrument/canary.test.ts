import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCollector } from '../support/collector.ts';
import { filesIn } from '../support/delivery-process.ts';
import { compilePrograms, type Programs } from '../support/run-program.ts';
import { PLANTED_SECRETS } from '../support/secrets.ts';

const PROGRAM = 'test/instrument/programs/canary';
/** Loaded by its name alone, so that no compiler would find it. */
const PACKAGES = resolve(import.meta.dirname, '../clients/packages');
/** Nobody listens there: what leaves the process is what is on disk. */
const NOBODY = 'http://127.0.0.1:9';

/** The clients' releases that run on every version of Node. */
const PARTS: Record<string, string | undefined> = {
  core: undefined,
  openai: 'openai-6',
  anthropic: 'anthropic-0.60',
  google: 'google-2',
  bedrock: 'bedrock-3.606',
  'ai-sdk': 'ai-6',
  mcp: 'mcp-1',
  langchain: 'langchain-1',
  'openai-agents': 'openai-agents-0.20',
  'claude-agent': 'claude-agent-0.3',
};
/** Of these, what asks for Node 22. */
const NEWEST = ['openai-agents'];
const isNewest = Number(process.versions.node.split('.')[0]) >= 22;
const parts = Object.keys(PARTS).filter(
  (part) =>
    (PARTS[part] === undefined || existsSync(join(PACKAGES, '../node_modules'))) &&
    (isNewest || !NEWEST.includes(part)),
);

/** All that a run of the program let out: to the collector, and to the files of its spool. */
async function lettingOut(programs: Programs, part: string, env: Record<string, string>): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'trace-analyze-canary-'));
  const collector = await startCollector();
  try {
    const kept = { ...env, TRACE_ANALYZE_SPOOL: join(dir, 'kept') };
    const [sent, left] = await Promise.all([
      programs.run(PROGRAM, [part, collector.url, PACKAGES], { ...env, TRACE_ANALYZE_SPOOL: join(dir, 'sent') }),
      programs.run(PROGRAM, [part, NOBODY, PACKAGES], kept),
    ]);
    expect([sent.code, left.code, sent.stderr, left.stderr]).toEqual([0, 0, '', '']);
    const inRequests = collector.requests.map(({ traces }) => JSON.stringify(traces)).join('\n');
    const inHeaders = collector.requests.map(({ headers }) => JSON.stringify(headers)).join('\n');
    const onDisk = filesIn(join(dir, 'kept')).map((file) => readFileSync(file, 'utf8'));
    expect([inRequests.length, onDisk.join('').length].every((length) => length > 500)).toBe(true);
    return [inRequests, inHeaders, ...onDisk, sent.stdout, left.stdout].join('\n');
  } finally {
    await collector.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

function numbersOf(word: string, text: string): number[] {
  const found = new Set([...text.matchAll(new RegExp(`${word}-(\\d+)`, 'g'))].map(([, number]) => Number(number)));
  return [...found].sort((a, b) => a - b);
}

const ALL = PLANTED_SECRETS.map((_, i) => i);

let programs: Programs;

beforeAll(() => {
  programs = compilePrograms(PROGRAM);
}, 120_000);

afterAll(() => programs.remove());

describe.each(parts)('%s', (part) => {
  describe.each([
    ['by default', {}],
    ['with content', { TRACE_ANALYZE_CAPTURE: 'true' }],
  ])('%s', (_when, env: Record<string, string>) => {
    let out: string;

    beforeAll(async () => {
      out = await lettingOut(programs, part, env);
    }, 180_000);

    it.each(PLANTED_SECRETS)('lets no $kind out', ({ secret }) => {
      expect(out.includes(secret)).toBe(false);
      expect(out.includes(encodeURIComponent(secret))).toBe(false);
    });

    it(`records ${'TRACE_ANALYZE_CAPTURE' in env ? 'all' : 'nothing'} of the content`, () => {
      expect(numbersOf('content', out)).toEqual('TRACE_ANALYZE_CAPTURE' in env ? ALL : []);
    });

    if (part === 'core') {
      it('records what stands beside the secrets in facts', () => {
        expect(numbersOf('fact', out)).toEqual(ALL);
      });
    }
  });
});
