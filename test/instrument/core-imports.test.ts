import { readdirSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { expect, it } from 'vitest';

/** Types alone are gone when it runs. */
const IMPORT = /^(?:import|export)\b(?! type\b)[^;]*?from '([^']+)';/gms;

/** Every module outside of `src/instrument` that a module there needs when it runs, directly or not. */
function importsOf(file: string, seen = new Set<string>()): Set<string> {
  const outside = new Set<string>();
  if (seen.has(file)) return outside;
  seen.add(file);
  for (const [, target] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    if (!target!.startsWith('.')) outside.add(target!);
    else for (const name of importsOf(resolve(dirname(file), target!), seen)) outside.add(name);
  }
  return outside;
}

const entry = (name: string) => resolve(import.meta.dirname, '../../src/instrument', name);

it('the core needs the OpenTelemetry API alone, so that it runs wherever that does', () => {
  expect([...importsOf(entry('index.ts'))]).toEqual(['@opentelemetry/api']);
  expect([...importsOf(entry('http.ts'))]).toEqual(['@opentelemetry/api']);
});

const clients = readdirSync(entry('clients')).filter((name) => name.endsWith('.ts'));

it.each(clients)('the adapter %s needs no more, and no package of a vendor', (name) => {
  expect([...importsOf(entry(`clients/${name}`))]).toEqual(['@opentelemetry/api']);
});

it('the entry for Node, and the thread that ships spans, need no more than the SDK and its exporter', () => {
  const names = new Set([...importsOf(entry('node/index.ts')), ...importsOf(entry('node/trace-analyze-worker.ts'))]);
  expect([...names].filter((name) => !name.startsWith('node:')).sort()).toEqual([
    '@opentelemetry/api',
    '@opentelemetry/exporter-trace-otlp-http',
    '@opentelemetry/resources',
    '@opentelemetry/sdk-trace-node',
  ]);
});

it('the exporter is loaded where spans are shipped, and nowhere else', () => {
  expect([...importsOf(entry('node/index.ts'))]).not.toContain('@opentelemetry/exporter-trace-otlp-http');
});
