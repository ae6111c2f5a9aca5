import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { build } from 'esbuild';
import { rolldown } from 'rolldown';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Collector, freePort, startCollector } from '../support/collector.ts';
import { linesIn } from '../support/delivery-process.ts';
import { PORTABLE_ENTRIES, runNode, USER, WORKER } from '../support/user-project.ts';

/** Makes ten calls, and then ends as it is told to. */
const APP = `
import { tool } from 'trace-analyze/instrument';
import { init, stats } from 'trace-analyze/instrument/node';

init({ service: 'bundled' });
const work = tool('work', async () => 'done');
const calls = Array.from({ length: 10 }, () => work());
Promise.all(calls).then(() => process.argv[2] === 'exit' && process.exit());
process.on('exit', () => console.log(JSON.stringify({ telemetryErrors: stats().telemetryErrors })));
`;
/** Some of OpenTelemetry's SDK is CommonJS, for which esbuild leaves it to the bundle to have a `require`. */
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/** On a busy machine, the thread that ships may take long to start. */
const PATIENT = { TRACE_ANALYZE_EXIT_FLUSH_MS: '20000' };

type Format = 'esm' | 'cjs';
type Bundle = (format: Format, entries: Readonly<Record<string, string>>, outdir: string) => Promise<unknown>;

const bundlers: Readonly<Record<string, Bundle>> = {
  esbuild: (format, entryPoints, outdir) =>
    build({
      ...{ entryPoints, outdir, format, bundle: true, platform: 'node', absWorkingDir: USER, logLevel: 'silent' },
      ...{ outExtension: { '.js': extension(format) }, banner: { js: format === 'esm' ? REQUIRE : '' } },
    }),
  rolldown: async (format, input, dir) => {
    const bundle = await rolldown({ input, cwd: USER, platform: 'node', logLevel: 'silent' });
    await bundle.write({ dir, format, entryFileNames: `[name]${extension(format)}` });
    await bundle.close();
  },
};

function extension(format: Format): string {
  return format === 'esm' ? '.mjs' : '.cjs';
}

const dir = mkdtempSync(join(tmpdir(), 'trace-analyze-bundles-'));
const source = join(USER, 'app.mjs');
writeFileSync(source, APP);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let collector: Collector;
beforeEach(async () => {
  collector = await startCollector();
});
afterEach(() => collector.close());

/** Away from `node_modules`, as a bundle is deployed. */
async function bundled(bundler: string, format: Format, more: Readonly<Record<string, string>> = {}) {
  const out = mkdtempSync(join(dir, `${bundler}-${format}-`));
  await bundlers[bundler]!(format, { app: source, ...more }, out);
  const app = join(out, `app${extension(format)}`);
  const spool = join(out, 'spool');
  const run = (end: string, endpoint = collector.url) =>
    runNode([app, end], { ...PATIENT, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, TRACE_ANALYZE_SPOOL: spool });
  return { out, spool, run };
}

const fine = { code: 0, stdout: '{"telemetryErrors":0}\n', stderr: '' };

describe.each(Object.keys(bundlers))('an app that %s has bundled', (bundler) => {
  describe.each(['esm', 'cjs'] as const)('as %s', (format) => {
    it('delivers its spans when it ends by itself', async () => {
      const { run } = await bundled(bundler, format);
      expect(await run('by itself')).toEqual(fine);
      expect(collector.named('execute_tool work').length).toBe(10);
    });

    it('ends where nobody takes them, and has them on disk', async () => {
      const { spool, run } = await bundled(bundler, format);
      expect(await run('by itself', `http://127.0.0.1:${await freePort()}`)).toEqual(fine);
      expect(linesIn(spool)).toBe(10);
    });

    it('has them on disk after process.exit(), and delivers them when it is started again', async () => {
      const { spool, run } = await bundled(bundler, format);
      expect(await run('exit')).toEqual(fine);
      expect(linesIn(spool)).toBe(10);
      expect(collector.requests).toEqual([]);

      expect(await run('by itself')).toEqual(fine);
      expect(collector.distinct()).toBe(20);
    });

    it('delivers them before process.exit() where the worker is bundled, too', async () => {
      const { spool, run } = await bundled(bundler, format, { 'trace-analyze-worker': WORKER });
      expect(await run('exit')).toEqual(fine);
      expect(collector.distinct()).toBe(10);
      expect(readdirSync(spool)).toEqual([]);
    });

    it('leaves alone what the app calls its worker', async () => {
      const { out, run } = await bundled(bundler, format);
      for (const name of ['worker.js', 'worker.mjs', 'worker.cjs']) {
        writeFileSync(join(out, name), `require('node:fs').writeFileSync(${JSON.stringify(join(out, 'started'))}, '')`);
      }
      expect(await run('by itself')).toEqual(fine);
      expect(readdirSync(out)).not.toContain('started');
    });
  });
});

describe('a bundle for the web', () => {
  const call = `
    let ran = 0;
    const add = entry.tool('add', (a, b) => { ran++; return a + b; });
    JSON.stringify([add(1, 2), ran]);`;

  async function forWeb(entry: string, platform: 'browser' | 'neutral'): Promise<string> {
    const contents = `export * from '${entry}';`;
    const { outputFiles } = await build({
      ...{
        stdin: { contents, resolveDir: USER },
        bundle: true,
        write: false,
        platform,
        mainFields: ['module', 'main'],
      },
      ...{ format: 'iife', globalName: 'entry', logLevel: 'silent', absWorkingDir: USER },
    });
    return outputFiles[0]!.text;
  }

  /** What browsers and workers of the web have beside the language itself. */
  const web = () => ({ performance, queueMicrotask, ReadableStream, setTimeout, clearTimeout, TextEncoder, URL });

  it.each(PORTABLE_ENTRIES)('can be made of %s, and loads without anything that only Node has', async (entry) => {
    for (const platform of ['browser', 'neutral'] as const) {
      const text = await forWeb(entry, platform);
      expect(text).not.toMatch(/['"]node:/);
      expect(runInNewContext(`${text}; Object.keys(entry).length > 0`, web())).toBe(true);
    }
  });

  it('has wrappers that work there', async () => {
    const text = await forWeb('trace-analyze/instrument', 'browser');
    expect(runInNewContext(`${text}; ${call}`, web())).toBe('[3,1]');
  });

  it('has none of what is not imported', async () => {
    const { outputFiles } = await build({
      stdin: { contents: `import 'trace-analyze/instrument/node';`, resolveDir: USER },
      ...{ bundle: true, write: false, platform: 'node', format: 'esm', logLevel: 'silent', absWorkingDir: USER },
    });
    expect(outputFiles[0]!.text.trim()).toBe('');
  });
});
