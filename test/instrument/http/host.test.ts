import { get, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tracedFetch, tracedRequest } from '../../../src/instrument/http.ts';
import { described, type Note } from '../clients/host-view.ts';
import { type Recorder, sleep, startRecorder } from '../recorder.ts';
import { ANSWERS, startServer, type TestServer } from './server.ts';

let server: TestServer;
let recorder: Recorder;

beforeAll(async () => {
  server = await startServer(ANSWERS);
  recorder = startRecorder();
});
afterAll(async () => {
  await recorder.stop();
  await server.close();
});

/** Everything that a program notes, what it sends, and rejections that nobody handled. */
async function viewOf(program: (note: Note) => unknown): Promise<unknown> {
  const log: unknown[] = [];
  const unhandled: unknown[] = [];
  const before = server.headers.length;
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', (reason) => unhandled.push(described(reason)));
  try {
    await (async () => program((what, value) => log.push([what, described(value)])))().catch((error: unknown) => {
      log.push(['thrown', described(error)]);
    });
    await sleep(100);
  } finally {
    process.removeAllListeners('unhandledRejection');
    for (const one of others) process.on('unhandledRejection', one);
  }
  const sent = server.headers.slice(before).map(({ traceparent, ...headers }) => headers);
  return { log, unhandled, sent };
}

/** Until a request has come to the server. */
const reached = () => new Promise((resolve) => server.server.once('request', resolve));

const FETCHES: Record<string, (fetch: typeof globalThis.fetch, url: string, note: Note) => unknown> = {
  'a text': async (fetch, url, note) => {
    const promise = fetch(`${url}/text`);
    note('promise', [promise.constructor.name, Object.keys(promise)]);
    const response = await promise;
    note('response', [response instanceof Response, Object.keys(response), response.status, response.bodyUsed]);
    note('text', await response.text());
    note('used', [response.bodyUsed, await response.text().catch((error: unknown) => error)]);
  },
  'order of a stream': async (fetch, url, note) => {
    const response = await fetch(`${url}/slow`);
    for await (const piece of response.body!) note('piece', piece);
    note('end', response.body!.locked);
  },
  'microtasks around an answer': async (fetch, url, note) => {
    const pending = fetch(`${url}/json`).then((response) => {
      note('answer');
      void Promise.resolve().then(() => note('after the answer'));
      return response.json();
    });
    note('asked');
    note('json', await pending);
  },
  'cancel and clone': async (fetch, url, note) => {
    const response = await fetch(`${url}/slow`);
    const copy = response.clone();
    note('copy', [copy instanceof Response, await copy.text()]);
    note('cancelled', await response.body!.cancel('enough'));
  },
  'JSON that is none': async (fetch, url, note) => {
    note('error', await (await fetch(`${url}/text`)).json().catch((error: unknown) => error));
  },
  'a Request': async (fetch, url, note) => {
    const sent = new Request(`${url}/echo`, { method: 'POST', body: 'x', referrer: 'about:client' });
    note('echo', await (await fetch(sent)).text());
    note('again', await fetch(sent).catch((error: unknown) => error));
  },
  'an error': async (fetch) => fetch('http://127.0.0.1:9/'),
  'nobody handles a rejection': (fetch, url) => void fetch(`${url}/reset`),
  'a body breaks off': async (fetch, url, note) => {
    const response = await fetch(`${url}/broken`);
    const reader = response.body!.getReader();
    note('piece', (await reader.read()).value);
    note('error', await reader.read().catch((error: unknown) => error));
    note('closed', await reader.closed.catch((error: unknown) => error));
  },
  'nobody handles a body that breaks off': async (fetch, url) => void (await fetch(`${url}/broken`)).text(),
  'an abort': async (fetch, url, note) => {
    const reason = new Error('mine');
    const controller = new AbortController();
    void reached().then(() => controller.abort(reason));
    const error = await fetch(`${url}/hang`, { signal: controller.signal }).catch((caught: unknown) => caught);
    note('same', error === reason);
  },
  'headers that are none': async (fetch, url) => fetch(url, { headers: { 'a b': '1' } }),
  'a method that is none': async (fetch, url) => fetch(url, { method: 'A B' }),
  'a getter that throws': async (fetch, url) =>
    fetch(url, {
      get headers(): never {
        throw new Error('mine');
      },
    }),
};

describe('fetch', () => {
  for (const [name, program] of Object.entries(FETCHES)) {
    it(`is not changed: ${name}`, async () => {
      const bare = await viewOf((note) => program(fetch, server.url, note));
      const before = recorder.spans.length;
      expect(await viewOf((note) => program(tracedFetch(fetch), server.url, note))).toEqual(bare);
      await sleep(10);
      expect(recorder.spans.length).toBeGreaterThan(before);
    });
  }
});

type Requests = { request: typeof request; get: typeof get };

const REQUESTS: Record<string, (http: Requests, url: string, note: Note) => unknown> = {
  'events of a request': ({ request }, url, note) =>
    new Promise((resolve) => {
      const sent = request(`${url}/slow`, { method: 'GET' });
      note('request', [sent.constructor.name, Object.keys(sent).sort(), sent.listenerCount('error')]);
      for (const event of ['socket', 'finish', 'response', 'close', 'error', 'timeout', 'abort']) {
        sent.on(event, () => note(`request ${event}`));
      }
      sent.on('response', (response) => {
        note('response', [response.statusCode, Object.keys(response).sort(), response.eventNames()]);
        for (const event of ['data', 'end', 'close', 'error']) response.on(event, () => note(`response ${event}`));
      });
      sent.on('close', resolve);
      sent.end();
    }),
  'a loop over the answer': async ({ get }, url, note) => {
    const response = await new Promise<AsyncIterable<unknown>>((resolve) => get(`${url}/slow`, resolve));
    for await (const piece of response) note('piece', piece);
    note('end');
  },
  'an answer that nobody reads': ({ get }, url, note) =>
    new Promise((resolve) => {
      get(`${url}/text`)
        .on('close', resolve)
        .on('finish', () => note('finish'));
    }),
  refused: ({ get }, _, note) =>
    new Promise((resolve) => {
      get('http://127.0.0.1:9/').on('error', (error) => resolve(note('error', error)));
    }),
  reset: ({ get }, url, note) =>
    new Promise((resolve) => {
      get(`${url}/reset`).on('error', (error) => resolve(note('error', error)));
    }),
  'an answer that breaks off': ({ get }, url, note) =>
    new Promise((resolve) => {
      get(`${url}/broken`, (response) => {
        response.on('data', (piece) => note('data', piece));
        response.on('aborted', () => note('aborted'));
        response.on('error', (error) => note('error', error));
        response.on('close', () => resolve(note('close', response.complete)));
      });
    }),
  'a timeout': ({ get }, url, note) =>
    new Promise((resolve) => {
      const sent = get(`${url}/hang`, { timeout: 200 });
      sent.on('timeout', () => {
        note('timeout');
        sent.destroy();
      });
      sent.on('error', (error) => note('error', error)).on('close', resolve);
    }),
  'an abort': ({ get }, url, note) =>
    new Promise((resolve) => {
      const controller = new AbortController();
      void reached().then(() => controller.abort());
      get(`${url}/hang`, { signal: controller.signal })
        .on('error', (error) => note('error', error))
        .on('close', resolve);
    }),
  'destroyed by the program': ({ get }, url, note) =>
    new Promise((resolve) => {
      const sent = get(`${url}/hang`, () => note('never'));
      sent.on('error', (error) => note('error', error)).on('close', resolve);
      void reached().then(() => sent.destroy(new Error('mine')));
    }),
  'options of a class': ({ get }, url, note) =>
    new Promise((resolve) => {
      class Options {
        readonly port = new URL(url).port;
        readonly host = '127.0.0.1';
        get path() {
          return '/text';
        }
      }
      get(new Options(), (response) => resolve(note('status', response.statusCode)));
    }),
  'options that are none': ({ request }) => request({ protocol: 'gopher:' }),
  'a header that is none': ({ request }, url) => request(url, { headers: { 'a b': '1' } }),
  nothing: ({ request }, _, note) =>
    new Promise((resolve) => {
      (request as () => ReturnType<typeof request>)()
        .on('error', (error) => resolve(note('error', error.name)))
        .end();
    }),
};

describe('http.request and http.get', () => {
  const traced: Requests = { request: tracedRequest(request), get: tracedRequest(get) };

  for (const [name, program] of Object.entries(REQUESTS)) {
    it(`are not changed: ${name}`, async () => {
      const bare = await viewOf((note) => program({ request, get }, server.url, note));
      expect(await viewOf((note) => program(traced, server.url, note))).toEqual(bare);
    });
  }

  it('have their name and length', () => {
    expect([traced.get.name, traced.get.length, traced.request.length]).toEqual([get.name, get.length, request.length]);
  });
});
