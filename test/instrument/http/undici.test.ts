import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { tracedFetch, tracedInterceptor } from '../../../src/instrument/http.ts';
import { session, step } from '../../../src/instrument/index.ts';
import { describeReleases } from '../../support/clients.ts';
import { freePort } from '../../support/collector.ts';
import type { Loose } from '../clients/host-view.ts';
import { durationMs, idOf, parentIdOf, type Recorder, sleep, startRecorder } from '../recorder.ts';
import { ANSWERS, startServer, type TestServer, traceparentOf } from './server.ts';

let recorder: Recorder;
let server: TestServer;

beforeAll(async () => {
  server = await startServer(ANSWERS);
});
afterAll(() => server.close());
beforeEach(() => {
  recorder = startRecorder();
  server.headers.length = 0;
});
afterEach(() => recorder.stop());

describeReleases('undici', ({ load }) => {
  let undici: Loose;
  let dispatcher: Loose;

  beforeAll(async () => {
    undici = await load();
    dispatcher = new undici.Agent().compose(tracedInterceptor());
  });
  afterAll(() => dispatcher.close());

  it('a request is a CLIENT span until its answer has come', async () => {
    const ask = step('ask', async () => (await undici.request(`${server.url}/slow?q=1`, { dispatcher })).body.text());
    expect(await ask()).toBe('piece 3piece 2piece 1');
    const span = recorder.span('GET');
    const { 'url.full': url, 'ta.http.time_to_headers': seconds, ...others } = span.attributes;
    expect(others).toEqual({
      'http.request.method': 'GET',
      'server.address': '127.0.0.1',
      'server.port': server.port,
      'http.response.status_code': 200,
    });
    expect(url).toMatch(/\/slow\?q=~[0-9a-f]{8}$/);
    expect(durationMs(span)).toBeGreaterThan(75);
    expect(seconds).toBeLessThan(durationMs(span) / 1000 - 0.05);
    expect(parentIdOf(span)).toBe(idOf(recorder.span('ask')));
    expect(server.headers[0]!.traceparent).toBe(traceparentOf(span.spanContext()));
  });

  it('headers in all forms are copied, and the baggage of the program is kept', async () => {
    const entries = Object.entries({ 'x-a': '1', baggage: 'mine=1' });
    const forms = [Object.fromEntries(entries), entries.flat(), new Map(entries), new undici.Headers(entries)];
    for (const headers of forms) {
      const { body } = await session('s', () =>
        undici.request(`${server.url}/text`, { dispatcher, headers: Object.freeze(headers) }),
      );
      expect(await body.text()).toBe('text');
    }
    expect(server.headers.map((sent) => [sent['x-a'], sent.baggage, typeof sent.traceparent])).toEqual(
      Array(4).fill(['1', 'mine=1,gen_ai.conversation.id=s', 'string']),
    );
    expect(forms[1]).toEqual(entries.flat());
  });

  it('errors have their status or code, as the program sees them', async () => {
    const failed = await undici.request(`${server.url}/status/503`, { dispatcher });
    expect([failed.statusCode, await failed.body.text()]).toEqual([503, 'status']);
    const refused = `http://127.0.0.1:${await freePort()}`;
    await expect(undici.request(refused, { dispatcher })).rejects.toHaveProperty('code', 'ECONNREFUSED');
    const signal = AbortSignal.timeout(20);
    await expect(undici.request(`${server.url}/hang`, { dispatcher, signal })).rejects.toHaveProperty(
      'name',
      'TimeoutError',
    );
    await sleep(10);
    expect(recorder.spans.map(({ attributes }) => attributes['error.type'])).toEqual([
      '503',
      'ECONNREFUSED',
      'TimeoutError',
    ]);
  });

  it('its fetch is traced by either wrapper; by both, it is one span', async () => {
    const { fetch } = undici;
    const traced = tracedFetch(fetch as (url: string, init?: object) => Promise<Response>);
    expect(await (await traced(`${server.url}/text`)).text()).toBe('text');
    expect(await (await fetch(`${server.url}/text`, { dispatcher })).text()).toBe('text');
    expect(await (await traced(`${server.url}/text`, { dispatcher })).text()).toBe('text');
    await sleep(10);
    expect(recorder.spans.map(({ name }) => name)).toEqual(['GET', 'GET', 'GET']);
    const request = new undici.Request(`${server.url}/echo`, { method: 'POST', body: 'x', headers: { 'x-a': '1' } });
    expect(await (await traced(request)).text()).toBe('x');
    const sent = server.headers.at(-1)!;
    expect([sent['x-a'], typeof sent.traceparent]).toEqual(['1', 'string']);
  });

  it('100 requests at a time have their own parents', async () => {
    const run = step('run', async () => (await undici.request(`${server.url}/text`, { dispatcher })).body.text());
    await Promise.all(Array.from({ length: 100 }, run));
    await sleep(10);
    const gets = recorder.spans.filter(({ name }) => name === 'GET');
    expect(new Set(gets.map(parentIdOf))).toEqual(
      new Set(recorder.spans.filter(({ name }) => name === 'run').map(idOf)),
    );
    expect(gets).toHaveLength(100);
  });
});

describeReleases('node-fetch', ({ load }) => {
  it('is traced until its stream of Node has been read', async () => {
    const { fetch, Headers } = (await load()) as Loose;
    const response = await tracedFetch(fetch as Loose)(`${server.url}/slow`, { headers: new Headers({ 'x-a': '1' }) });
    expect(recorder.spans).toEqual([]);
    expect(await response.text()).toBe('piece 3piece 2piece 1');
    await sleep(10);
    expect(durationMs(recorder.span('GET'))).toBeGreaterThan(75);
    expect(server.headers[0]!['x-a']).toBe('1');
    expect(server.headers[0]!.traceparent).toBe(traceparentOf(recorder.span('GET').spanContext()));
  });
});
