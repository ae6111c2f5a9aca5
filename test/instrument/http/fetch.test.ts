import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { tracedFetch } from '../../../src/instrument/http.ts';
import { agent, session, step } from '../../../src/instrument/index.ts';
import { endOpenCalls } from '../../../src/instrument/open-calls.ts';
import { freePort } from '../../support/collector.ts';
import { collectUntil } from '../clients/host-view.ts';
import { durationMs, idOf, outcome, parentIdOf, type Recorder, sleep, startRecorder } from '../recorder.ts';
import { ANSWERS, startServer, type TestServer, traceparentOf } from './server.ts';

let recorder: Recorder;
let server: TestServer;
const traced = tracedFetch();

beforeAll(async () => {
  server = await startServer(ANSWERS);
});
afterAll(() => server.close());
beforeEach(() => {
  recorder = startRecorder();
  server.headers.length = 0;
});
afterEach(() => recorder.stop());

describe('a request', () => {
  it('is a CLIENT span with the names of the HTTP conventions, without secrets of the URL', async () => {
    const { port } = server;
    const response = await traced(`${server.url.replace('//', '//user:pass@')}/text?q=secret&empty=&flag#part`).catch(
      (error: unknown) => error,
    );
    // `fetch` refuses a URL with a password.
    expect(response).toBeInstanceOf(TypeError);
    const ask = step('ask', async () => (await traced(`${server.url}/text?q=secret&empty=&flag#part`)).text());
    expect(await ask()).toBe('text');
    const [refused, span] = recorder.spans;
    for (const { attributes } of [refused!, span!]) {
      expect(attributes['url.full']).toMatch(
        new RegExp(`^http://127\\.0\\.0\\.1:${port}/text\\?q=~[0-9a-f]{8}&empty=&flag$`),
      );
    }
    const { 'url.full': _, 'ta.http.time_to_headers': seconds, ...others } = span!.attributes;
    expect(others).toEqual({
      'http.request.method': 'GET',
      'server.address': '127.0.0.1',
      'server.port': port,
      'http.response.status_code': 200,
    });
    expect(seconds).toBeGreaterThan(0);
    expect([span!.name, span!.kind, outcome(span!)]).toEqual(['GET', SpanKind.CLIENT, 'unset']);
    expect([outcome(refused!), refused!.attributes['error.type']]).toEqual(['error + exception', 'TypeError']);
  });

  it('tells values of a query from one another, and the same from the same', async () => {
    for (const q of ['a', 'b', 'a']) await (await traced(`${server.url}/text?q=${q}`)).text();
    const [first, second, third] = recorder.spans.map(({ attributes }) => attributes['url.full']);
    expect(third).toBe(first);
    expect(second).not.toBe(first);
  });

  it('takes context along, as a child of what runs', async () => {
    await agent('planner', () => session('conv-1', async () => (await traced(`${server.url}/text`)).text()))();
    const span = recorder.span('GET');
    expect(parentIdOf(span)).toBe(idOf(recorder.span('invoke_agent planner')));
    const [headers] = server.headers;
    expect(headers!.traceparent).toBe(traceparentOf(span.spanContext()));
    expect(headers!.baggage).toBe('gen_ai.agent.name=planner,gen_ai.conversation.id=conv-1');
  });

  it.each(['get', 'GET', 'Get'])('%s is one method', async (method) => {
    await (await traced(`${server.url}/text`, { method })).text();
    expect(recorder.span('GET').attributes['http.request.method']).toBe('GET');
  });

  it('names methods that the conventions do not know in an attribute alone', async () => {
    await (await traced(`${server.url}/text`, { method: 'PURGE' })).text();
    const { attributes } = recorder.span('HTTP');
    expect([attributes['http.request.method'], attributes['http.request.method_original']]).toEqual([
      '_OTHER',
      'PURGE',
    ]);
  });

  it('says where it may send context and where not', async () => {
    const asked: string[] = [];
    const choosy = tracedFetch(fetch, {
      attributes: { 'app.part': 'search' },
      propagate: (url) => {
        asked.push(url);
        return !url.includes('status');
      },
    });
    await (await choosy(`${server.url}/text`)).text();
    await (await choosy(`${server.url}/status/200`)).text();
    await (await tracedFetch(fetch, { propagate: false })(`${server.url}/text`)).text();
    expect(server.headers.map(({ traceparent }) => typeof traceparent)).toEqual(['string', 'undefined', 'undefined']);
    expect(asked).toEqual([`${server.url}/text`, `${server.url}/status/200`]);
    expect(recorder.spans.map(({ attributes }) => attributes['app.part'])).toEqual(['search', 'search', undefined]);
  });
});

async function readAll(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

async function readFrom(reader: ReadableStreamDefaultReader): Promise<void> {
  while (!(await reader.read()).done);
}

describe('the span ends', () => {
  const reads: [string, (response: Response) => Promise<unknown>][] = [
    ['text()', (response) => response.text()],
    ['arrayBuffer()', (response) => response.arrayBuffer()],
    ['blob()', (response) => response.blob()],
    ['a loop', (response) => readAll(response.body!)],
    ['a reader', (response) => readFrom(response.body!.getReader())],
    ['clone()', async (response) => Promise.all([response.clone().text(), response.text()])],
    ['a pipe', (response) => response.body!.pipeTo(new WritableStream())],
    ['another Response', (response) => new Response(response.body).text()],
  ];

  it.each(reads)('when the body has been read by %s', async (_, read) => {
    const response = await traced(`${server.url}/slow`);
    expect(recorder.spans).toEqual([]);
    await read(response);
    await sleep(5);
    const span = recorder.span('GET');
    expect(durationMs(span)).toBeGreaterThan(75);
    expect(span.attributes['ta.http.time_to_headers']).toBeLessThan(durationMs(span) / 1000 - 0.05);
    expect(span.attributes['ta.stopped_early']).toBeUndefined();
  });

  it('with the headers where there is no body', async () => {
    await traced(`${server.url}/empty`);
    expect(recorder.span('GET').attributes['http.response.status_code']).toBe(204);
  });

  it('at the time of the headers where the body is thrown away unread', async () => {
    const response = await traced(`${server.url}/slow`);
    await sleep(60);
    await response.body!.cancel();
    const span = recorder.span('GET');
    const toHeaders = 1000 * (span.attributes['ta.http.time_to_headers'] as number);
    expect(durationMs(span) - toHeaders).toBeLessThan(40);
    expect(span.attributes).not.toHaveProperty('ta.stopped_early');
    expect(span.attributes).not.toHaveProperty('ta.incomplete');
  });

  it('at that time, too, where the answer is dropped or the process ends before it is read', async () => {
    await (async () => void (await traced(`${server.url}/text`)))();
    await collectUntil(recorder, 1);
    const held = await traced(`${server.url}/text`);
    endOpenCalls('exit');
    expect(recorder.spans.map(({ attributes }) => attributes['ta.incomplete'])).toEqual([undefined, undefined]);
    for (const span of recorder.spans) {
      const toHeaders = 1000 * (span.attributes['ta.http.time_to_headers'] as number);
      expect(durationMs(span) - toHeaders).toBeLessThan(20);
    }
    expect(await held.text()).toBe('text');
  });

  it('when the reader leaves', async () => {
    const response = await traced(`${server.url}/slow`);
    for await (const _ of response.body!) break;
    expect(recorder.span('GET').attributes['ta.stopped_early']).toBe(true);
  });

  it('when a platform that reads without the stream has read', async () => {
    const native = tracedFetch(async (url: string) => {
      const response = await fetch(url);
      const reader = response.body!.getReader.bind(response.body);
      Object.assign(response, {
        json: async () => {
          await readFrom(reader());
          return 'read';
        },
      });
      return response;
    });
    expect(await (await native(`${server.url}/slow`)).json()).toBe('read');
    expect(durationMs(recorder.span('GET'))).toBeGreaterThan(75);
  });
});

describe('what goes wrong', () => {
  it.each([404, 429, 500])('an answer of %i is an error, whose code is the type', async (status) => {
    const response = await traced(`${server.url}/status/${status}`);
    expect([response.status, await response.text()]).toEqual([status, 'status']);
    const span = recorder.span('GET');
    expect(span.attributes['error.type']).toBe(String(status));
    expect(span.status.code).toBe(SpanStatusCode.ERROR);
    expect(span.events).toEqual([]);
  });

  it('the same request again is another attempt, a different one is not', async () => {
    await step('ask', async () => {
      for (const path of ['/status/503', '/text', '/status/503']) await (await traced(server.url + path)).text();
    })();
    const attempts = recorder.spans.map(({ attributes }) => attributes['ta.attempt']);
    expect(attempts).toEqual([undefined, undefined, 2, undefined]);
  });

  it('a connection that is refused has its code', async () => {
    const error = await traced(`http://127.0.0.1:${await freePort()}/`).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TypeError);
    const span = recorder.span('GET');
    expect([span.attributes['error.type'], span.events[0]!.attributes!['exception.type']]).toEqual([
      'ECONNREFUSED',
      'TypeError',
    ]);
  });

  it('an abort before and during the answer', async () => {
    const early = new AbortController();
    setTimeout(() => early.abort(), 20);
    await expect(traced(`${server.url}/hang`, { signal: early.signal })).rejects.toHaveProperty('name', 'AbortError');
    await expect(traced(`${server.url}/hang`, { signal: AbortSignal.timeout(20) })).rejects.toHaveProperty(
      'name',
      'TimeoutError',
    );
    const late = new AbortController();
    const response = await traced(`${server.url}/slow`, { signal: late.signal });
    setTimeout(() => late.abort(), 20);
    await expect(response.text()).rejects.toHaveProperty('name', 'AbortError');
    await sleep(5);
    expect(recorder.spans.map(({ attributes }) => attributes['error.type'])).toEqual([
      'AbortError',
      'TimeoutError',
      'AbortError',
    ]);
  });

  it('a body that breaks off', async () => {
    const response = await traced(`${server.url}/broken`);
    await expect(response.text()).rejects.toThrow('terminated');
    await sleep(5);
    const span = recorder.span('GET');
    expect([span.attributes['http.response.status_code'], outcome(span)]).toEqual([200, 'error + exception']);
    // Of the socket, behind a `TypeError: terminated`.
    expect(span.attributes['error.type']).toBe('UND_ERR_SOCKET');
  });

  it('a URL that is none, and arguments that are none', async () => {
    await expect(traced('/relative')).rejects.toThrow('Failed to parse URL');
    await expect((traced as unknown as () => Promise<unknown>)()).rejects.toBeInstanceOf(TypeError);
    expect(recorder.spans.map(({ attributes }) => attributes['url.full'])).toEqual([undefined, undefined]);
  });
});

it('is one span for a request with redirects, or for a fetch wrapped twice', async () => {
  expect(tracedFetch(traced)).toBe(traced);
  const twice = tracedFetch((input: string, init?: RequestInit) => traced(input, init));
  expect(await (await twice(`${server.url}/redirect`)).text()).toBe('text');
  expect(recorder.spans).toHaveLength(1);
  expect(server.headers.map(({ traceparent }) => traceparent)).toEqual(
    Array(2).fill(traceparentOf(recorder.span('GET').spanContext())),
  );
});

it('is not traced where tracing is suppressed, as inside of exporters', async () => {
  const key = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING');
  await context.with(context.active().setValue(key, true), async () => (await traced(`${server.url}/text`)).text());
  expect(recorder.spans).toEqual([]);
  expect(server.headers[0]).not.toHaveProperty('traceparent');
});

it('gives each of 100 requests at a time its own parent, and their spans those that sent them', async () => {
  const run = step('run', async (n: number) =>
    (await traced(`${server.url}/echo`, { method: 'POST', body: `${n}` })).text(),
  );
  const texts = await Promise.all(Array.from({ length: 100 }, (_, n) => run(n)));
  expect(texts).toEqual(Array.from({ length: 100 }, (_, n) => `${n}`));
  const runs = new Set(recorder.spans.filter(({ name }) => name === 'run').map(idOf));
  const posts = recorder.spans.filter(({ name }) => name === 'POST');
  expect(new Set(posts.map(parentIdOf))).toEqual(runs);
  expect(new Set(server.headers.map(({ traceparent }) => traceparent))).toEqual(
    new Set(posts.map((span) => traceparentOf(span.spanContext()))),
  );
});

it('does without a provider what fetch does', async () => {
  await recorder.stop();
  propagation.disable();
  trace.disable();
  expect(await (await traced(`${server.url}/text`)).text()).toBe('text');
  expect(server.headers[0]).not.toHaveProperty('traceparent');
});
