import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { tracedFetch } from '../../../src/instrument/http.ts';
import { session } from '../../../src/instrument/index.ts';
import { type Recorder, startRecorder } from '../recorder.ts';
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

type Headed = NonNullable<ConstructorParameters<typeof Headers>[0]>;

describe('headers', () => {
  const forms: [string, () => Headed | undefined][] = [
    ['none', () => undefined],
    ['an object', () => ({ 'x-a': '1', Baggage: 'mine=1' })],
    ['Headers', () => new Headers({ 'x-a': '1', baggage: 'mine=1' })],
    ['pairs', () => Object.entries({ 'x-a': '1', baggage: 'mine=1' })],
    ['an iterable', () => new Map(Object.entries({ 'x-a': '1', baggage: 'mine=1' })) as never],
  ];

  it.each(forms)("given as %s are copied, and the program's baggage is kept", async (name, make) => {
    const headers = make();
    const init = Object.freeze({ method: 'POST', body: 'x', ...(headers === undefined ? {} : { headers }) });
    const before = headers === undefined ? undefined : [...new Headers(headers as Headed)];
    await session('s', async () => (await traced(new URL(`${server.url}/echo`), init)).text());
    const [sent] = server.headers;
    expect(sent!.traceparent).toBe(traceparentOf(recorder.span('POST').spanContext()));
    const ours = 'gen_ai.conversation.id=s';
    if (headers === undefined) expect(sent!.baggage).toBe(ours);
    else {
      expect([sent!['x-a'], sent!.baggage], name).toEqual(['1', `mine=1,${ours}`]);
      expect([...new Headers(headers as Headed)]).toEqual(before);
    }
  });

  it('of a Request stay, and so does the Request', async () => {
    const request = new Request(`${server.url}/echo`, { method: 'PUT', body: 'body', headers: { 'x-a': '1' } });
    const response = await traced(request);
    expect([await response.text(), request.bodyUsed, request.headers.has('traceparent')]).toEqual([
      'body',
      true,
      false,
    ]);
    const [sent] = server.headers;
    expect([sent!['x-a'], sent!['content-type']]).toEqual(['1', 'text/plain;charset=UTF-8']);
    expect(sent!.traceparent).toBe(traceparentOf(recorder.span('PUT').spanContext()));
  });

  it('of options win over those of a Request, and a Request may be the options', async () => {
    const request = new Request(`${server.url}/text`, { headers: { 'x-a': '1', 'x-b': '1' } });
    await (await traced(request, { headers: { 'x-a': '2' } })).text();
    await (await traced(`${server.url}/text`, request)).text();
    expect(server.headers.map((sent) => [sent['x-a'], sent['x-b'], typeof sent.traceparent])).toEqual([
      ['2', undefined, 'string'],
      ['1', '1', 'string'],
    ]);
  });
});
