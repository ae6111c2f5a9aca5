import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { InputError } from '../../../src/analyze/model/errors.ts';
import {
  type JaegerOptions,
  nothingPulledError,
  openJaeger,
  type PullOptions,
  pullJaeger,
} from '../../../src/analyze/sources/jaeger.ts';
import { type JaegerQueryText, parseJaegerQuery } from '../../../src/analyze/sources/jaeger-query.ts';
import { cutAnswer, type FaultServer, startFaultServer } from '../../support/jaeger-fault-server.ts';
import { recordingSink } from '../../support/jaeger-sink.ts';

const servers: FaultServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const id = (n: number) => n.toString(16).padStart(32, '0');

function traceJson(n: number, spans = 3): string {
  const list = Array.from({ length: spans }, (_, at) => ({
    traceId: id(n),
    spanId: (at + 1).toString(16).padStart(16, '0'),
    name: `span ${at}`,
    startTimeUnixNano: String(1_750_000_000_000_000_000n + BigInt(n * 1000 + at)),
    endTimeUnixNano: String(1_750_000_000_000_000_500n + BigInt(n * 1000 + at)),
    attributes: [{ key: '@jaeger@warnings', value: { arrayValue: { values: [{ stringValue: 'w' }] } } }],
  }));
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 's' } }] };
  return JSON.stringify({ result: { resourceSpans: [{ resource, scopeSpans: [{ scope: {}, spans: list }] }] } });
}

type Answer = (response: ServerResponse, traceNumber: number, count: number) => void;

/** A Jaeger with the service "s" and traces 1 to 3, whose answers to a trace's request are up to the test. */
async function jaegerWith(onTrace: Answer, options: JaegerOptions = {}) {
  const counts = new Map<string, number>();
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname;
    const summaries = [1, 2, 3].map((n) => ({
      traceId: id(n),
      minStartTimeUnixNano: String(1_750_000_000_000_000_000n + BigInt(n * 1000)),
    }));
    if (path === '/api/v3/services') response.end('{"services":["s"]}');
    else if (path === '/api/v3/trace-summaries') response.end(JSON.stringify({ summaries }));
    else {
      const count = (counts.get(path) ?? 0) + 1;
      counts.set(path, count);
      onTrace(response, Number.parseInt(path.slice(-32), 16), count);
    }
  };
  const server = await startFaultServer(answer);
  servers.push(server);
  return { server, client: openJaeger(server.url, { sleep: async () => undefined, ...options }) };
}

async function startServer(...args: Parameters<typeof startFaultServer>) {
  const server = await startFaultServer(...args);
  servers.push(server);
  return server;
}

function query(text: JaegerQueryText = {}) {
  const parsed = parseJaegerQuery({ since: '1d', ...text }, 1_750_000_060_000);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.value;
}

describe('a trace that fails', () => {
  const isSecond = (n: number) => n === 2;

  async function pullAll(onTrace: Answer, options: PullOptions = {}) {
    const { client, server } = await jaegerWith(onTrace);
    const sink = recordingSink();
    const result = await pullJaeger(client, query(), sink, options);
    const got = new Map<number, number>();
    for (const { span } of sink.spans()) {
      const n = Number.parseInt(span.traceId, 16);
      got.set(n, (got.get(n) ?? 0) + 1);
    }
    return { result, server, got: [...got], sink };
  }

  it('is asked for once more when its answer is cut', async () => {
    const { result, got } = await pullAll((response, n, count) =>
      isSecond(n) && count === 1 ? cutAnswer(response, traceJson(n)) : response.end(traceJson(n)),
    );
    expect(result).toMatchObject({ traces: 3, spans: 9, missed: [], error: undefined });
    expect(got).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
  });

  it.each<[string, (response: ServerResponse, text: string) => void]>([
    ['cut twice', cutAnswer],
    ['half of its JSON, well framed', (response, text) => response.end(text.slice(0, text.length / 2))],
    ['broken inside', (response, text) => response.end(text.replaceAll('"name"', '"name'))],
  ])('leaves nothing of itself in the sink: %s', async (_what, spoil) => {
    for (const spans of [3, 5_000]) {
      const { result, got } = await pullAll((response, n) =>
        isSecond(n) ? spoil(response, traceJson(n, spans)) : response.end(traceJson(n)),
      );
      expect(got).toEqual([
        [1, 3],
        [3, 3],
      ]);
      expect(result).toMatchObject({ traces: 2, spans: 6, error: undefined });
      expect(result.missed).toEqual([
        { traceId: id(2), reason: expect.stringMatching(/cut off|no whole JSON/), notFound: false },
      ]);
    }
  });

  it('is left out when it has gone meanwhile', async () => {
    const { result } = await pullAll((response, n) => {
      if (isSecond(n)) response.writeHead(404).end('{"error":{"httpCode":404,"message":"No traces found"}}');
      else response.end(traceJson(n));
    });
    expect(result.missed).toEqual([{ traceId: id(2), reason: 'not found', notFound: true }]);
    expect(result.traces).toBe(2);
  });

  it('is left out when it is too large, gzip bombs included', async () => {
    const bomb = gzipSync(`{"result":${' '.repeat(50 << 20)}}`);
    const answer: Answer = (response, n) => {
      if (isSecond(n)) response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
      else response.end(traceJson(n));
    };
    const { result } = await pullAll(answer, { maxTraceBytes: 1 << 20 });
    expect(result.missed[0]?.reason).toMatch(/sent a trace \(0+2\) of more than 1 MiB$/);
    expect(result.traces).toBe(2);
  });

  it('fails the source when no trace is whole', async () => {
    const { client } = await jaegerWith((response, n) => cutAnswer(response, traceJson(n)));
    await expect(pullJaeger(client, query(), recordingSink())).rejects.toMatchObject({ code: 'TA1207' });
  });

  it('ends the pull when the server fails, and what came before counts', async () => {
    const { result, got } = await pullAll((response, n) => {
      if (isSecond(n)) response.writeHead(500).end('no');
      else response.end(traceJson(n));
    });
    expect(got).toEqual([[1, 3]]);
    expect(result).toMatchObject({ traces: 1, error: { code: 'TA1205' } });
  });
});

describe('a pull', () => {
  it('delivers by start, then id, however the answers arrive, and tells its progress', async () => {
    const { client, server } = await jaegerWith((response, n) => {
      setTimeout(() => response.end(traceJson(n)), (3 - n) * 40);
    });
    const sink = recordingSink();
    const progress: unknown[] = [];
    const result = await pullJaeger(client, query(), sink, {
      onProgress: ({ done, total }) => void progress.push([done, total]),
    });
    expect(sink.spans().map(({ span }) => span.traceId)).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3].map(id));
    expect(progress).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
    expect(result.bytes).toBe([1, 2, 3].reduce((sum, n) => sum + traceJson(n).length, 0));
    expect(server.requests).toHaveLength(5);
  });

  it("drops Jaeger's warnings", async () => {
    const { client } = await jaegerWith((response, n) => response.end(traceJson(n)));
    const sink = recordingSink();
    await pullJaeger(client, query(), sink);
    expect(JSON.stringify(sink.spans())).not.toContain('@jaeger@warnings');
  });

  it('sends token, tenant and headers with every request', async () => {
    const options = { token: 'tok', tenant: 'acme', headers: { 'X-Extra': 'e' } };
    const { client, server } = await jaegerWith((response, n) => response.end(traceJson(n)), options);
    await pullJaeger(client, query(), recordingSink());
    expect(server.requests).toHaveLength(5);
    for (const { headers } of server.requests) {
      expect(headers).toMatchObject({ authorization: 'Bearer tok', 'x-tenant': 'acme', 'x-extra': 'e' });
    }
  });

  it('stops with the reason of its signal', async () => {
    const abort = new AbortController();
    const reason = new Error('interrupted');
    const { client } = await jaegerWith((_response, n) => {
      if (n === 1) abort.abort(reason);
    });
    await expect(pullJaeger(client, query(), recordingSink(), { signal: abort.signal })).rejects.toBe(reason);
  });

  it('that brings nothing can say so: an error of input, not of the source', async () => {
    const server = await startServer((request, response) =>
      response.end(request.url?.includes('services') ? '{"services":["b","a"]}' : '{"summaries":[]}'),
    );
    const client = openJaeger(server.url);
    const result = await pullJaeger(client, query(), recordingSink());
    expect(result).toMatchObject({ traces: 0, missed: [], limitReached: false });
    const error = nothingPulledError(client, query(), await client.services());
    expect(error).toBeInstanceOf(InputError);
    expect(error).toMatchObject({
      code: 'TA1301',
      message: `no traces found in Jaeger at ${server.url}`,
      why: 'its services: "a", "b"',
    });
    expect(nothingPulledError(client, query({ trace: ['7'] }))).toMatchObject({
      code: 'TA1302',
      message: `trace ${id(7)} is not in Jaeger at ${server.url}`,
    });
  });
});
