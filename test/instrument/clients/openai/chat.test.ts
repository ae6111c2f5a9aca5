import { beforeAll, beforeEach, expect, it } from 'vitest';
import { traceOpenAI } from '../../../../src/instrument/clients/openai.ts';
import { agent } from '../../../../src/instrument/index.ts';
import { describeReleases } from '../../../support/clients.ts';
import { startOpenAI } from '../../../support/vendors/openai.ts';
import { idOf, outcome, parentIdOf } from '../../recorder.ts';
import { type Client, loadSdk, MESSAGES, type Sdk, WEATHER_TOOL } from './sdk.ts';
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

const BODY = { model: 'gpt-fake', messages: MESSAGES };
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

  it('records a chat completion with its tokens, and none of its content', async () => {
    const completion = await client.chat.completions.create(BODY);
    expect(completion.choices[0].message.content).toBe('This is an answer.');
    const span = set.recorder.span('chat gpt-fake');
    expect(span.attributes).toEqual({ ...REQUEST, ...set.endpoint, ...ANSWER, ...USAGE });
    expect([span.kind, outcome(span), set.recorder.spans.length]).toEqual([2, 'unset', 1]);
  });

  it.each([
    [500, '500'],
    [429, 'rate_limit_exceeded'],
    [400, 'context_length_exceeded'],
    [404, 'model_not_found'],
  ])('fails with HTTP status %i as %s', async (status, type) => {
    const model = `gpt-fake:${status}`;
    for (const body of [BODY, STREAM]) {
      await expect(client.chat.completions.create({ ...body, model })).rejects.toMatchObject({ status });
    }
    expect(set.recorder.spans.map((span) => span.attributes['error.type'])).toEqual([type, type]);
    expect(set.recorder.spans.map((span) => span.attributes['http.response.status_code'])).toEqual([status, status]);
    expect(set.recorder.spans.map((span) => span.attributes['gen_ai.request.stream'])).toEqual([undefined, true]);
    expect(set.recorder.spans.map(outcome)).toEqual(['error + exception', 'error + exception']);
    expect(set.recorder.spans[0]!.events[0]!.attributes).toMatchObject({
      'exception.message': `${status} It did not work out.`,
    });
  });

  it('fails where nobody listens, by the code of the socket', async () => {
    const gone = await startOpenAI();
    await gone.stop();
    const nowhere = client.withOptions({ baseURL: gone.baseURL });
    await expect(nowhere.chat.completions.create(BODY)).rejects.toThrow('Connection error.');
    expect(set.recorder.span('chat gpt-fake').attributes['error.type']).toBe('ECONNREFUSED');
  });

  it('fails with a request that the host aborts, or that takes too long', async () => {
    const abort = new AbortController();
    const hanging = { ...BODY, model: 'gpt-fake:hang' };
    const aborted = client.chat.completions.create(hanging, { signal: abort.signal });
    setTimeout(() => abort.abort(), 20);
    await expect(aborted).rejects.toThrow('Request was aborted.');
    await expect(client.chat.completions.create(hanging, { timeout: 20 })).rejects.toThrow('Request timed out.');
    expect(set.recorder.spans.map((span) => span.attributes['error.type'])).toEqual([
      'APIUserAbortError',
      'APIConnectionTimeoutError',
    ]);
  });

  it('says that the client tried again, and when', async () => {
    const patient = client.withOptions({ maxRetries: 2 });
    const before = Date.now();
    await patient.chat.completions.create({ ...BODY, model: `gpt-fake:once-429:${release.name}` });
    const [span] = set.recorder.spans;
    expect(span!.attributes['ta.retried']).toBe(true);
    const [event] = span!.events;
    expect(event!.name).toBe('ta.last_attempt');
    expect(event!.time[0] * 1000 + event!.time[1] / 1e6).toBeGreaterThanOrEqual(before + 19);
    expect(set.recorder.spans).toHaveLength(1);
  });

  it('keeps `.withResponse()`', async () => {
    const { data, response, request_id } = await client.chat.completions.create(BODY).withResponse();
    expect([data.choices[0].message.content, response.status, request_id]).toEqual([
      'This is an answer.',
      200,
      'req_fake',
    ]);
    expect(set.recorder.span('chat gpt-fake').attributes).toMatchObject(USAGE);
  });

  it('ends with the headers where the host reads the response itself', async () => {
    const response = await client.chat.completions.create(BODY).asResponse();
    expect(set.recorder.span('chat gpt-fake').attributes).toEqual({ ...REQUEST, ...set.endpoint });
    expect(((await response.json()) as { id: string }).id).toBe('chatcmpl-1');
  });

  it('reads the answer of a promise that is awaited long after it is here', async () => {
    const promise = client.chat.completions.create(BODY);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(set.recorder.spans).toEqual([]);
    await promise;
    await promise;
    expect(set.recorder.span('chat gpt-fake').attributes).toMatchObject(USAGE);
  });

  it('reads the answer through copies of the promise', async () => {
    const copy = client.chat.completions.create(BODY)._thenUnwrap((completion) => completion.id as string);
    expect(copy).toBeInstanceOf(sdk.APIPromise);
    expect(await copy).toBe('chatcmpl-1');
    expect(set.recorder.span('chat gpt-fake').attributes).toMatchObject(USAGE);
  });

  it('keeps `.parse()`', async () => {
    const format = { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'object' } } };
    const parsed = await client.chat.completions.parse({ ...BODY, response_format: format });
    expect(parsed.choices[0].message.content).toBe('{"answer":42}');
    expect(set.recorder.spans).toHaveLength(1);
    expect(set.recorder.span('chat gpt-fake').attributes).toMatchObject({ ...USAGE, 'gen_ai.output.type': 'json' });
  });

  it('has a span for each request of `.runTools()`', async () => {
    const tool = { ...WEATHER_TOOL, function: { ...WEATHER_TOOL.function, function: () => 'rain', parse: JSON.parse } };
    const runner = client.chat.completions.runTools({ ...BODY, tools: [tool] });
    expect(await runner.finalContent()).toBe('This is an answer.');
    expect(set.recorder.spans.map((span) => span.attributes['gen_ai.response.finish_reasons'])).toEqual([
      ['tool_calls'],
      ['stop'],
    ]);
  });

  it('records what was asked of the model', async () => {
    await client.chat.completions.create({
      ...BODY,
      max_completion_tokens: 50,
      temperature: 0.5,
      top_p: 0.9,
      frequency_penalty: 0.1,
      presence_penalty: 0.2,
      stop: 'END',
      seed: 7,
      n: 2,
      reasoning_effort: 'low',
      service_tier: 'flex',
      response_format: { type: 'text' },
      top_logprobs: 3,
    });
    expect(set.recorder.span('chat gpt-fake').attributes).toMatchObject({
      'gen_ai.request.max_tokens': 50,
      'gen_ai.request.temperature': 0.5,
      'gen_ai.request.top_p': 0.9,
      'gen_ai.request.frequency_penalty': 0.1,
      'gen_ai.request.presence_penalty': 0.2,
      'gen_ai.request.stop_sequences': ['END'],
      'gen_ai.request.seed': 7,
      'gen_ai.request.choice.count': 2,
      'gen_ai.request.reasoning.level': 'low',
      'openai.request.service_tier': 'flex',
      'gen_ai.output.type': 'text',
      'gen_ai.response.finish_reasons': ['stop', 'stop'],
    });
    expect(set.recorder.span('chat gpt-fake').attributes['gen_ai.request.top_k']).toBeUndefined();
  });

  it('is a part of what runs, helpers included', async () => {
    const guide = agent('guide', async () => {
      await client.chat.completions.create(BODY);
      await client.chat.completions.stream(BODY).finalContent();
      for await (const _ of await client.chat.completions.create(STREAM));
    });
    await guide();
    const models = set.recorder.spans.filter((span) => span.name === 'chat gpt-fake');
    const parent = idOf(set.recorder.span('invoke_agent guide'));
    expect(models.map(parentIdOf)).toEqual([parent, parent, parent]);
  });

  it('records the older completions under the name that they have', async () => {
    const completion = await client.completions.create({ model: 'gpt-fake', prompt: 'x', max_tokens: 9 });
    expect(completion.choices[0].text).toBe('This is an answer.');
    expect(set.recorder.span('text_completion gpt-fake').attributes).toEqual({
      'gen_ai.operation.name': 'text_completion',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-fake',
      'gen_ai.request.max_tokens': 9,
      ...set.endpoint,
      ...ANSWER,
      'gen_ai.response.id': 'cmpl-1',
      ...USAGE,
    });
  });

  it('leaves other requests alone', async () => {
    expect((await client.models.list()).data).toHaveLength(1);
    expect(set.recorder.spans).toEqual([]);
  });
});
