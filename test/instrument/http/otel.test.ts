import http from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { SpanKind } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { tracedFetch, tracedInterceptor, tracedListener, tracedRequest } from '../../../src/instrument/http.ts';
import { agent, session, tool } from '../../../src/instrument/index.ts';
import { describeReleases, releasesOf } from '../../support/clients.ts';
import type { Loose } from '../clients/host-view.ts';
import { idOf, parentIdOf, type Recorder, sleep, startRecorder } from '../recorder.ts';

describeReleases('otel-http', ({ load }) => {
  let recorder: Recorder;
  let unload: () => void;
  let server: http.Server;
  let url: string;
  let before = 0;

  beforeAll(async () => {
    recorder = startRecorder();
    // The packages of the clients share API 1.10, which takes no part in what 1.9 has registered.
    const registered = (globalThis as Loose)[Symbol.for('opentelemetry.js.api.1')];
    registered.version = '1.10.0';
    const { registerInstrumentations, HttpInstrumentation, UndiciInstrumentation } = (await load()) as Loose;
    unload = registerInstrumentations({ instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation()] });
    // It is patched when it is required.
    createRequire(import.meta.url)('node:http');
    const work = tool('work', () => 'text');
    server = http.createServer(tracedListener((_, response) => void response.end(work())));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    unload();
    server.close();
    server.closeAllConnections();
    await recorder.stop();
  });
  beforeEach(() => {
    before = recorder.spans.length;
  });

  /** From the innermost span outwards: kind and whose it is. */
  async function chain(): Promise<string[]> {
    for (let tries = 0; tries < 100 && recorder.spans.length < before + 5; tries++) await sleep(5);
    const lines: string[] = [];
    let span: ReadableSpan | undefined = recorder.spans.findLast(({ name }) => name === 'execute_tool work');
    while (span !== undefined) {
      const { name } = span.instrumentationScope;
      lines.push(`${SpanKind[span.kind]} ${name.replace('@opentelemetry/instrumentation-', '')}`);
      const id: string | undefined = parentIdOf(span);
      span = recorder.spans.find((one) => idOf(one) === id);
    }
    return lines;
  }

  it('its span of a fetch is inside of ours, and is what the server goes on from; served, there is its span alone', async () => {
    await session('s', () => agent('planner', async () => (await tracedFetch()(url)).text())());
    expect(await chain()).toEqual([
      'INTERNAL trace-analyze',
      'SERVER http',
      'CLIENT undici',
      'CLIENT trace-analyze',
      'INTERNAL trace-analyze',
    ]);
    expect(recorder.span('execute_tool work').attributes['gen_ai.conversation.id']).toBe('s');
  });

  it('whatever undici it is, each header is sent once', async () => {
    const seen: string[][] = [];
    server.on('request', ({ rawHeaders }) => seen.push(rawHeaders.filter((_, i) => i % 2 === 0)));
    const fetches = [tracedFetch()];
    for (const release of releasesOf('undici')) {
      const loaded = (await release.load().catch(() => undefined)) as Loose;
      if (loaded === undefined) continue;
      const dispatcher = new loaded.Agent().compose(tracedInterceptor());
      fetches.push((async (input: string) => (await loaded.request(input, { dispatcher })).body) as Loose);
      fetches.push(tracedFetch(loaded.fetch));
    }
    for (const one of fetches) await session('s', async () => (await one(url)).text());
    const names = seen.map((headers) => headers.filter((name) => /^(traceparent|baggage)$/i.test(name)).sort());
    expect(names).toEqual(fetches.map(() => ['baggage', 'traceparent']));
  });

  it('the same goes for node:http', async () => {
    await agent('planner', () => {
      const get = tracedRequest(http.get);
      return new Promise((resolve) => get(url, (response) => response.on('end', resolve).resume()));
    })();
    expect(await chain()).toEqual([
      'INTERNAL trace-analyze',
      'SERVER http',
      'CLIENT http',
      'CLIENT trace-analyze',
      'INTERNAL trace-analyze',
    ]);
  });
});
