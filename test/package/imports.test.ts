import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { ENTRIES, INSTALLED, PORTABLE_ENTRIES, runNode, USER } from '../support/user-project.ts';

const RECORD_IMPORTS = pathToFileURL(resolve(import.meta.dirname, 'programs/record-imports.mjs')).href;
const RUNTIME_PACKAGES = [
  '@opentelemetry/exporter-trace-otlp-http',
  '@opentelemetry/resources',
  '@opentelemetry/sdk-trace-node',
];
const dir = mkdtempSync(join(tmpdir(), 'trace-analyze-imports-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Import {
  readonly specifier: string;
  readonly from?: string;
  readonly url: string;
}

/** All that Node resolves when a program imports one entry. */
async function importsOf(entry: string): Promise<Import[]> {
  const file = join(dir, `${entry.replaceAll('/', '-')}.ndjson`);
  const args = ['--import', RECORD_IMPORTS, '--input-type=module', '--eval', `await import('${entry}');`];
  expect(await runNode(args, { IMPORTS: file })).toEqual({ code: 0, stdout: '', stderr: '' });
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Import);
}

const own = pathToFileURL(join(INSTALLED, 'dist/instrument/')).href;

/** Names of packages and of Node's own modules that ours import, as they are written there. */
function outside(imports: readonly Import[]): string[] {
  const names = imports.filter(({ from, url }) => from?.startsWith(own) && !url.startsWith(own));
  return [...new Set(names.map(({ specifier }) => specifier))].sort();
}

describe('a program of ES modules', () => {
  it.each(ENTRIES)('imports %s, which prints nothing and does not keep it alive', async (entry) => {
    const print = `import * as entry from '${entry}'; process.stdout.write(Object.keys(entry).join());`;
    const { code, stdout, stderr } = await runNode(['--input-type=module', '--eval', print]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^\w+/);
  });

  it.each(PORTABLE_ENTRIES)('loads nothing for %s but that and the OpenTelemetry API', async (entry) => {
    const imports = await importsOf(entry);
    expect(imports.filter(({ url }) => url.startsWith(own)).length).toBeGreaterThan(1);
    expect(outside(imports)).toEqual(['@opentelemetry/api']);
    const api = pathToFileURL(join(USER, 'node_modules/@opentelemetry/api/')).href;
    const others = imports.filter(
      ({ url, from }) => from !== undefined && !url.startsWith(own) && !url.startsWith(api),
    );
    expect(others.map(({ specifier }) => specifier).filter((name) => name !== entry)).toEqual([]);
  });

  it('loads the SDK for the entry for Node, and the exporter not before there is something to send', async () => {
    const packages = outside(await importsOf('trace-analyze/instrument/node')).filter((name) => !/^node:/.test(name));
    expect(packages).toEqual(['@opentelemetry/api', '@opentelemetry/resources', '@opentelemetry/sdk-trace-node']);
  });
});

describe('a program of CommonJS modules', () => {
  it.each(ENTRIES)('requires %s and is warned of nothing', async (entry) => {
    const print = `process.stdout.write(Object.keys(require('${entry}')).join())`;
    const required = await runNode(['--input-type=commonjs', '--eval', print]);
    const imported = `import * as entry from '${entry}'; process.stdout.write(Object.keys(entry).join());`;
    expect(required).toEqual({ ...(await runNode(['--input-type=module', '--eval', imported])), code: 0, stderr: '' });
  });

  it('gets the same module as whoever imports it', async () => {
    const program = `
      const { tool } = require('trace-analyze/instrument');
      import('trace-analyze/instrument').then((entry) => process.stdout.write(String(entry.tool === tool)));`;
    expect((await runNode(['--input-type=commonjs', '--eval', program])).stdout).toBe('true');
  });
});

describe('what is packed', () => {
  const files = readdirSync(INSTALLED, { recursive: true, encoding: 'utf8' });

  it('has no tests, sources or settings of the project', () => {
    expect([...new Set(files.map((file) => file.split('/')[0]))].sort()).toEqual(
      ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'dist', 'docs', 'package.json'].sort(),
    );
    expect(files.filter((file) => /\.(test\.js|tsbuildinfo|map)$|[^d]\.ts$/.test(file))).toEqual([]);
  });

  it('needs at most three packages for the instrumentation, be they imported at once or later', () => {
    const modules = files.filter((file) => file.startsWith('dist/instrument/') && file.endsWith('.js'));
    const names = modules.flatMap((file) => packagesIn(readFileSync(join(INSTALLED, file), 'utf8')));
    expect([...new Set(names)].sort()).toEqual(['@opentelemetry/api', ...RUNTIME_PACKAGES]);
  });

  it('comes with the API that it has in common with the program, and one copy of it', () => {
    const copies = readdirSync(join(USER, 'node_modules'), { recursive: true, encoding: 'utf8' });
    expect(copies.filter((path) => path.endsWith('@opentelemetry/api'))).toEqual(['@opentelemetry/api']);
  });
});

describe('the command line', () => {
  const bin = join(USER, 'node_modules/.bin/trace-analyze');

  it('is there, and tells its version', async () => {
    expect(existsSync(bin)).toBe(true);
    const { version } = JSON.parse(readFileSync(join(INSTALLED, 'package.json'), 'utf8')) as { version: string };
    expect(await runNode([bin, '--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('analyses a file', async () => {
    const traces = resolve(import.meta.dirname, '../fixtures/traces/kagent-jaeger');
    const [first] = readdirSync(traces).filter((name) => name.endsWith('.json'));
    const { code, stdout } = await runNode([bin, join(traces, first!), '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: expect.any(String) });
  });
});

/** Of every kind of import there is: static, for its effects, dynamic, required. */
function packagesIn(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const found = code.matchAll(/(?:\bfrom|\bimport|\bimport\(|\brequire\(|\bresolve\()\s*['"]([\w@/.:-]+)['"]/g);
  return [...found].map(([, name]) => name!).filter((name) => !/^(\.|node:)/.test(name));
}
