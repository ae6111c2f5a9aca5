import { beforeAll, beforeEach, expect, it } from 'vitest';
import { traceOpenAI } from '../../../../src/instrument/clients/openai.ts';
import { describeReleases } from '../../../support/clients.ts';
import { outcome } from '../../recorder.ts';
import { type Client, collectUntil, loadSdk, readAll, type Sdk } from './sdk.ts';
import { setUp } from './setup.ts';

const set = setUp();

const REQUEST = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-fake',
  'openai.api.type': 'responses',
};

const ANSWER = {
  'gen_ai.response.id': 'resp_1',
  'gen_ai.response.model': 'gpt-fake-2026-11-01',
  'gen_ai.response.finish_reasons': ['stop'],
  'openai.response.service_tier': 'default',
  'gen_ai.usage.input_tokens': 11,
  'gen_ai.usage.output_tokens': 4,
  'gen_ai.usage.cache_read.input_tokens': 5,
  'gen_ai.usage.reasoning.output_tokens': 2,
};

const STREAMED = { 'gen_ai.request.stream': true, 'gen_ai.response.time_to_first_chunk': expect.any(Number) };
const BODY = { model: 'gpt-fake', input: 'How far is the moon?' };
const STREAM = { ...BODY, stream: true };

describeReleases('openai', (release) => {
  let sdk: Sdk;
  let client: Client;

  beforeAll(async () => {
    sdk = await loadSdk(release);
  });

  beforeEach(() => {
    client = traceOpenAI(new sdk.OpenAI({ apiKey: 'k', baseURL: set.server.baseURL, maxRetries: 0 }));
  });

  it('records what compacts a conversation, where the client has that', async () => {
    const { responses } = client;
    if (responses.compact === undefined) return;
    expect((await responses.compact(BODY)).object).toBe('response.compaction');
    expect(set.recorder.span('chat gpt-fake').attributes).toEqual({
      ...REQUEST,
      ...set.endpoint,
      'gen_ai.response.id': 'resp_1',
      'gen_ai.usage.input_tokens': 11,
      'gen_ai.usage.output_tokens': 4,
      'gen_ai.usage.cache_read.input_tokens': 5,
      'gen_ai.usage.reasoning.output_tokens': 2,
    });
  });

  it('records a response with its tokens, and none of its content', async () => {
    const response = await client.responses.create(BODY);
    expect(response.output_text).toBe('This is an answer.');
    const span = set.recorder.span('chat gpt-fake');
    expect(span.attributes).toEqual({ ...REQUEST, ...set.endpoint, ...ANSWER });
    expect(outcome(span)).toBe('unset');
  });

  it('records a stream of events up to the last one', async () => {
    const events = await readAll(await client.responses.create(STREAM));
    expect(events.at(-1).type).toBe('response.completed');
    expect(set.recorder.span('chat gpt-fake').attributes).toEqual({
      ...REQUEST,
      ...set.endpoint,
      ...ANSWER,
      ...STREAMED,
    });
  });

  it('keeps `.stream()`, `.parse()` and `.withResponse()`', async () => {
    const final = await client.responses.stream(BODY).finalResponse();
    expect(final.output[0].content[0].text).toBe('This is an answer.');
    const format = { type: 'json_schema', name: 'a', schema: { type: 'object' } };
    const parsed = await client.responses.parse({ ...BODY, text: { format } });
    expect(parsed.output_text).toBe('{"answer":42}');
    const { data, response } = await client.responses.create(BODY).withResponse();
    expect([data.id, response.status]).toEqual(['resp_1', 200]);
    expect(set.recorder.spans).toHaveLength(3);
    for (const span of set.recorder.spans) expect(span.attributes).toMatchObject({ ...REQUEST, ...ANSWER });
    expect(set.recorder.spans[1]!.attributes['gen_ai.output.type']).toBe('json');
  });

  it('ends the span of a stream that the host leaves, or never reads', async () => {
    const long = { ...STREAM, model: 'gpt-fake:long' };
    for await (const _ of await client.responses.create(long)) break;
    await client.responses.create(long);
    await collectUntil(set.recorder, 2);
    const [left, unread] = set.recorder.spans;
    expect(left!.attributes).toMatchObject({
      'ta.stopped_early': true,
      'gen_ai.response.finish_reasons': ['error'],
      'gen_ai.response.id': 'resp_1',
    });
    expect(unread!.attributes).toMatchObject({ 'ta.incomplete': 'abandoned' });
  });

  it('fails with a stream that dies, or tells of an error', async () => {
    const read = async (model: string) => readAll(await client.responses.create({ ...STREAM, model }));
    await expect(read('gpt-fake:die')).rejects.toThrow();
    await read('gpt-fake:error').catch(() => undefined);
    expect(set.recorder.spans.map((span) => span.attributes['error.type'])).toEqual(['UND_ERR_SOCKET', 'server_error']);
    expect(set.recorder.spans.map((span) => span.status.code)).toEqual([2, 2]);
    expect(set.recorder.spans[1]!.attributes['gen_ai.response.finish_reasons']).toEqual(['error']);
  });

  it.each([
    [500, '500'],
    [429, 'rate_limit_exceeded'],
  ])('fails with HTTP status %i as %s', async (status, type) => {
    await expect(client.responses.create({ ...BODY, model: `gpt-fake:${status}` })).rejects.toMatchObject({ status });
    const [span] = set.recorder.spans;
    expect(span!.attributes).toMatchObject({ 'error.type': type, 'http.response.status_code': status });
    expect(outcome(span!)).toBe('error + exception');
  });

  it('records what was asked of the model', async () => {
    await client.responses.create({
      ...BODY,
      max_output_tokens: 50,
      temperature: 0.5,
      top_p: 0.9,
      reasoning: { effort: 'high' },
      previous_response_id: 'resp_0',
      service_tier: 'priority',
      text: { format: { type: 'text' } },
    });
    await client.responses.create({ ...BODY, conversation: { id: 'conv_1' } });
    const [first, second] = set.recorder.spans;
    expect(first!.attributes).toMatchObject({
      'gen_ai.request.max_tokens': 50,
      'gen_ai.request.temperature': 0.5,
      'gen_ai.request.top_p': 0.9,
      'gen_ai.request.reasoning.level': 'high',
      'gen_ai.request.previous_response.id': 'resp_0',
      'openai.request.service_tier': 'priority',
      'gen_ai.output.type': 'text',
    });
    expect(first!.attributes['gen_ai.conversation.id']).toBeUndefined();
    expect(second!.attributes['gen_ai.conversation.id']).toBe('conv_1');
  });

  it('records responses of the beta, where the client has them', async () => {
    if (client.beta.responses === undefined) return;
    await client.beta.responses.create(BODY);
    expect(set.recorder.span('chat gpt-fake').attributes).toMatchObject({ ...REQUEST, ...ANSWER });
  });
});
