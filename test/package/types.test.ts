import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ENTRIES, PORTABLE_ENTRIES, run, runNode, USER } from '../support/user-project.ts';

const TSC = resolve(import.meta.dirname, '../../node_modules/typescript/bin/tsc');
const STRICT =
  '--ignoreConfig --noEmit --strict --exactOptionalPropertyTypes --skipLibCheck false --target es2022'.split(' ');
mkdirSync(join(USER, 'types'), { recursive: true });
const dir = mkdtempSync(join(USER, 'types/'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Uses what the README shows, and would not compile if it were typed as anything else. */
const PROGRAM = `
import { agent, current, llm, session, tool } from 'trace-analyze/instrument';
import { childEnv, flush, init, type InitOptions, shutdown, type Stats, stats } from 'trace-analyze/instrument/node';
import { traceOpenAI } from 'trace-analyze/instrument/openai';

const options: InitOptions = { service: 'travel-bot', endpoint: 'http://localhost:4318' };
const result: 'started' | 'existing' | 'disabled' = init(options);
const add = tool('add', (a: number, b: number) => a + b);
const sum: number = add(1, 2);
const items = tool('items', async function* (count: number) { for (let i = 0; i < count; i++) yield i; });
const ask = llm('chat', { model: 'm', provider: 'p' }, async (prompt: string) => {
  current().usage({ input: 1, output: 2 });
  return { text: prompt };
});
const planner = agent('planner', async (goal: string): Promise<string> => (await ask(goal)).text);
const answer: Promise<string> = session('conversation', () => planner('goal'));
class Client { chat = { completions: { create: async (body: { model: string }) => body } }; }
const client: Client = traceOpenAI(new Client());
const counts: Stats = stats();
export const all = [result, sum, items(3)[Symbol.asyncIterator](), answer, client.chat, counts, childEnv(), flush(), shutdown(1)];

// @ts-expect-error A wrapped function takes what it took.
add('1', 2);
// @ts-expect-error And gives what it gave.
const text: string = add(1, 2);
`;

const SOURCES = { nodenext: ['mts', 'cts'], node20: ['mts', 'cts'], node16: ['mts'] };
const fine = { code: 0, stdout: '', stderr: '' };

function write(name: string, text: string): string {
  const file = join(dir, name);
  writeFileSync(file, text);
  return file;
}

function check(files: readonly string[], options: Readonly<Record<string, string>>) {
  return run(process.execPath, [TSC, ...STRICT, ...Object.entries(options).flat(), ...files]);
}

const fileOf = (entry: string, suffix: string) => `${entry.replaceAll('/', '-')}.${suffix}`;

describe('types', () => {
  // Not by CommonJS under node16: there, TypeScript lets it require no ES module, as Node did not before 20.19.
  it.each(Object.entries(SOURCES))('are found under module %s', async (module, suffixes) => {
    const files = suffixes.map((suffix) => write(`${module}.${suffix}`, PROGRAM));
    expect(await check(files, { '--types': 'node', '--module': module })).toEqual(fine);
  });

  it.each(['esnext', 'preserve', 'commonjs'])('are found by a bundler under module %s', async (module) => {
    const options = { '--types': 'node', '--module': module, '--moduleResolution': 'bundler' };
    expect(await check([write(`${module}.ts`, PROGRAM)], options)).toEqual(fine);
  });

  it('of every entry tell all that it exports', async () => {
    const files = ENTRIES.map(async (entry) => {
      const print = `import * as entry from '${entry}'; process.stdout.write(Object.keys(entry).join());`;
      const { stdout: names } = await runNode(['--input-type=module', '--eval', print]);
      const text = `import { ${names} } from '${entry}';\nexport const all: readonly unknown[] = [${names}];\n`;
      return write(fileOf(entry, 'mts'), text);
    });
    expect(await check(await Promise.all(files), { '--types': 'node', '--module': 'nodenext' })).toEqual(fine);
  });

  it('of what runs anywhere need neither those of Node nor those of any client', async () => {
    const files = PORTABLE_ENTRIES.map((entry) => write(fileOf(entry, 'ts'), `export * as entry from '${entry}';\n`));
    const web = { '--types': '', '--lib': 'es2022,dom', '--module': 'esnext', '--moduleResolution': 'bundler' };
    expect(await check(files, web)).toEqual(fine);
  });
});
