import { afterEach, describe, expect, it } from 'vitest';
import { type JaegerOptions, openJaeger, parseJaegerUrl, pullJaeger } from '../../../src/analyze/sources/jaeger.ts';
import { type JaegerQueryText, parseJaegerQuery } from '../../../src/analyze/sources/jaeger-query.ts';
import { cutAnswer, deadUrl, type FaultServer, startFaultServer } from '../../support/jaeger-fault-server.ts';
import { recordingSink } from '../../support/jaeger-sink.ts';

const servers: FaultServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function startServer(...args: Parameters<typeof startFaultServer>) {
  const server = await startFaultServer(...args);
  servers.push(server);
  return server;
}

async function pull(url: string, options: JaegerOptions = {}, text: JaegerQueryText = {}) {
  const client = openJaeger(url, { sleep: async () => undefined, ...options });
  const query = parseJaegerQuery(text, Date.UTC(2026, 10, 24));
  if (!query.ok) throw new Error(query.problem);
  return pullJaeger(client, query.value, recordingSink());
}

describe('a source that fails as a whole', () => {
  it('is named when nobody listens', async () => {
    const url = await deadUrl();
    await expect(pull(url)).rejects.toMatchObject({
      code: 'TA1203',
      message: `cannot reach Jaeger at ${url} (ECONNREFUSED)`,
      fix: 'start Jaeger, or pass --jaeger URL, or analyse a file: trace-analyze demo',
    });
  });

  it.each([
    ['a login page', 200, '<!DOCTYPE html><title>Sign in</title>', 'HTTP 200 with an HTML page'],
    ['another API', 200, '{"ok":true}', 'HTTP 200 with something else than its JSON'],
    ['nothing', 200, '', 'HTTP 200 with nothing'],
    ["a proxy's 404", 404, '{"message":"no Route matched"}', 'HTTP 404 with something else than its JSON'],
  ])('is no Jaeger when it answers %s', async (_what, status, body, evidence) => {
    const server = await startServer((_request, response) => response.writeHead(status).end(body));
    const expected = { code: 'TA1201', message: `no Jaeger answers at ${server.url}: ${evidence}` };
    await expect(pull(server.url)).rejects.toMatchObject(expected);
    await expect(pull(server.url, {}, { service: ['s'] })).rejects.toMatchObject(expected);
    await expect(pull(server.url, {}, { trace: ['1'] })).rejects.toMatchObject(expected);
  });

  it('is no Jaeger when its page is larger than any head', async () => {
    const page = `<!DOCTYPE html>${' '.repeat(1 << 20)}`;
    const server = await startServer((_request, response) => response.end(page));
    await expect(pull(server.url, {}, { trace: ['1'] })).rejects.toMatchObject({ code: 'TA1201' });
  });

  it.each([
    [401, 'TA1202', 'does not let us in (HTTP 401)', 1],
    [403, 'TA1202', 'does not let us in (HTTP 403)', 1],
    [500, 'TA1205', 'failed (HTTP 500, 3 times)', 3],
    [503, 'TA1205', 'failed (HTTP 503, 3 times)', 3],
  ])('is asked no more often than needed on %d', async (status, code, message, times) => {
    const server = await startServer((_request, response) => response.writeHead(status).end('no'));
    await expect(pull(server.url)).rejects.toMatchObject({
      code,
      message: `Jaeger at ${server.url} ${message}`,
    });
    expect(server.requests).toHaveLength(times);
  });
});

describe('an answer', () => {
  it('may be broken JSON, or cut twice', async () => {
    const malformed = await startServer((_request, response) => response.end('{"services":["s",}'));
    await expect(pull(malformed.url)).rejects.toMatchObject({
      code: 'TA1207',
      message: `the answer of Jaeger at ${malformed.url} is no whole JSON`,
    });
    const cutting = await startServer((_request, response) => cutAnswer(response, '{"services":["s"]}'));
    await expect(pull(cutting.url)).rejects.toMatchObject({ code: 'TA1207' });
    expect(cutting.requests).toHaveLength(2);
  });

  it('may stop in the middle', async () => {
    const server = await startServer((_request, response) => {
      response.write('{"services":[');
    });
    await expect(pull(server.url, { idleTimeoutMs: 60 })).rejects.toMatchObject({ code: 'TA1204' });
  });

  it('may never end', async () => {
    const block = `${'"service",'.repeat(100_000)}`;
    const server = await startServer((_request, response) => {
      response.write('{"services":[');
      const more = () => {
        while (response.write(block));
        response.once('drain', more);
      };
      more();
    });
    await expect(pull(server.url)).rejects.toMatchObject({
      code: 'TA1208',
      message: `Jaeger at ${server.url} sent an answer of more than 64 MiB`,
    });
  });

  it('may show that tags are ignored: api_v3 without camelCase, no v1', async () => {
    const server = await startServer((request, response) => {
      if (!request.url?.startsWith('/api/v3/traces?')) response.writeHead(404).end('404 page not found');
      else
        response
          .writeHead(400)
          .end('{"error":{"httpCode":400,"message":"query.start_time_min and query.start_time_max are required"}}');
    });
    await expect(pull(server.url, {}, { service: ['s'], tag: ['a=b'] })).rejects.toMatchObject({ code: 'TA1210' });
  });

  it('may be a refusal', async () => {
    const server = await startServer((_request, response) =>
      response.writeHead(400).end('{"error":{"httpCode":400,"message":"malformed parameter query.durationMin"}}'),
    );
    await expect(pull(server.url, {}, { service: ['s'] })).rejects.toMatchObject({
      code: 'TA1209',
      message: `Jaeger at ${server.url} refused the request (HTTP 400)`,
      why: 'it says: malformed parameter query.durationMin',
    });
  });
});

describe('parseJaegerUrl', () => {
  it('tells a usage error from a source, and never prints credentials', () => {
    expect(parseJaegerUrl('http://me:secret@jaeger:16686/ui/')).toEqual({
      ok: true,
      value: { printed: 'http://jaeger:16686/ui' },
    });
    expect(parseJaegerUrl('jaeger')).toEqual({
      ok: false,
      problem: 'not an http or https URL: did you mean http://jaeger ?',
    });
    expect(() => openJaeger('me:secret@jaeger')).toThrow(/^openJaeger: not an http or https URL$/);
  });
});
