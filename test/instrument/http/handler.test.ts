import { SpanKind } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tracedHandler } from '../../../src/instrument/http.ts';
import { foreignSpan, idOf, outcome, parentIdOf, type Recorder, startRecorder } from '../recorder.ts';
import { ofHttp } from './server.ts';

let recorder: Recorder;

beforeEach(() => {
  recorder = startRecorder();
});
afterEach(() => recorder.stop());

describe('a handler of the Fetch API', () => {
  const handler = tracedHandler(
    async (request: Request) => {
      foreignSpan('inside');
      if (request.url.endsWith('/throws')) throw new Error('mine');
      return new Response('text', { status: request.url.endsWith('/fails') ? 500 : 200 });
    },
    { route: (request) => new URL(request.url).pathname.replace(/\d+/, ':id') },
  );

  it('has a SERVER span, as part of the trace that the request comes from', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const response = await handler(new Request('https://api.example:8443/users/7?q=1', { headers: { traceparent } }));
    expect(await response.text()).toBe('text');
    const span = recorder.span('GET /users/:id');
    expect(ofHttp(span)).toEqual({
      'http.request.method': 'GET',
      'server.address': 'api.example',
      'server.port': 8443,
      'url.path': '/users/7',
      'url.scheme': 'https',
      'http.route': '/users/:id',
      'http.response.status_code': 200,
    });
    expect([span.kind, parentIdOf(span)]).toEqual([SpanKind.SERVER, 'b7ad6b7169203331']);
    expect(parentIdOf(recorder.span('inside'))).toBe(idOf(span));
  });

  it('fails with 500, and with what it throws', async () => {
    expect((await handler(new Request('https://api.example/fails'))).status).toBe(500);
    await expect(handler(new Request('https://api.example/throws'))).rejects.toThrow('mine');
    const spans = recorder.spans.filter(({ kind }) => kind === SpanKind.SERVER);
    expect(spans.map(outcome)).toEqual(['error', 'error + exception']);
  });

  it('may be synchronous', () => {
    const sync = tracedHandler((_: Request) => new Response('text'));
    expect(sync(new Request('https://api.example/')).status).toBe(200);
    expect(recorder.span('GET').attributes['http.response.status_code']).toBe(200);
  });
});
