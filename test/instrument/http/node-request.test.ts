import { Agent, createServer, get, type IncomingMessage, request } from 'node:http';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import { SpanKind } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { tracedRequest } from '../../../src/instrument/http.ts';
import { current, session, step } from '../../../src/instrument/index.ts';
import { freePort } from '../../support/collector.ts';
import {
  durationMs,
  foreignSpan,
  idOf,
  outcome,
  parentIdOf,
  type Recorder,
  sleep,
  startRecorder,
} from '../recorder.ts';
import { ANSWERS, startServer, type TestServer, traceparentOf } from './server.ts';

let recorder: Recorder;
let server: TestServer;
const traced = { get: tracedRequest(get), request: tracedRequest(request) };

beforeAll(async () => {
  server = await startServer(ANSWERS);
});
afterAll(() => server.close());
beforeEach(() => {
  recorder = startRecorder();
  server.headers.length = 0;
});
afterEach(() => recorder.stop());

/** Reads the answer to its end. */
function answerTo(make: (onResponse: (response: IncomingMessage) => void) => { on(...args: never): unknown }) {
  return new Promise<string>((resolve, reject) => {
    const sent = make(async (response) => {
      let text = '';
      for await (const piece of response) text += piece;
      resolve(text);
    });
    (sent as ReturnType<typeof get>).on('error', reject);
  });
}

describe('a request of node:http', () => {
  const forms: [string, (done: (response: IncomingMessage) => void) => ReturnType<typeof get>][] = [
    ['a text', (done) => traced.get(`${server.url}/text?q=1`, done)],
    ['a URL', (done) => traced.get(new URL(`${server.url}/text?q=1`), done)],
    ['a text and options', (done) => traced.get(`${server.url}/text?q=1`, { headers: { 'x-a': '1' } }, done)],
    ['a text and nothing', (done) => traced.get(`${server.url}/text?q=1`, undefined as never, done)],
    ['options', (done) => traced.get({ port: server.port, hostname: '127.0.0.1', path: '/text?q=1' }, done)],
    ['request()', (done) => traced.request({ port: server.port, host: '127.0.0.1', path: '/text?q=1' }, done).end()],
    ['a listener', (done) => traced.get(`${server.url}/text?q=1`).on('response', done)],
  ];

  it.each(forms)('made with %s is a CLIENT span', async (_, make) => {
    expect(await step('ask', () => answerTo(make))()).toBe('text');
    const span = recorder.span('GET');
    const { 'url.full': url, 'ta.http.time_to_headers': seconds, ...others } = span.attributes;
    expect(others).toEqual({
      'http.request.method': 'GET',
      'server.address': '127.0.0.1',
      'server.port': server.port,
      'http.response.status_code': 200,
    });
    expect(url).toMatch(new RegExp(`^${server.url}/text\\?q=~[0-9a-f]{8}$`));
    expect(seconds).toBeGreaterThan(0);
    expect([span.kind, outcome(span), parentIdOf(span)]).toEqual([
      SpanKind.CLIENT,
      'unset',
      idOf(recorder.span('ask')),
    ]);
    expect(server.headers[0]!.traceparent).toBe(traceparentOf(span.spanContext()));
  });

  const headers: [string, object, (sent: Record<string, unknown>) => unknown][] = [
    ['an object', { 'X-A': '1', 'x-list': ['1', '2'], Baggage: 'mine=1' }, (sent) => sent['x-list']],
    [
      'pairs',
      [
        ['X-A', '1'],
        ['Baggage', 'mine=1'],
        ['x-list', '1, 2'],
        ['Host', 'h'],
      ],
      (sent) => sent['x-list'],
    ],
    ['a flat list', ['X-A', '1', 'Baggage', 'mine=1', 'x-list', '1, 2', 'Host', 'h'], (sent) => sent['x-list']],
    [
      'an object that is sent at once',
      { 'x-a': '1', baggage: 'mine=1', 'x-list': '1, 2', expect: '100-continue' },
      (sent) => sent['x-list'],
    ],
  ];

  it.each(headers)('has its headers, given as %s, and the context', async (_, given, list) => {
    const options = Object.freeze({ headers: Object.freeze(given) as never });
    const before = JSON.stringify(options);
    await session('s', () => answerTo((done) => traced.get(`${server.url}/text`, options, done)));
    const [sent] = server.headers;
    expect([sent!['x-a'], sent!.baggage, list(sent!)]).toEqual(['1', 'mine=1,gen_ai.conversation.id=s', '1, 2']);
    expect(sent!.traceparent).toBe(traceparentOf(recorder.span('GET').spanContext()));
    expect(JSON.stringify(options)).toBe(before);
  });

  it('has an address by default, and that of a socket', async () => {
    const at = (options: object) =>
      new Promise((resolve) =>
        traced
          .get(options as never)
          .on('error', resolve)
          .on('response', resolve),
      );
    await at({ port: await freePort() });
    await at({ socketPath: '/nowhere.sock', path: '/a' });
    expect(recorder.spans.map(({ attributes }) => [attributes['server.address'], attributes['error.type']])).toEqual([
      ['localhost', 'ECONNREFUSED'],
      ['localhost', 'ENOENT'],
    ]);
  });

  it('of https has that scheme, however it was called', async () => {
    const port = await freePort();
    const secure = tracedRequest(https.get);
    const at = (...args: unknown[]) =>
      new Promise((resolve) =>
        (secure as (...args: unknown[]) => ReturnType<typeof get>)(...args).on('error', resolve),
      );
    await at({ port, host: '127.0.0.1', path: '/a' });
    await at(`https://127.0.0.1:${port}/a`);
    await at({ host: '127.0.0.1', path: '/a', agent: new https.Agent(), lookup: undefined, timeout: 1 });
    const urls = recorder.spans.map(({ attributes }) => [attributes['url.full'], attributes['server.port']]);
    expect(urls).toEqual([
      [`https://127.0.0.1:${port}/a`, port],
      [`https://127.0.0.1:${port}/a`, port],
      ['https://127.0.0.1/a', 443],
    ]);
  });
});

describe('the span of a request', () => {
  it('lasts until the answer has been read', async () => {
    await answerTo((done) => traced.get(`${server.url}/slow`, done));
    const span = recorder.span('GET');
    expect(durationMs(span)).toBeGreaterThan(75);
    expect(span.attributes['ta.http.time_to_headers']).toBeLessThan(durationMs(span) / 1000 - 0.05);
  });

  it('ends with an answer that nobody listens to', async () => {
    await new Promise((resolve) => traced.get(`${server.url}/text`).on('close', resolve));
    expect(recorder.span('GET').attributes['http.response.status_code']).toBe(200);
  });

  it.each([404, 503])('is an error at %i', async (status) => {
    await answerTo((done) => traced.get(`${server.url}/status/${status}`, done));
    const span = recorder.span('GET');
    expect([span.attributes['error.type'], outcome(span)]).toEqual([String(status), 'error']);
  });

  it('is an error where the connection breaks, before and in the answer', async () => {
    await expect(answerTo((done) => traced.get(`${server.url}/reset`, done))).rejects.toThrow('socket hang up');
    await new Promise<void>((resolve) =>
      traced.get(`${server.url}/broken`, (response) => response.on('close', resolve).resume()),
    );
    expect(recorder.spans.map((span) => [span.attributes['error.type'], outcome(span)])).toEqual([
      ['ECONNRESET', 'error + exception'],
      ['ECONNRESET', 'error + exception'],
    ]);
  });

  it('is no error where the program leaves the answer', async () => {
    const leave = (how: (response: IncomingMessage) => void) =>
      new Promise((resolve) =>
        traced
          .get(`${server.url}/slow`, (response) => {
            response.once('data', () => how(response));
          })
          .on('close', resolve),
      );
    await leave((response) => response.destroy());
    await leave((response) => (response as unknown as { req: ReturnType<typeof get> }).req.destroy());
    await answerTo((done) =>
      traced.get(`${server.url}/slow`, async (response) => {
        for await (const _ of response) break;
        done({ [Symbol.asyncIterator]: async function* () {} } as never);
      }),
    );
    expect(recorder.spans.map((span) => [span.attributes['ta.stopped_early'], outcome(span)])).toEqual(
      Array(3).fill([true, 'unset']),
    );
  });

  it('lacks nothing where the answer is thrown away unread', async () => {
    await new Promise((resolve) =>
      traced
        .get(`${server.url}/slow`, (response) => {
          // Node says so whether or not somebody is going to read.
          const { emit } = response;
          response.emit = (event: string | symbol, ...rest: unknown[]) => {
            if (event === 'readable') setTimeout(() => response.destroy());
            return emit.call(response, event, ...rest);
          };
        })
        .on('close', resolve),
    );
    const span = recorder.span('GET');
    expect([span.attributes['ta.stopped_early'], outcome(span)]).toEqual([undefined, 'unset']);
  });

  it('ends when a connection is upgraded', async () => {
    const upgrading = createServer().on('upgrade', (_, socket) =>
      socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
    );
    await new Promise<void>((resolve) => upgrading.listen(0, '127.0.0.1', resolve));
    const { port } = upgrading.address() as AddressInfo;
    const headers = { connection: 'upgrade', upgrade: 'x' };
    await new Promise<void>((resolve) =>
      traced.get({ port, host: '127.0.0.1', headers }).on('upgrade', (_, socket) => {
        socket.destroy();
        resolve();
      }),
    );
    upgrading.close();
    expect(recorder.span('GET').attributes['http.response.status_code']).toBe(101);
  });

  it('is not where the program goes on: its listeners run where the request was made', async () => {
    await step('outer', () =>
      answerTo((done) =>
        traced.get(`${server.url}/text`, (response) => {
          foreignSpan('in response');
          current().attributes({ seen: true });
          response.on('end', () => foreignSpan('in end'));
          done(response);
        }),
      ),
    )();
    const outer = recorder.span('outer');
    expect(parentIdOf(recorder.span('in response'))).toBe(idOf(outer));
    expect(parentIdOf(recorder.span('in end'))).toBe(idOf(outer));
    expect(outer.attributes.seen).toBe(true);
  });
});

it('gives each of 100 requests at a time its own parent, over kept connections', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 10 });
  const run = step('run', (n: number) =>
    answerTo((done) => traced.get(`${server.url}/text`, { agent, headers: { 'x-n': `${n}` } }, done)),
  );
  await Promise.all(Array.from({ length: 100 }, (_, n) => run(n)));
  agent.destroy();
  await sleep(5);
  const runs = new Set(recorder.spans.filter(({ name }) => name === 'run').map(idOf));
  const gets = recorder.spans.filter(({ name }) => name === 'GET');
  expect(gets).toHaveLength(100);
  expect(new Set(gets.map(parentIdOf))).toEqual(runs);
  expect(new Set(server.headers.map(({ traceparent }) => traceparent))).toEqual(
    new Set(gets.map((span) => traceparentOf(span.spanContext()))),
  );
});
