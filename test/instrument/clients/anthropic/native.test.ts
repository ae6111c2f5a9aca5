import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { traceAnthropic } from '../../../../src/instrument/clients/anthropic.ts';
import { type ClientRelease, describeReleases } from '../../../support/clients.ts';
import { BODY, loadSdk, type Sdk } from './sdk.ts';
import { setUp } from './setup.ts';

const set = setUp();

async function warningsOf(body: () => unknown): Promise<string[]> {
  const lines: string[] = [];
  const listen = (warning: Error) => lines.push(warning.message);
  process.on('warning', listen);
  await body();
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', listen);
  return lines;
}

/** A newer copy of OpenTelemetry's API does not see what was registered with an older one. */
function seesOurProvider(release: ClientRelease): boolean {
  const minorOf = (from: string) => {
    const entry = createRequire(from).resolve('@opentelemetry/api');
    const root = entry.slice(0, entry.lastIndexOf('@opentelemetry/api') + '@opentelemetry/api'.length);
    return Number(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version.split('.')[1]);
  };
  return minorOf(join(release.dir, 'package.json')) <= minorOf(import.meta.filename);
}

describeReleases('anthropic', (release) => {
  let sdk: Sdk;

  beforeAll(async () => {
    sdk = await loadSdk(release);
  });

  const options = () => ({ apiKey: 'k', baseURL: set.server.origin, maxRetries: 0 });

  it('has one span for a message, whoever makes it', async () => {
    const plain = new sdk.Anthropic(options());
    let client = plain;
    const warnings = await warningsOf(() => {
      client = traceAnthropic(plain);
    });
    await client.messages.create(BODY);
    expect(warnings).toEqual([]);
    const isNative = plain.openTelemetry !== undefined && seesOurProvider(release);
    expect(client === plain).toBe(isNative);
    const scopes = set.recorder.spans.map((span) => span.instrumentationScope.name);
    expect(scopes).toEqual([isNative ? 'com.anthropic.sdk.typescript' : 'trace-analyze']);
    expect(set.recorder.spans[0]!.attributes['gen_ai.usage.input_tokens']).toBe(11);
  });

  it('makes the span where the client was told to make none', async () => {
    const client = traceAnthropic(new sdk.Anthropic({ ...options(), openTelemetry: { traces: { enabled: false } } }));
    await client.messages.create(BODY);
    const scopes = set.recorder.spans.map((span) => span.instrumentationScope.name);
    expect(scopes).toEqual(['trace-analyze']);
  });
});

it('says once what a client of another shape lacks, and leaves it as it is', async () => {
  const odd = { completions: {} };
  const warnings = await warningsOf(() => {
    expect(traceAnthropic(odd)).toBe(odd);
    expect(traceAnthropic(odd)).toBe(odd);
  });
  expect(warnings).toEqual([
    'trace-analyze: traceAnthropic: the client has no messages.create; its calls are not traced',
  ]);
});
