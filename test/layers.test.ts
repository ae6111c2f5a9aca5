import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');
const BIOME = join(ROOT, 'node_modules/.bin/biome');

/** Of a file in `src/instrument`: what it may import, and what it may not. */
const LAYERS: Readonly<Record<string, { may: readonly string[]; mayNot: readonly string[] }>> = {
  'core.ts': {
    may: ['@opentelemetry/api', './call.ts', './content/settings.ts', './redact/rule.ts'],
    mayNot: ['node:fs', 'openai', '@opentelemetry/sdk-trace-node', './node/index.ts', './clients/mcp.ts', './http.ts'],
  },
  'content/x.ts': {
    may: ['@opentelemetry/api', '../call.ts', './settings.ts', '../redact/cut.ts'],
    mayNot: ['node:fs', '../http.ts', '../node/index.ts', '../clients/mcp.ts'],
  },
  'redact/x.ts': {
    may: ['./rule.ts', '../redact.ts'],
    mayNot: ['../call.ts', '@opentelemetry/api', 'node:url', '../content/settings.ts'],
  },
  'clients/x.ts': {
    may: ['@opentelemetry/api', '../call.ts', '../content/settings.ts', './api/shape.ts'],
    mayNot: ['openai', 'node:fs', '@opentelemetry/resources', '../node/index.ts', '../http.ts', '../testing/index.ts'],
  },
  'clients/x/y.ts': {
    may: ['@opentelemetry/api', '../../call.ts', '../api/shape.ts', './z.ts'],
    mayNot: ['../../node/index.ts', '../../http.ts', '../../http/fetch.ts', '../../testing/index.ts'],
  },
  'http/x.ts': {
    may: ['@opentelemetry/api', 'node:http', 'node:timers/promises', '../call.ts', './y.ts'],
    mayNot: ['undici', '@opentelemetry/sdk-trace-node', '../node/index.ts', '../clients/mcp.ts'],
  },
  'testing/x.ts': {
    may: ['@opentelemetry/api', '@opentelemetry/sdk-trace-node', '../call.ts', './y.ts'],
    mayNot: ['node:fs', '../node/index.ts', '../clients/mcp.ts', '../http.ts', 'vitest'],
  },
  'node/x.ts': {
    may: ['node:fs', 'node:fs/promises', '@opentelemetry/exporter-trace-otlp-http', '../call.ts', './y.ts'],
    mayNot: ['commander', '@opentelemetry/sdk-node', '../clients/mcp.ts', '../testing/index.ts', '../http.ts'],
  },
};
const BEYOND = ['analyze/index.ts', 'analyze/model/trace.ts', 'receiver/receiver.ts', 'cli/bin.ts', 'demo/demo.ts'];

const dir = mkdtempSync(join(tmpdir(), 'trace-analyze-layers-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Imports that the rules in `biome.json` report. */
function reported(file: string, targets: readonly string[]): string[] {
  const path = join(dir, 'src/instrument', file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, targets.map((target) => `import type * as _ from '${target}';\n`).join(''));
  const args = ['lint', '--only=style/noRestrictedImports', '--reporter=json', '--max-diagnostics=none', path];
  const { stdout } = spawnSync(BIOME, args, { cwd: dir, encoding: 'utf8' });
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { location: { start: { line: number } } }[] };
  return diagnostics.map(({ location }) => targets[location.start.line - 1]!);
}

it.each(Object.entries(LAYERS))('%s of the instrumentation imports what its layer may, and no more', (file, layer) => {
  const { vcs: _, ...rules } = JSON.parse(readFileSync(join(ROOT, 'biome.json'), 'utf8'));
  writeFileSync(join(dir, 'biome.json'), JSON.stringify(rules));
  const up = '../'.repeat(file.split('/').length);
  const mayNot = [...layer.mayNot, ...BEYOND.map((path) => `${up}${path}`)];
  expect(reported(file, [...layer.may, ...mayNot])).toEqual(mayNot);
});
