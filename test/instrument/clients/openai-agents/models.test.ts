import { beforeAll, describe, expect, it } from 'vitest';
import { agentsProcessor } from '../../../../src/instrument/clients/openai-agents.ts';
import { describeReleases } from '../../../support/clients.ts';
import { sleep } from '../../recorder.ts';
import { factsOf, setUp } from '../framework-setup.ts';
import { type Loose, readAll } from '../host-view.ts';
import { loadSdk, type Sdk, weather } from './sdk.ts';

const set = setUp();

const REQUEST = { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai' };
const ANSWER = { 'gen_ai.response.model': 'gpt-fake-2026-11-01', 'gen_ai.response.finish_reasons': ['stop'] };
const TOKENS = {
  'gen_ai.usage.input_tokens': 11,
  'gen_ai.usage.output_tokens': 4,
  'gen_ai.usage.cache_read.input_tokens': 5,
  'gen_ai.usage.reasoning.output_tokens': 2,
};
const RESPONSES = {
  ...REQUEST,
  ...ANSWER,
  ...TOKENS,
  'openai.api.type': 'responses',
  'gen_ai.response.id': 'resp_1',
  'openai.response.service_tier': 'default',
  'ta.turn': 1,
};
const CHAT = {
  ...REQUEST,
  ...ANSWER,
  ...TOKENS,
  'openai.api.type': 'chat_completions',
  'gen_ai.request.model': 'gpt-fake',
  'gen_ai.response.id': 'chatcmpl-1',
  'ta.turn': 1,
};
const FINGERPRINT = { 'openai.response.service_tier': 'default', 'openai.response.system_fingerprint': 'fp_fake' };

describeReleases('openai-agents', (release) => {
  let sdk: Sdk;

  beforeAll(async () => {
    sdk = await loadSdk(release);
  });

  const is018 = release.name === 'openai-agents-0.18';
  const agent = (model = 'gpt-fake', more: object = {}) => new sdk.Agent({ name: 'forecaster', model, ...more });
  /** A runner with a provider of its own: one by default is kept for the process. */
  function runner(useResponses = true, more: object = {}) {
    const openAIClient = new sdk.OpenAI({ apiKey: 'k', baseURL: set.server.baseURL, maxRetries: 0 });
    return new sdk.Runner({ modelProvider: new sdk.OpenAIProvider({ openAIClient, useResponses }), ...more });
  }
  const traced = (options = {}) => sdk.setTraceProcessors([agentsProcessor(options)]);
  const model = () => set.spans.spans.filter(({ attributes }) => attributes['gen_ai.operation.name'] === 'chat')[0]!;
  const outcomes = () =>
    set.spans.spans.map(({ name, status, attributes }) => [name, status, attributes['error.type']].filter(Boolean));

  it.each([false, true])(
    'records an answer with its tokens, and none of its content; as a stream: %s',
    async (stream) => {
      traced();
      const result = await runner().run(agent(), 'How far is the moon?', { stream });
      if (stream) await readAll(result);
      expect(factsOf(model())).toEqual(RESPONSES);
      expect([model().name, model().kind, model().status]).toEqual(['chat gpt-fake-2026-11-01', 'client', 'unset']);
    },
  );

  it.each([false, true])('records chat completions; as a stream: %s', async (stream) => {
    traced();
    const result = await runner(false).run(agent(), 'hi', { stream });
    if (stream) await readAll(result);
    // Of a stream, the SDK keeps neither of these, and the model that was asked for in place of the one that answered.
    const asStream = { ...CHAT, 'gen_ai.response.model': 'gpt-fake' };
    expect(factsOf(model())).toEqual(stream ? asStream : { ...CHAT, ...FINGERPRINT });
    expect(model().name).toBe('chat gpt-fake');
  });

  it.each<[string, string, string, object]>([
    ['429', 'RateLimitError', '429', { 'http.response.status_code': 429 }],
    ['500', 'InternalServerError', '500', { 'http.response.status_code': 500 }],
  ])('fails with a request that is refused: %s', async (fault, _class, type, facts) => {
    traced();
    await expect(runner().run(agent(`gpt-fake:${fault}`), 'hi')).rejects.toThrow('It did not work out.');
    await set.spans.settled();
    expect(outcomes()).toEqual([
      ['invoke_workflow Agent workflow', 'error', type],
      ['invoke_agent forecaster', 'error', type],
      ['turn', 'error', type],
      ['chat', 'error', type],
    ]);
    expect(model().attributes).toMatchObject(facts);
  });

  it('fails with a stream that dies', async () => {
    traced();
    const result = await runner().run(agent('gpt-fake:die'), 'hi', { stream: true });
    await expect(readAll(result)).rejects.toThrow('terminated');
    await set.spans.settled();
    expect(outcomes().map(([, ...how]) => how)).toEqual(Array.from({ length: 4 }, () => ['error', 'TypeError']));
  });

  it('ends the spans of a stream that the host leaves', async () => {
    traced();
    const result = await runner().run(agent('gpt-fake:long'), 'hi', { stream: true });
    for await (const _ of result) break;
    await set.spans.settled();
    expect(outcomes().map(([, status]) => status)).toEqual(Array.from({ length: 4 }, () => 'unset'));
    expect(model().attributes).toMatchObject({
      'ta.stopped_early': true,
      'gen_ai.request.stream': true,
      'gen_ai.response.finish_reasons': ['error'],
    });
  });

  it.each([false, true])('does not take it for a failure when the host gives up; as a stream: %s', async (stream) => {
    traced();
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 50);
    const running = runner(false).run(agent('gpt-fake:hang'), 'hi', { stream, signal: abort.signal });
    const ended = running.then(async (result: Loose) => {
      await readAll(result);
      await result.completed;
    });
    await expect(ended).rejects.toThrow('Request was aborted.');
    await set.spans.settled();
    const ends = set.spans.spans.map(({ status, attributes }) => [status, attributes['ta.stopped_early']]);
    expect(ends).toEqual(Array(4).fill(['unset', true]));
  });

  it('ends the spans of a stream that nobody reads: the SDK reads it', async () => {
    traced();
    await runner().run(agent(), 'hi', { stream: true });
    await sleep(50);
    await set.spans.settled();
    expect(factsOf(model())).toEqual(RESPONSES);
  });

  it('tells of a tool that fails', async () => {
    traced();
    const failing = () => {
      throw new RangeError('too far');
    };
    await runner().run(agent('gpt-fake', { tools: [weather(sdk, failing)] }), 'hi');
    const span = set.spans.span('execute_tool weather');
    expect([span.status, span.attributes['error.type'], span.attributes['gen_ai.tool.call.id']]).toEqual([
      'error',
      // From 0.19 on, the SDK keeps to itself what it was.
      is018 ? 'RangeError' : '_OTHER',
      'call_1_1',
    ]);
  });

  it.each([true, false])('records content where that is asked for; by the Responses API: %s', async (useResponses) => {
    const redact = (text: string) => text.replaceAll('How', '***');
    traced({ captureInput: true, captureOutput: true, redact });
    const settings = { instructions: 'Be brief.', tools: [weather(sdk)] };
    await runner(useResponses).run(agent('gpt-fake', settings), 'How is it?');
    const json = (span: Loose, key: string) => JSON.parse(String(span.attributes[key]));
    const messages = json(model(), 'gen_ai.input.messages');
    expect(messages.at(-1)).toEqual({ role: 'user', parts: [{ type: 'text', content: '*** is it?' }] });
    expect(json(model(), 'gen_ai.output.messages')).toEqual([
      {
        role: 'assistant',
        parts: [{ type: 'tool_call', id: 'call_1_1', name: 'weather', arguments: {} }],
        finish_reason: 'tool_calls',
      },
    ]);
    const tool = set.spans.span('execute_tool weather');
    expect(json(tool, 'gen_ai.tool.call.arguments')).toEqual({});
    expect(json(tool, 'gen_ai.tool.call.result')).toBe('sunny');
  });

  it('has the times of runs that are traced without their data', async () => {
    traced();
    await runner(true, { traceIncludeSensitiveData: false }).run(agent('gpt-fake', { tools: [weather(sdk)] }), 'hi');
    expect(outcomes().every(([, status]) => status === 'unset')).toBe(true);
    const asked = { ...RESPONSES, 'gen_ai.response.finish_reasons': ['tool_calls'] };
    // From 0.19 on, an answer counts as data, tokens and all.
    const times = { ...REQUEST, 'openai.api.type': 'responses', 'ta.turn': 1 };
    expect(factsOf(model())).toEqual(is018 ? asked : times);
    expect(set.spans.span('execute_tool weather').status).toBe('unset');
  });
});

describe('errors as the SDK tells them', () => {
  it.each<[object, string, string, object]>([
    [{ message: 'Error in agent run', data: { error: 'TypeError: no' } }, 'TypeError', 'no', {}],
    [{ message: 'm', data: { error: 'Error: 503 busy' } }, '503', '503 busy', { 'http.response.status_code': 503 }],
    [{ message: 'just so', data: { error: {} } }, '_OTHER', 'just so', {}],
  ])('reads %o', async (error, type, message, facts) => {
    const processor = agentsProcessor();
    const span = { spanId: 's', parentId: null, traceId: 't', spanData: { type: 'custom', name: 'c' }, error: null };
    await processor.onSpanStart(span);
    await processor.onSpanEnd(Object.assign(span, { error }));
    const recorded = set.spans.span('c');
    expect(recorded.attributes).toMatchObject({ 'error.type': type, ...facts });
    expect(recorded.statusMessage).toBe(message);
  });
});
