import { beforeAll, beforeEach, expect, it } from 'vitest';
import { traceOpenAI } from '../../../../src/instrument/clients/openai.ts';
import { describeReleases } from '../../../support/clients.ts';
import { SLOW_MS } from '../../../support/vendors/openai.ts';
import { durationMs, outcome } from '../../recorder.ts';
import { type Client, collectGarbage, collectUntil, loadSdk, MESSAGES, readAll, type Sdk } from './sdk.ts';
import { setUp } from './setup.ts';

const set = setUp();

const REQUEST = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-fake',
  'openai.api.type': 'chat_completions',
};

const ANSWER = {
  'gen_ai.response.id': 'chatcmpl-1',
  'gen_ai.response.model': 'gpt-fake-2026-11-01',
  'gen_ai.response.finish_reasons': ['stop'],
  'openai.response.service_tier': 'default',
  'openai.response.system_fingerprint': 'fp_fake',
};

const USAGE = {
  'gen_ai.usage.input_tokens': 11,
  'gen_ai.usage.output_tokens': 4,
  'gen_ai.usage.cache_read.input_tokens': 5,
  'gen_ai.usage.reasoning.output_tokens': 2,
};

const STREAMED = { 'gen_ai.request.stream': true, 'gen_ai.response.time_to_first_chunk': expect.any(Number) };
const BODY = { model: 'gpt-fake', messages: MESSAGES };
const STREAM = { ...BODY, stream: true };
const SLOW = { ...BODY, model: 'gpt-fake:slow' };
const WITH_USAGE = { ...STREAM, stream_options: { include_usage: true } };

describeReleases('openai', (release) => {
  let sdk: Sdk;
  let client: Client;

  beforeAll(async () => {
    sdk = await loadSdk(release);
  });

  beforeEach(() => {
    client = traceOpenAI(new sdk.OpenAI({ apiKey: 'k', baseURL: set.server.baseURL, maxRetries: 0 }));
  });

  it('records a stream up to its last chunk, with the time of the first one and the tokens', async () => {
    const stream = await client.chat.completions.create({ ...WITH_USAGE, model: 'gpt-fake:slow' });
    expect(set.recorder.spans).toEqual([]);
    const chunks = await readAll(stream);
    expect(chunks).toHaveLength(7);
    const span = set.recorder.span('chat gpt-fake:slow');
    const model = { 'gen_ai.request.model': 'gpt-fake:slow' };
    expect(span.attributes).toEqual({ ...REQUEST, ...model, ...set.endpoint, ...ANSWER, ...USAGE, ...STREAMED });
    const seconds = span.attributes['gen_ai.response.time_to_first_chunk'] as number;
    expect(seconds * 1000).toBeGreaterThanOrEqual(SLOW_MS - 2);
    expect(seconds * 1000).toBeLessThanOrEqual(durationMs(span));
    expect(outcome(span)).toBe('unset');
  });

  it('asks for no tokens that the host did not ask for', async () => {
    await readAll(await client.chat.completions.create(STREAM));
    expect(set.server.requests.at(-1)?.body).toEqual(STREAM);
    expect(set.recorder.span('chat gpt-fake').attributes).toEqual({
      ...REQUEST,
      ...set.endpoint,
      ...ANSWER,
      ...STREAMED,
    });
  });

  it('ends the span of a stream that the host leaves', async () => {
    for await (const _ of await client.chat.completions.create({ ...STREAM, model: 'gpt-fake:long' })) break;
    const span = set.recorder.span('chat gpt-fake:long');
    expect(span.attributes).toMatchObject({ 'ta.stopped_early': true, 'gen_ai.response.finish_reasons': ['error'] });
    expect(outcome(span)).toBe('unset');
  });

  it('ends the span of a stream that is stopped by its controller', async () => {
    const stream = await client.chat.completions.create({ ...STREAM, model: 'gpt-fake:long' });
    for await (const _ of stream) stream.controller.abort();
    const span = set.recorder.span('chat gpt-fake:long');
    expect(span.attributes).toMatchObject({ 'ta.stopped_early': true, 'gen_ai.response.finish_reasons': ['error'] });
  });

  it('ends the span of a stream that nobody reads, once it is collected', async () => {
    await client.chat.completions.create({ ...STREAM, model: 'gpt-fake:long' });
    await collectUntil(set.recorder, 1);
    const span = set.recorder.span('chat gpt-fake:long');
    expect(span.attributes).toMatchObject({
      'ta.incomplete': 'abandoned',
      'gen_ai.response.finish_reasons': ['error'],
    });
  });

  it('fails with a stream that dies', async () => {
    const reading = client.chat.completions.create({ ...STREAM, model: 'gpt-fake:die' }).then(readAll);
    await expect(reading).rejects.toThrow();
    const span = set.recorder.span('chat gpt-fake:die');
    expect(span.attributes).toMatchObject({
      'error.type': 'UND_ERR_SOCKET',
      'gen_ai.response.finish_reasons': ['error'],
      'gen_ai.response.id': 'chatcmpl-1',
    });
    expect(outcome(span)).toBe('error + exception');
  });

  it('fails with a stream that tells of an error', async () => {
    const reading = client.chat.completions.create({ ...STREAM, model: 'gpt-fake:error' }).then(readAll);
    await expect(reading).rejects.toThrow('The model stopped.');
    expect(set.recorder.span('chat gpt-fake:error').attributes['error.type']).toBe('server_error');
  });

  it('keeps `.withResponse()` of a stream', async () => {
    const { data } = await client.chat.completions.create(WITH_USAGE).withResponse();
    expect(await readAll(data)).toHaveLength(7);
    expect(set.recorder.span('chat gpt-fake').attributes).toMatchObject({ ...USAGE, ...STREAMED });
  });

  it('keeps `.stream()` with its events and what it puts together', async () => {
    const stream = client.chat.completions.stream(WITH_USAGE);
    const seen: string[] = [];
    for (const event of ['connect', 'content', 'finalContent', 'end']) stream.on(event, () => seen.push(event));
    const completion = await stream.finalChatCompletion();
    expect(completion.choices[0].message.content).toBe('This is an answer.');
    expect(seen).toEqual(['connect', 'content', 'content', 'content', 'content', 'finalContent', 'end']);
    expect(set.recorder.span('chat gpt-fake').attributes).toEqual({
      ...REQUEST,
      ...set.endpoint,
      ...ANSWER,
      ...USAGE,
      ...STREAMED,
    });
  });

  it('ends the span of a `.stream()` that is aborted or left', async () => {
    const aborted = client.chat.completions.stream({ ...BODY, model: 'gpt-fake:long' });
    aborted.once('chunk', () => aborted.abort());
    await expect(aborted.finalChatCompletion()).rejects.toThrow('Request was aborted.');
    const left = client.chat.completions.stream({ ...BODY, model: 'gpt-fake:long' });
    for await (const _ of left) break;
    await expect(left.done()).rejects.toThrow('Request was aborted.');
    expect(set.recorder.spans.map((span) => span.attributes['ta.stopped_early'])).toEqual([true, true]);
  });

  it.each(['tee', 'toReadableStream'])('records a stream that is read by `%s()`', async (way) => {
    const stream = await client.chat.completions.create(WITH_USAGE);
    if (way === 'tee') {
      const [left, right] = stream.tee();
      expect((await readAll(left)).length).toBe(7);
      expect((await readAll(right)).length).toBe(7);
    } else {
      const text = await new Response(stream.toReadableStream()).text();
      expect(text.trim().split('\n')).toHaveLength(7);
    }
    expect(set.recorder.span('chat gpt-fake').attributes).toMatchObject({ ...USAGE, ...STREAMED, ...ANSWER });
    expect(set.recorder.span('chat gpt-fake').attributes['ta.stopped_early']).toBeUndefined();
  });

  it.each<[string, () => Promise<unknown>]>([
    ['awaited', () => client.chat.completions.create(SLOW)],
    ['with response', () => client.chat.completions.create(SLOW).withResponse()],
    ['parsed', () => client.chat.completions.parse(SLOW)],
    ['copied', () => client.chat.completions.create(SLOW)._thenUnwrap((completion) => completion.id)],
    ['read', async () => readAll(await client.chat.completions.create({ ...SLOW, stream: true }))],
    ['in branches', async () => readAll((await client.chat.completions.create({ ...SLOW, stream: true })).tee()[0])],
    ['by a helper', () => client.chat.completions.stream(SLOW).finalContent()],
  ])('is not taken for thrown away while the host waits for it: %s', async (_way, ask) => {
    const asking = ask();
    const collecting = setInterval(() => collectGarbage(), 5);
    await asking.finally(() => clearInterval(collecting));
    const span = set.recorder.span('chat gpt-fake:slow');
    expect(span.attributes).toMatchObject({ 'gen_ai.response.finish_reasons': ['stop'] });
    expect(span.attributes['ta.incomplete']).toBeUndefined();
  });
});
