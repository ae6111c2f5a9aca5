import { deflateSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OtlpTraces } from '../../src/analyze/formats/otlp-types.ts';
import { type BatchInfo, type Receiver, startReceiver } from '../../src/receiver/otlp-http.ts';
import type { Rejection } from '../../src/receiver/rejection.ts';
import { send, spanIdsOf, tracesOf } from './receiver-client.ts';

const BODY = JSON.stringify(tracesOf('eee19b7ec3c1b174', 'eee19b7ec3c1b175'));
const PROTOBUF = { 'content-type': 'application/x-protobuf' };

let receiver: Receiver;
let batches: { traces: OtlpTraces; info: BatchInfo }[];
let rejections: Rejection[];
let onTraces: (traces: OtlpTraces, info: BatchInfo) => void | Promise<void>;

beforeEach(async () => {
  batches = [];
  rejections = [];
  onTraces = (traces, info) => void batches.push({ traces, info });
  receiver = await startReceiver({
    onTraces: (traces, info) => onTraces(traces, info),
    onRejected: (error) => rejections.push(error),
  });
});

afterEach(() => receiver.close({ drainMs: 0 }));

function post(headers: Record<string, string>, body: string | Uint8Array = BODY, path = '/v1/traces') {
  return send(`${receiver.url}${path}`, { headers, body });
}

describe('what is taken', () => {
  it('takes JSON and answers with an empty partial success', async () => {
    const answer = await post({});
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.body.toString()).toBe('{"partialSuccess":{}}');
    expect(batches).toEqual([
      {
        traces: tracesOf('eee19b7ec3c1b174', 'eee19b7ec3c1b175'),
        info: { encoding: 'json', bytes: BODY.length, spans: 2 },
      },
    ]);
    expect(receiver.counts).toEqual({ requests: 1, spans: 2, rejected: 0, metricsDropped: 0, logsDropped: 0 });
  });

  it.each([
    ['gzip', gzipSync(BODY)],
    ['X-GZIP', gzipSync(BODY)],
    ['gzip of two members', Buffer.concat([gzipSync(BODY.slice(0, 40)), gzipSync(BODY.slice(40))])],
    ['deflate', deflateSync(BODY)],
    ['identity', Buffer.from(BODY)],
  ])('takes %s', async (encoding, body) => {
    const answer = await post({ 'content-encoding': encoding.split(' ')[0]! }, body);
    expect(answer.status).toBe(200);
    expect(batches[0]?.info.bytes).toBe(BODY.length);
  });

  it.each(['application/json; charset=utf-8', 'Application/JSON'])('takes the type %s', async (type) => {
    expect((await post({ 'content-type': type })).status).toBe(200);
  });

  it.each(['/v1/traces/', '/v1/traces?token=1'])('takes the path %s', async (path) => {
    expect((await post({}, BODY, path)).status).toBe(200);
  });

  it('keeps every digit of times written as numbers', async () => {
    await post({}, BODY.replace('"name":', '"startTimeUnixNano":1700000000000000001,"name":'));
    const span = batches[0]?.traces.resourceSpans?.[0]?.scopeSpans?.[0]?.spans?.[0];
    expect(span?.startTimeUnixNano).toBe('1700000000000000001');
  });
});

describe('the answer', () => {
  it('takes an empty request without storing it', async () => {
    expect((await post({}, '{}')).body.toString()).toBe('{"partialSuccess":{}}');
    const answer = await post(PROTOBUF, '');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/x-protobuf');
    expect(answer.body).toEqual(Buffer.alloc(0));
    expect(batches).toEqual([]);
    expect(receiver.counts.requests).toBe(2);
  });

  it('says which spans it left out', async () => {
    const answer = await post({}, BODY.replace('"spanId":"eee19b7ec3c1b174"', '"spanId":7'));
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body.toString())).toEqual({
      partialSuccess: { rejectedSpans: '1', errorMessage: 'spans without traceId or spanId were left out' },
    });
    expect(spanIdsOf(batches[0]!.traces)).toEqual(['eee19b7ec3c1b175']);
  });

  it('warns of a document of another format', async () => {
    const answer = await post({}, '{"data":[]}');
    expect(JSON.parse(answer.body.toString())).toEqual({
      partialSuccess: { errorMessage: 'the body has no "resourceSpans"' },
    });
  });

  it('answers only after the batch was stored', async () => {
    let store = () => {};
    const stored = new Promise<void>((resolve) => {
      store = resolve;
    });
    const asked = new Promise<void>((resolve) => {
      onTraces = () => {
        resolve();
        return stored;
      };
    });
    let answered = false;
    const answer = post({}).finally(() => {
      answered = true;
    });
    await asked;
    // A whole other exchange fits in between.
    await post({}, '{}');
    expect(answered).toBe(false);
    store();
    expect((await answer).status).toBe(200);
  });

  it.each(['/v1/metrics', '/v1/logs'])('answers 200 on %s and drops what came', async (path) => {
    const json = await post({}, '{"resourceMetrics":[]}', path);
    expect([json.status, json.body.toString()]).toEqual([200, '{"partialSuccess":{}}']);
    const protobuf = await post({ ...PROTOBUF, 'content-encoding': 'gzip' }, gzipSync('anything'), path);
    expect([protobuf.status, protobuf.headers['content-type'], protobuf.body.length]).toEqual([
      200,
      PROTOBUF['content-type'],
      0,
    ]);
    const { metricsDropped, logsDropped, requests } = receiver.counts;
    expect({ metricsDropped, logsDropped, requests }).toEqual({
      metricsDropped: path === '/v1/metrics' ? 2 : 0,
      logsDropped: path === '/v1/logs' ? 2 : 0,
      requests: 0,
    });
  });

  it('sends no CORS headers', async () => {
    const answer = await post({ origin: 'http://localhost:3000' });
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});

describe('refused bodies and senders', () => {
  it.each([
    ['text that is not JSON', '{"resourceSpans":['],
    ['JSON that is no object', '[]'],
    ['JSON null', 'null'],
    ['no body', ''],
    ['a resourceSpans that is no array', '{"resourceSpans":{}}'],
    ['spans that are no objects', '{"resourceSpans":[{"scopeSpans":[{"spans":[1]}]}]}'],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
  ])('answers 400 to %s', async (_what, body) => {
    const answer = await post({}, body);
    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(JSON.parse(answer.body.toString())).toEqual({ code: 3, message: expect.stringMatching(/\w/) });
    expect(receiver.counts).toEqual({ requests: 0, spans: 0, rejected: 1, metricsDropped: 0, logsDropped: 0 });
  });

  it('answers 400 with a protobuf Status to protobuf that is none', async () => {
    const answer = await post(PROTOBUF, Buffer.from([0x0a, 0x7f, 0x01]));
    expect([answer.status, answer.headers['content-type']]).toEqual([400, 'application/x-protobuf']);
    // Field 1, varint 3 = INVALID_ARGUMENT; field 2, a string up to the end.
    expect([...answer.body.subarray(0, 3)]).toEqual([0x08, 3, 0x12]);
    expect(answer.body.subarray(answer.body[3]! < 0x80 ? 4 : 5).toString()).toMatch(
      /^the body is not an OTLP trace request/,
    );
  });

  it.each([
    ['gzip', Buffer.from('not gzip')],
    ['gzip', gzipSync(BODY).subarray(0, -12)],
    ['deflate', Buffer.from('not deflate')],
  ])('answers 400 to broken %s', async (encoding, body) => {
    expect((await post({ 'content-encoding': encoding }, body)).status).toBe(400);
  });

  it.each([['evil.example'], ['evil.example:4318'], ['127.0.0.1.evil.example'], ['127.0.0.1@evil.example'], [' ']])(
    'answers 403 to the host "%s"',
    async (host) => {
      expect((await post({ host })).status).toBe(403);
      expect(batches).toEqual([]);
    },
  );

  it.each(['127.0.0.1', 'localhost:1', 'LOCALHOST', '[::1]:4318'])('takes the host %s', async (host) => {
    expect((await post({ host })).status).toBe(200);
  });

  it.each(['https://evil.example', 'null'])('answers 403 to a page of %s', async (origin) => {
    expect((await post({ origin })).status).toBe(403);
  });
});

describe('refused requests', () => {
  it.each(['/', '/v1/traces/x', '/v1/', '//v1/traces', '/v1/traces%2f'])('answers 404 to %s', async (path) => {
    expect((await post({}, BODY, path)).status).toBe(404);
  });

  it.each(['GET', 'PUT', 'OPTIONS', 'HEAD', 'DELETE'])('answers 405 to %s', async (method) => {
    const answer = await send(`${receiver.url}/v1/traces`, { method });
    expect([answer.status, answer.headers.allow]).toEqual([405, 'POST']);
  });

  it.each(['text/plain', 'application/jsonx', 'application/x-www-form-urlencoded', ''])(
    'answers 415 to the type "%s"',
    async (type) => {
      expect((await post({ 'content-type': type })).status).toBe(415);
    },
  );

  it.each(['br', 'zstd', 'gzip, gzip'])('answers 415 to the encoding %s and says which it takes', async (encoding) => {
    const answer = await post({ 'content-encoding': encoding });
    expect([answer.status, answer.headers['accept-encoding']]).toEqual([415, 'gzip, deflate, identity']);
  });

  it('answers 503 with Retry-After when the batch cannot be stored', async () => {
    const failure = new Error('disk full');
    onTraces = () => {
      throw failure;
    };
    const answer = await post({});
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
    // The reason is ours, not the client's.
    expect(JSON.parse(answer.body.toString())).toEqual({ code: 14, message: 'the spans could not be stored' });
    expect(rejections.map((error) => error.cause)).toEqual([failure]);
    expect(receiver.counts).toMatchObject({ requests: 0, spans: 0, rejected: 1 });
  });

  it('tells of every refusal', async () => {
    await post({}, 'x');
    await post({ host: 'evil.example' });
    expect(rejections.map((error) => error.status)).toEqual([400, 403]);
  });
});
