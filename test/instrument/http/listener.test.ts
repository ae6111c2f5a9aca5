import { createServer, get, type RequestListener } from 'node:http';
import { connect, createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, connect as connectTcp } from 'node:net';
import { propagation, SpanKind, trace } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tracedFetch, tracedListener } from '../../../src/instrument/http.ts';
import { agent, session, step } from '../../../src/instrument/index.ts';
import { describeReleases } from '../../support/clients.ts';
import type { Loose } from '../clients/host-view.ts';
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
import { ofHttp, startServer, type TestServer } from './server.ts';

let recorder: Recorder;
let server: TestServer | undefined;
const fetchTraced = tracedFetch();

beforeEach(() => {
  recorder = startRecorder();
});
afterEach(async () => {
  await recorder.stop();
  await server?.close();
  server = undefined;
});

async function serve(listener: RequestListener, options?: Parameters<typeof tracedListener>[1]): Promise<string> {
  server = await startServer(tracedListener(listener, options as never));
  return server.url;
}

async function until(spans: number): Promise<void> {
  for (let tries = 0; tries < 200 && recorder.spans.length < spans; tries++) await sleep(5);
}

describe('a request to a server', () => {
  it('is a SERVER span with the names of the HTTP conventions', async () => {
    const url = await serve((_, response) => response.writeHead(201).end('text'), {
      attributes: { 'app.part': 'api' },
    });
    await step('ask', async () => (await fetchTraced(`${url}/users/7?q=secret`, { method: 'POST' })).text())();
    await until(3);
    const span = recorder.spans.find(({ kind }) => kind === SpanKind.SERVER)!;
    expect(ofHttp(span)).toEqual({
      'http.request.method': 'POST',
      'server.address': '127.0.0.1',
      'server.port': server!.port,
      'url.path': '/users/7',
      'url.scheme': 'http',
      'http.response.status_code': 201,
      'app.part': 'api',
    });
    const client = recorder.spans.find(({ kind }) => kind === SpanKind.CLIENT)!;
    expect([span.name, outcome(span), parentIdOf(span)]).toEqual(['POST', 'unset', idOf(client)]);
    expect(span.spanContext().traceId).toBe(client.spanContext().traceId);
  });

  it('belongs to the session and the agent that sent it', async () => {
    const work = step('work', () => undefined);
    const url = await serve((_, response) => {
      work();
      response.end();
    });
    await session(
      'conv-1',
      agent('planner', async () => (await fetchTraced(url)).text()),
    );
    await until(4);
    for (const name of ['GET', 'work']) {
      const span = recorder.spans.findLast((one) => one.name === name && one.kind !== SpanKind.CLIENT)!;
      expect(span.attributes['gen_ai.conversation.id'], name).toBe('conv-1');
    }
    const served = recorder.spans.find(({ kind }) => kind === SpanKind.SERVER)!;
    expect(served.attributes['gen_ai.agent.name']).toBe('planner');
  });

  it('is a root where nobody says who sent it, whatever started the server', async () => {
    const url = await step('start the server', () => serve((_, response) => void response.end()))();
    await (await fetch(url)).text();
    await until(2);
    expect(recorder.span('GET').parentSpanContext).toBeUndefined();
  });

  it('lasts until the answer is sent, and all that happens for it is its child', async () => {
    const url = await serve((request, response) => {
      foreignSpan('in the listener');
      request.on('data', () => foreignSpan('in data'));
      request.on('end', () => {
        foreignSpan('in end');
        response.write('part');
        setTimeout(() => response.end('rest'), 60);
      });
      response.on('finish', () => foreignSpan('in finish'));
    });
    await (await fetch(url, { method: 'POST', body: 'body' })).text();
    await until(5);
    const post = recorder.span('POST');
    expect(durationMs(post)).toBeGreaterThan(55);
    for (const name of ['in the listener', 'in data', 'in end', 'in finish']) {
      expect(parentIdOf(recorder.span(name)), name).toBe(idOf(post));
    }
  });

  it('is an error from 500 on', async () => {
    const url = await serve((request, response) => response.writeHead(Number(request.url!.slice(1))).end());
    for (const status of [404, 503]) await (await fetch(`${url}/${status}`)).text();
    await until(2);
    expect(recorder.spans.map((span) => [span.attributes['error.type'], outcome(span)])).toEqual([
      [undefined, 'unset'],
      ['503', 'error'],
    ]);
  });

  it('that the client gives up is marked', async () => {
    const url = await serve((_, response) => response.writeHead(200).write('part'));
    const controller = new AbortController();
    const response = await fetch(url, { signal: controller.signal });
    controller.abort();
    await response.text().catch(() => undefined);
    await until(1);
    const span = recorder.span('GET');
    expect([span.attributes['ta.stopped_early'], span.attributes['http.response.status_code'], outcome(span)]).toEqual([
      true,
      200,
      'unset',
    ]);
  });

  it('with a host that is none has a path all the same', async () => {
    await serve((_, response) => void response.end());
    const answer = await new Promise<string>((resolve) => {
      const socket = connectTcp(server!.port, '127.0.0.1', () => socket.write('GET //a?b HTTP/1.0\r\n\r\n'));
      socket.on('data', (data) => resolve(data.toString()));
    });
    expect(answer).toContain('200 OK');
    await until(1);
    const { attributes } = recorder.span('GET');
    expect([attributes['url.path'], attributes['server.address']]).toEqual(['//a', undefined]);
  });

  it('is named for its route', async () => {
    const listener: RequestListener = (_, response) => void response.end();
    const url = await serve(listener, { route: () => '/users/:id' });
    await (await fetch(`${url}/users/7`)).text();
    await until(1);
    expect(recorder.span('GET /users/:id').attributes['http.route']).toBe('/users/:id');
    const failing = createServer(
      tracedListener(listener, {
        route: () => {
          throw new Error('mine');
        },
      }),
    );
    await new Promise<void>((resolve) => failing.listen(0, '127.0.0.1', resolve));
    await (await fetch(`http://127.0.0.1:${(failing.address() as AddressInfo).port}`)).text();
    failing.close();
    await until(2);
    expect(recorder.span('GET').attributes).not.toHaveProperty('http.route');
  });

  it('over a kept connection is a span of its own each time', async () => {
    const url = await serve((request, response) => response.end(request.url));
    const asked = Array.from({ length: 100 }, (_, n) =>
      step('ask', async () => (await fetchTraced(`${url}/${n}`)).text())(),
    );
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 100 }, (_, n) => `/${n}`));
    await until(300);
    const served = recorder.spans.filter(({ kind }) => kind === SpanKind.SERVER);
    const sent = recorder.spans.filter(({ kind }) => kind === SpanKind.CLIENT);
    expect(served).toHaveLength(100);
    expect(new Set(served.map(parentIdOf))).toEqual(new Set(sent.map(idOf)));
  });

  it('is not traced twice', async () => {
    const listener: RequestListener = (_, response) => void response.end();
    const once = tracedListener(listener);
    expect(tracedListener(once)).toBe(once);
    const url = await serve((request, response) => once(request, response));
    await (await fetch(url)).text();
    await until(1);
    await sleep(10);
    expect(recorder.spans).toHaveLength(1);
  });

  it('of HTTP/2 is the same', async () => {
    const http2 = createHttp2Server(tracedListener((_: unknown, response: Loose) => response.end('text')));
    await new Promise<void>((resolve) => http2.listen(0, '127.0.0.1', resolve));
    const { port } = http2.address() as AddressInfo;
    const client = connect(`http://127.0.0.1:${port}`);
    await new Promise((resolve) => client.request({ ':path': '/a?b=1' }).on('close', resolve).resume());
    client.close();
    http2.close();
    await until(1);
    const { attributes } = recorder.span('GET');
    expect([attributes['url.path'], attributes['server.port'], attributes['http.response.status_code']]).toEqual([
      '/a',
      port,
      200,
    ]);
  });

  it('is served without a provider, too', async () => {
    await recorder.stop();
    trace.disable();
    propagation.disable();
    const url = await serve((_, response) => void response.end('text'));
    expect(await (await fetch(url)).text()).toBe('text');
  });
});

it("hands on a listener's properties, this, result and error", () => {
  const listener = Object.assign(
    function handle(this: unknown, ...args: unknown[]) {
      if (args.length === 1) throw args[0];
      return [this, ...args];
    },
    { settings: 1 },
  );
  const traced = tracedListener(listener as never) as unknown as typeof listener;
  expect([traced.name, traced.settings]).toEqual(['handle', 1]);
  const [self, request, response] = [{}, { headers: {} }, {}];
  expect(traced.call(self, request, response)).toEqual([self, request, response]);
  const error = new Error('mine');
  expect(() => traced.call(self, error)).toThrow(error);
});

it('an EventEmitter with an error that nobody listens to throws as before', () =>
  new Promise<void>((resolve) => {
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', (error) => {
      for (const one of others) process.on('uncaughtException', one);
      expect(error.message).toBe('mine');
      resolve();
    });
    void serve((request, response) => {
      response.end();
      request.emit('error', new Error('mine'));
    }).then((url) => get(url).on('error', () => undefined));
  }));

describeReleases('express', ({ load }) => {
  it('an app is a listener, and its routes name the spans', async () => {
    const { express } = (await load()) as Loose;
    const app = express();
    const router = express.Router();
    router.get('/:id', (_: unknown, response: Loose) => {
      foreignSpan('in the route');
      response.send('user');
    });
    app.use('/users', router);
    app.get('/fails', () => {
      throw new Error('mine');
    });
    app.set('env', 'test');
    const url = await serve(app);
    expect(await (await fetch(`${url}/users/7`)).text()).toBe('user');
    expect((await fetch(`${url}/fails`)).status).toBe(500);
    expect((await fetch(`${url}/nowhere`)).status).toBe(404);
    await until(4);
    const names = recorder.spans.filter(({ kind }) => kind === SpanKind.SERVER).map(({ name }) => name);
    expect(names).toEqual(['GET /users/:id', 'GET /fails', 'GET']);
    expect(parentIdOf(recorder.span('in the route'))).toBe(idOf(recorder.span('GET /users/:id')));
  });
});
