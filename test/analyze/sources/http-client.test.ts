import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseHttpAddress } from '../../../src/analyze/sources/http-address.ts';
import { readText } from '../../../src/analyze/sources/http-body.ts';
import { createHttpClient, type HttpOptions } from '../../../src/analyze/sources/http-client.ts';
import { SourceError } from '../../../src/analyze/sources/source-error.ts';
import { deadUrl, type FaultServer, startFaultServer, startRawServer } from '../../support/jaeger-fault-server.ts';

const servers: FaultServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(...args: Parameters<typeof startFaultServer>): Promise<FaultServer> {
  const server = await startFaultServer(...args);
  servers.push(server);
  return server;
}

async function serveRaw(...args: Parameters<typeof startRawServer>): Promise<FaultServer> {
  const server = await startRawServer(...args);
  servers.push(server);
  return server;
}

function client(url: string, options: HttpOptions = {}) {
  const address = parseHttpAddress(url);
  if (!address.ok) throw new Error(address.problem);
  return createHttpClient('Jaeger', address.value, { sleep: async () => undefined, ...options });
}

async function getText(url: string, options: HttpOptions = {}, path = '/x'): Promise<string> {
  const answer = await client(url, options).get(path);
  return (await readText(answer.chunks, 1 << 20)).text;
}

async function failure(promise: Promise<unknown>): Promise<SourceError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SourceError);
  return error as SourceError;
}

describe('what is sent', () => {
  it('is the base path, the token, the headers, and no offer of brotli', async () => {
    const server = await serve((_request, response) => response.end('ok'));
    const options = { token: 'tok', headers: { 'X-Tenant': 'acme' } };
    expect(await getText(`${server.url}/base/`, options, '/api?q=%22')).toBe('ok');
    expect(server.requests[0]).toMatchObject({
      path: '/base/api?q=%22',
      headers: { authorization: 'Bearer tok', 'x-tenant': 'acme', 'accept-encoding': 'gzip' },
    });
  });

  it('is basic authentication from the URL, unless there is a token', async () => {
    const server = await serve((_request, response) => response.end());
    const url = server.url.replace('//', '//me:p%40ss@');
    await getText(url);
    await getText(url, { token: 'tok' });
    const sent = server.requests.map((request) => request.headers.authorization);
    expect(sent).toEqual([`Basic ${Buffer.from('me:p@ss').toString('base64')}`, 'Bearer tok']);
  });

  it('is nothing at all when a header cannot be sent, and the value stays unsaid', () => {
    for (const options of [{ token: 'se\ncret' }, { headers: { 'x-key': 'se\ncret' } }]) {
      expect(() => client('http://h', options)).toThrow(/^the (authorization|x-key) header for Jaeger has characters/);
    }
  });
});

describe('tries again', () => {
  it('after 503 and 429, waiting as long as the server says', async () => {
    const waits: number[] = [];
    const server = await serve((_request, response, count) => {
      if (count === 1) response.writeHead(503, { 'retry-after': '2' }).end('busy');
      else if (count === 2) response.writeHead(429, { 'retry-after': 'Tue, 24 Nov 2026 12:00:07 GMT' }).end();
      else response.end('ok');
    });
    const options: HttpOptions = {
      now: () => Date.UTC(2026, 10, 24, 12),
      sleep: async (ms) => {
        waits.push(ms);
      },
    };
    expect(await getText(server.url, options)).toBe('ok');
    expect(waits).toEqual([2_000, 7_000]);
  });

  it('three times in all, with jitter, then says what the server said', async () => {
    const waits: number[] = [];
    const server = await serve((_request, response) =>
      response.writeHead(500).end('{"error":{"httpCode":500,"message":"no\\u001b[31m storage\\nhere"}}'),
    );
    const sleep = async (ms: number) => {
      waits.push(ms);
    };
    const error = await failure(getText(server.url, { random: () => 0.5, sleep }));
    expect(server.requests).toHaveLength(3);
    expect(waits).toEqual([125, 250]);
    expect({ ...error, message: error.message }).toMatchObject({
      code: 'TA1205',
      message: `Jaeger at ${server.url} failed (HTTP 500, 3 times)`,
      why: 'it says: no [31m storage here',
    });
  });

  it('when the connection is reset before an answer, the first time at once', async () => {
    const waits: number[] = [];
    const server = await serveRaw((socket, count) => {
      if (count < 3) socket.resetAndDestroy();
      else socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    });
    const sleep = async (ms: number) => {
      waits.push(ms);
    };
    expect(await getText(server.url, { random: () => 1, sleep })).toBe('ok');
    expect(waits).toEqual([0, 500]);
  });

  it('not after 400, 401, 403 or 404', async () => {
    const server = await serve((request, response) => response.writeHead(Number(request.url?.slice(1))).end('no'));
    const http = client(server.url);
    expect((await http.get('/400')).status).toBe(400);
    expect((await http.get('/404')).status).toBe(404);
    const denied = [await failure(http.get('/401')), await failure(http.get('/403'))];
    expect(denied.map(({ code, message, why }) => ({ code, message, why }))).toEqual([
      { code: 'TA1202', message: `Jaeger at ${server.url} does not let us in (HTTP 401)`, why: 'it says: no' },
      { code: 'TA1202', message: `Jaeger at ${server.url} does not let us in (HTTP 403)`, why: 'it says: no' },
    ]);
    expect(server.requests).toHaveLength(4);
  });

  it('not when refused', async () => {
    const url = await deadUrl();
    const fetch = vi.fn(globalThis.fetch);
    const error = await failure(getText(url, { fetch }));
    expect(fetch).toHaveBeenCalledTimes(1);
    expect(error).toMatchObject({
      code: 'TA1203',
      message: `cannot reach Jaeger at ${url} (ECONNREFUSED)`,
      fix: 'start Jaeger, or pass --jaeger URL, or analyse a file: trace-analyze demo',
    });
  });
});

describe('says that', () => {
  it('the server is silent, before its head and within its body', async () => {
    const server = await serve((request, response) => {
      if (request.url === '/body') response.write('{"services":');
    });
    const http = client(server.url, { idleTimeoutMs: 80 });
    const message = `Jaeger at ${server.url} sent (almost) nothing for 0.08 s`;
    expect(await failure(http.get('/head'))).toMatchObject({ code: 'TA1204', message });
    const answer = await http.get('/body');
    expect(await failure(readText(answer.chunks, 100))).toMatchObject({ code: 'TA1204', message });
  });

  it('it only drips, but not that it is slow', async () => {
    const server = await serve((request, response) => {
      const piece = 'x'.repeat(request.url === '/drip' ? 10 : 5_000);
      const timer = setInterval(() => response.write(piece), 20);
      response.on('close', () => clearInterval(timer));
      if (request.url === '/slow') setTimeout(() => response.end(), 500);
    });
    const http = client(server.url, { idleTimeoutMs: 200 });
    const began = Date.now();
    const drip = await http.get('/drip');
    expect(await failure(readText(drip.chunks, 1 << 20))).toMatchObject({ code: 'TA1204' });
    expect(Date.now() - began).toBeLessThan(5_000);
    const slow = await http.get('/slow');
    expect((await readText(slow.chunks, 1 << 20)).text.length).toBeGreaterThan(50_000);
  });

  it.each([
    ['fewer bytes than promised', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'],
    ['chunks without an end', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ])('the body is cut: %s', async (_what, bytes) => {
    const server = await serveRaw((socket) => socket.end(bytes));
    const error = await failure(getText(server.url));
    expect(error).toMatchObject({ code: 'TA1207', why: 'the connection ended in the middle of the body' });
    expect(server.requests).toHaveLength(1);
  });

  it('what answers is no HTTP', async () => {
    const server = await serveRaw((socket) => socket.end('\u0000\u0000\u0006\u0004\u0000garbage'));
    expect(await failure(getText(server.url))).toMatchObject({
      code: 'TA1203',
      why: 'what answers there does not speak HTTP',
    });
  });
});

describe('redirects', () => {
  it('are followed within the origin, three at most', async () => {
    const server = await serve((request, response) => {
      const left = Number(request.url?.slice(1));
      if (left === 0) response.end('there');
      else response.writeHead(302, { location: `/${left - 1}` }).end();
    });
    expect(await getText(server.url, {}, '/3')).toBe('there');
    expect(await failure(getText(server.url, {}, '/4'))).toMatchObject({
      code: 'TA1206',
      message: `Jaeger at ${server.url} redirects in a circle`,
    });
  });

  it('to another host are refused, and nothing is sent there', async () => {
    const other = await serve((_request, response) => response.end());
    const server = await serve((_request, response) =>
      response.writeHead(302, { location: `${other.url}/login?back=secret` }).end(),
    );
    const error = await failure(getText(server.url, { token: 'tok' }));
    expect(error).toMatchObject({
      code: 'TA1206',
      message: `Jaeger at ${server.url} redirects to ${other.url}, which is not followed`,
    });
    expect(other.requests).toEqual([]);
  });

  it.each(['file:///etc/passwd', 'ftp://h/x', 'data:,x'])('to %s are refused', async (location) => {
    const server = await serve((_request, response) => response.writeHead(302, { location }).end());
    expect(await failure(getText(server.url))).toMatchObject({
      message: `Jaeger at ${server.url} redirects to an address that is not http, which is not followed`,
    });
  });
});

describe('bodies', () => {
  it('come decompressed', async () => {
    const server = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"a":1}')),
    );
    expect(await getText(server.url)).toBe('{"a":1}');
  });

  it('are read no further than allowed: 64 MiB of zeros in 64 kB', async () => {
    const bomb = gzipSync(Buffer.alloc(64 << 20));
    const server = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    );
    const answer = await client(server.url).get('/');
    const { text, tooLarge } = await readText(answer.chunks, 1000);
    expect({ length: text.length, tooLarge }).toEqual({ length: 1000, tooLarge: true });
  });
});

describe('secrets', () => {
  it('never get into an error, not even when the server repeats them', async () => {
    const secrets = ['t0ken-value', 'h3ader-value', 'p@ssw0rd', 'p%40ssw0rd'];
    const server = await serve((request, response) => {
      const status = Number(request.url?.slice(1));
      response.writeHead(status).end(`bad ${JSON.stringify(request.headers)} ${secrets.join(' ')}`);
    });
    const url = server.url.replace('//', '//user:p%40ssw0rd@');
    const http = client(url, { headers: { 'x-key': 'h3ader-value' } });
    const withToken = client(url, { token: 't0ken-value', headers: { 'x-key': 'h3ader-value' } });
    for (const status of [401, 403, 429, 500]) {
      for (const one of [http, withToken]) {
        const { message, why, fix, stack } = await failure(one.get(`/${status}`));
        const text = [message, why, fix, stack].join('\n');
        const leaked = [...secrets.slice(0, 1).filter(() => one === withToken), ...secrets.slice(1)];
        for (const secret of leaked) expect(text).not.toContain(secret);
        expect(text).not.toContain(Buffer.from('user:p@ssw0rd').toString('base64'));
        expect(text).not.toContain('user:');
      }
    }
  });
});

describe('a signal', () => {
  it('ends a request, a body and a wait with its own reason', async () => {
    const reason = new Error('interrupted');
    const server = await serve((request, response) => {
      if (request.url === '/busy') response.writeHead(503).end();
      else if (request.url === '/body') response.write('x');
    });
    for (const path of ['/silent', '/busy']) {
      const abort = new AbortController();
      const http = client(server.url, { signal: abort.signal, sleep: () => new Promise(() => undefined) });
      setTimeout(() => abort.abort(reason), 50);
      await expect(http.get(path)).rejects.toBe(reason);
    }
    const abort = new AbortController();
    const answer = await client(server.url).get('/body', abort.signal);
    setTimeout(() => abort.abort(reason), 50);
    await expect(readText(answer.chunks, 100)).rejects.toBe(reason);
  });
});
