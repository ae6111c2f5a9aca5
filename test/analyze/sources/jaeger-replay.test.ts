import { afterEach, describe, expect, it } from 'vitest';
import { openJaeger, pullJaeger } from '../../../src/analyze/sources/jaeger.ts';
import type { JaegerClient } from '../../../src/analyze/sources/jaeger-client.ts';
import { type JaegerQueryText, parseJaegerQuery } from '../../../src/analyze/sources/jaeger-query.ts';
import { selectTraces } from '../../../src/analyze/sources/jaeger-select.ts';
import { fetchTrace } from '../../../src/analyze/sources/jaeger-trace.ts';
import { recordingSink } from '../../support/jaeger-sink.ts';
import {
  RECORDED_VERSIONS,
  type RecordedVersion,
  type ReplayOptions,
  type ReplayServer,
  startReplay,
} from '../../support/replay-server.ts';

const FRONT = 'front "end"/ü';
const TRACE = '5b8aa5a2d2c872e8321cf37308d69df2';
const SHORT = '0000000000000000a1b2c3d4e5f60718';
const AGENT = '3e289017fe03ffd7c4145316d2eb3d0d';
const UNKNOWN = '11111111111111111111111111111111';
const START = 1_750_000_000_000_000_000n;

const servers: ReplayServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    expect(server.unrecorded).toEqual([]);
    await server.close();
  }
});

async function replay(version: RecordedVersion, options: ReplayOptions = {}) {
  const server = await startReplay(version, options);
  servers.push(server);
  const client = openJaeger(server.url, { sleep: async () => undefined });
  /** Which routes were asked, without parameters. */
  const routes = () => server.requests.map((request) => request.replace(/\?.*/, ''));
  return { server, client, routes };
}

function query(text: JaegerQueryText) {
  const window = { since: '2025-01-01T00:00:00Z', until: '2026-12-31T00:00:00Z' };
  const parsed = parseJaegerQuery({ ...window, ...text }, Date.UTC(2026, 10, 24));
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.value;
}

async function spansOf(client: JaegerClient, traceId: string) {
  const sink = recordingSink();
  const fetched = await fetchTrace(client, traceId, sink);
  return { fetched, spans: sink.spans() };
}

describe.each(RECORDED_VERSIONS)('Jaeger %s as recorded', (version) => {
  it('lists services and operations', async () => {
    const { client, routes } = await replay(version);
    expect(await client.services()).toEqual(['back', FRONT, 'helm_agent']);
    expect(await client.operations(FRONT)).toEqual([
      { name: 'GET /a?b=1&c', spanKind: 'server' },
      { name: 'call', spanKind: 'client' },
    ]);
    expect(routes()).toEqual(['GET /api/v3/services', 'GET /api/v3/operations']);
  });

  it('chooses traces by the best route it has, and learns which that is', async () => {
    const { client, server, routes } = await replay(version);
    const found = { traces: [{ traceId: TRACE, startUnixNano: START }], limitReached: false, notes: [] };
    expect(await selectTraces(client, query({ service: [FRONT] }))).toEqual(found);
    const first = routes();
    expect(await selectTraces(client, query({ service: [FRONT] }))).toEqual(found);
    const [summaries, search] = ['GET /api/v3/trace-summaries', 'GET /api/v3/traces'];
    if (version === '2.13.0') {
      expect(first).toEqual([summaries, search, search]);
      expect(server.requests.at(-1)).toContain('query.service_name=front%20%22end%22%2F%C3%BC&');
      expect(routes()).toEqual([...first, search]);
    } else {
      expect(first).toEqual([summaries]);
      expect(routes()).toEqual([summaries, summaries]);
    }
  });

  it('fetches a trace raw, with nanoseconds, ids in hex and exact integers', async () => {
    const { client, server } = await replay(version);
    const { fetched, spans } = await spansOf(client, TRACE);
    expect(fetched).toMatchObject({ traceId: TRACE, spans: spans.length, skipped: [] });
    expect(server.requests).toEqual([`GET /api/v3/traces/${TRACE}?rawTraces=true&raw_traces=true`]);
    const { span, resource } = spans.find((one) => one.span.spanId === '0000000000000001')!;
    expect(resource.attributes).toContainEqual({ key: 'service.name', value: { stringValue: FRONT } });
    expect(span).toMatchObject({ traceId: TRACE, kind: 2, endTimeUnixNano: '1750000000050000123' });
    expect(span.attributes?.map(({ key }) => key)).toEqual(['arr', 'bool', 'bytes', 'dbl', 'empty', 'int', 'map']);
    expect(span.attributes).toContainEqual({ key: 'int', value: { intValue: '9007199254740993' } });
    expect(JSON.stringify(spans)).not.toContain('@jaeger@warnings');
  });

  it('fetches the whole of a larger trace', async () => {
    const { client } = await replay(version);
    const { fetched, spans } = await spansOf(client, AGENT);
    expect(new Set(spans.map(({ span }) => span.traceId))).toEqual(new Set([AGENT]));
    expect(fetched).toMatchObject({ spans: spans.length });
    expect(spans.length).toBeGreaterThan(50);
  });

  it('knows an unknown trace from a missing route', async () => {
    const { client, routes } = await replay(version);
    expect(await spansOf(client, UNKNOWN)).toEqual({ fetched: 'not found', spans: [] });
    expect(routes()).toEqual([`GET /api/v3/traces/${UNKNOWN}`]);
  });

  it('says what Jaeger says about a bad id', async () => {
    const { client } = await replay(version);
    await expect(client.trace('xyz!')).rejects.toMatchObject({
      code: 'TA1209',
      why: expect.stringContaining('malformed parameter trace_id'),
    });
  });

  it('fetches a trace by v1 where v3 is missing', async () => {
    const { client, routes } = await replay(version, { without: /^\/api\/v3/ });
    const { spans } = await spansOf(client, TRACE);
    expect(routes()).toEqual([`GET /api/v3/traces/${TRACE}`, `GET /api/traces/${TRACE}`]);
    expect(spans.find(({ span }) => span.spanId === '0000000000000001')?.span).toMatchObject({
      traceId: TRACE,
      name: 'GET /a?b=1&c',
      startTimeUnixNano: '1750000000000000000',
    });
    expect(await client.trace(UNKNOWN)).toBe('not found');
    await expect(client.trace('xyz')).rejects.toMatchObject({ code: 'TA1209' });
  });
});

describe.each(['2.13.0', '2.20.0'] as const)('Jaeger %s as recorded, without api_v3', (version) => {
  it('lists services and operations by v1', async () => {
    const { client, routes } = await replay(version, { without: /^\/api\/v3/ });
    expect(await client.services()).toEqual(['back', FRONT, 'helm_agent']);
    expect(await client.operations(FRONT)).toEqual([
      { name: 'GET /a?b=1&c', spanKind: 'server' },
      { name: 'call', spanKind: 'client' },
    ]);
    expect(routes().filter((route) => !route.includes('v3'))).toEqual(['GET /api/services', 'GET /api/operations']);
  });

  it('searches by v1, in whole microseconds', async () => {
    const { client, server } = await replay(version, { without: /^\/api\/v3/ });
    const found = { traces: [{ traceId: TRACE, startUnixNano: START }], limitReached: false, notes: [] };
    expect(await selectTraces(client, query({ service: [FRONT] }))).toEqual(found);
    expect(server.requests.at(-1)).toBe(
      'GET /api/traces?service=front%20%22end%22%2F%C3%BC&start=1735689600000000&end=1798675200000000&limit=101&raw=true',
    );
    const none = await selectTraces(client, query({ service: ['nobody'] }));
    expect(none).toEqual({ traces: [], limitReached: false, notes: [] });
  });
});

describe.each(['2.20.0', 'main'] as const)('Jaeger %s as recorded', (version) => {
  it('takes no summaries for an empty search', async () => {
    const { client } = await replay(version);
    const none = await selectTraces(client, query({ service: ['nobody'] }));
    expect(none).toEqual({ traces: [], limitReached: false, notes: [] });
  });

  it('sorts what the summaries name by start', async () => {
    const { client } = await replay(version);
    expect((await selectTraces(client, query({ service: ['back'] }))).traces).toEqual([
      { traceId: TRACE, startUnixNano: START },
      { traceId: SHORT, startUnixNano: START + 5_000_000n },
    ]);
  });

  it('searches whole traces by camelCase where there are no summaries, and takes 404 for empty', async () => {
    const { client, server } = await replay(version, { without: /trace-summaries/ });
    const found = await selectTraces(client, query({ service: [FRONT] }));
    expect(found.traces).toEqual([{ traceId: TRACE, startUnixNano: START }]);
    expect(server.requests.at(-1)).toContain('query.searchDepth=101&query.rawTraces=true');
    expect((await selectTraces(client, query({ service: ['nobody'] }))).traces).toEqual([]);
  });

  it('searches by tag', async () => {
    const { client, server } = await replay(version, { without: /trace-summaries/ });
    const found = await selectTraces(client, query({ service: [FRONT], tag: ['bool=true'] }));
    expect(found.traces).toEqual([{ traceId: TRACE, startUnixNano: START }]);
    expect(server.requests.at(-1)).toContain('query.attributes=%7B%22bool%22%3A%22true%22%7D');
  });

  it('still takes snake_case', async () => {
    const { client, server } = await replay(version, { without: /trace-summaries|query\.serviceName/ });
    const found = await selectTraces(client, query({ service: [FRONT] }));
    expect(found.traces).toEqual([{ traceId: TRACE, startUnixNano: START }]);
    expect(server.requests.at(-1)).toContain('query.num_traces=101&query.raw_traces=true');
  });
});

describe('pull', () => {
  it.each(RECORDED_VERSIONS)('takes the traces of a search whole from %s, by start', async (version) => {
    const { client } = await replay(version);
    const sink = recordingSink();
    const result = await pullJaeger(client, query({ trace: ['A1B2C3D4E5F60718', TRACE, UNKNOWN] }), sink);
    expect(result).toMatchObject({
      traces: 2,
      limitReached: false,
      missed: [{ traceId: UNKNOWN, reason: 'not found', notFound: true }],
      error: undefined,
    });
    expect(new Set(sink.spans().map(({ span }) => span.traceId))).toEqual(new Set([SHORT, TRACE]));
    expect(result.spans).toBe(sink.spans().length);
  });

  it('says when there is no Jaeger API at all: main without api_v3', async () => {
    const { client } = await replay('main', { without: /^\/api\/v3/ });
    await expect(client.services()).rejects.toMatchObject({
      code: 'TA1201',
      message: expect.stringMatching(/^no Jaeger answers at http:\S+: HTTP 404 with something else than its JSON$/),
    });
  });

  it('says when a base path leads nowhere: every path of 2.13 is a page', async () => {
    const { server } = await replay('2.13.0');
    const client = openJaeger(`${server.url}/wrong/base`);
    await expect(client.services()).rejects.toMatchObject({
      code: 'TA1201',
      message: `no Jaeger answers at ${server.url}/wrong/base: HTTP 200 with an HTML page`,
    });
  });
});
