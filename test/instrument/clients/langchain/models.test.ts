import { beforeAll, expect, it } from 'vitest';
import { langchainHandler } from '../../../../src/instrument/clients/langchain.ts';
import { describeReleases } from '../../../support/clients.ts';
import { SLOW_MS } from '../../../support/vendors/openai.ts';
import { sleep } from '../../recorder.ts';
import { factsOf, setUp } from '../framework-setup.ts';
import { collectGarbage, collectUntil, type Loose, readAll } from '../host-view.ts';
import { chat, is02, loadSdk, type Sdk, weather } from './sdk.ts';

const set = setUp();

const REQUEST = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-fake',
};
const DEFAULTS_02 = {
  'gen_ai.request.temperature': 1,
  'gen_ai.request.top_p': 1,
  'gen_ai.request.frequency_penalty': 0,
  'gen_ai.request.presence_penalty': 0,
};
const ANSWER = { 'gen_ai.response.id': 'chatcmpl-1', 'gen_ai.response.finish_reasons': ['stop'] };
const TOKENS = { 'gen_ai.usage.input_tokens': 11, 'gen_ai.usage.output_tokens': 4 };
const PARTS = { 'gen_ai.usage.cache_read.input_tokens': 5, 'gen_ai.usage.reasoning.output_tokens': 2 };
const SERVED = { 'gen_ai.response.model': 'gpt-fake-2026-11-01' };
const FINGERPRINT = { 'openai.response.system_fingerprint': 'fp_fake' };

describeReleases('langchain', (release) => {
  let sdk: Sdk;
  /** What only newer versions tell. */
  const newer = (facts: object) => (is02(release) ? {} : facts);
  /** How a graph ends that is left: the one of version 1 tells so, that of 0.3 comes to its end unseen. */
  const leaving = { 'langchain-1': true, 'langchain-0.2': 'abandoned' }[release.name];
  const defaults = is02(release) ? DEFAULTS_02 : {};

  beforeAll(async () => {
    sdk = await loadSdk(release);
  });

  const handled = (options = {}) => ({ callbacks: [langchainHandler(options)] });
  const model = (name?: string, more?: object) => chat(sdk, set.server.baseURL, name, more);

  it('records a chat with its tokens, and none of its content', async () => {
    await model().invoke('How far is the moon?', handled());
    const span = set.spans.span('chat gpt-fake');
    expect(factsOf(span)).toEqual({
      ...REQUEST,
      ...defaults,
      ...set.endpoint,
      ...ANSWER,
      ...TOKENS,
      ...newer({ ...PARTS, ...SERVED }),
      ...FINGERPRINT,
    });
    expect([span.kind, span.status, span.events]).toEqual(['client', 'unset', []]);
  });

  it('records what is asked for', async () => {
    const settings = { temperature: 0.5, topP: 0.25, maxTokens: 7, frequencyPenalty: 0.5, presencePenalty: 0.75, n: 2 };
    await model('gpt-fake', settings).invoke('hi', { ...handled(), stop: ['END'] });
    expect(set.spans.span('chat gpt-fake').attributes).toMatchObject({
      'gen_ai.request.temperature': 0.5,
      'gen_ai.request.top_p': 0.25,
      'gen_ai.request.max_tokens': 7,
      'gen_ai.request.frequency_penalty': 0.5,
      'gen_ai.request.presence_penalty': 0.75,
      'gen_ai.request.choice.count': 2,
      'gen_ai.request.stop_sequences': ['END'],
      'gen_ai.response.finish_reasons': ['stop', 'stop'],
    });
  });

  it('records a stream up to its end, with the time of the first piece', async () => {
    const stream = await model('gpt-fake:slow', { streamUsage: true }).stream('hi', handled());
    expect(set.spans.spans).toEqual([]);
    const { length } = await readAll(stream);
    expect(length).toBeGreaterThanOrEqual(6);
    const span = set.spans.span('chat gpt-fake:slow');
    expect(factsOf(span)).toEqual({
      ...REQUEST,
      'gen_ai.request.model': 'gpt-fake:slow',
      ...defaults,
      ...set.endpoint,
      ...ANSWER,
      ...TOKENS,
      ...newer({ ...PARTS, ...SERVED, 'openai.response.service_tier': 'default' }),
      ...FINGERPRINT,
      'gen_ai.request.stream': true,
      'gen_ai.response.time_to_first_chunk': expect.any(Number),
    });
    const ms = (span.attributes['gen_ai.response.time_to_first_chunk'] as number) * 1000;
    expect(ms).toBeGreaterThanOrEqual(SLOW_MS - 2);
    expect(ms).toBeLessThanOrEqual(span.durationMs);
  });

  it('ends the span of a stream that the host leaves once it is collected, where something happened last', async () => {
    let count = 0;
    for await (const _ of await model('gpt-fake:long').stream('hi', handled())) if (++count === 3) break;
    await collectUntil(set.spans, 1);
    const { attributes, status } = set.spans.span('chat gpt-fake:long');
    expect(attributes).toMatchObject({ 'ta.incomplete': 'abandoned', 'gen_ai.response.finish_reasons': ['error'] });
    expect(status).toBe('unset');
  });

  it('ends the span of a stream that nobody reads once it is collected', async () => {
    await model('gpt-fake:long').stream('hi', handled());
    await collectUntil(set.spans, 1);
    expect(set.spans.span('chat gpt-fake:long').attributes['ta.incomplete']).toBe('abandoned');
  });

  it('is not taken for thrown away while the host waits for it', async () => {
    const asking = model('gpt-fake:slow').invoke('hi', handled());
    const collecting = setInterval(collectGarbage, 20);
    await asking.finally(() => clearInterval(collecting));
    expect(set.spans.span('chat gpt-fake:slow').attributes['ta.incomplete']).toBeUndefined();
  });

  it('fails with a stream that dies', async () => {
    const reading = model('gpt-fake:die').stream('hi', handled()).then(readAll);
    await expect(reading).rejects.toThrow();
    const { attributes, status } = set.spans.span('chat gpt-fake:die');
    expect(attributes).toMatchObject({
      'error.type': is02(release) ? 'ERR_STREAM_PREMATURE_CLOSE' : 'UND_ERR_SOCKET',
      'gen_ai.response.finish_reasons': ['error'],
    });
    expect(status).toBe('error');
  });

  it.each<[string, string, object]>([
    ['429', 'rate_limit_exceeded', { 'http.response.status_code': 429 }],
    ['500', '500', { 'http.response.status_code': 500 }],
  ])('fails with a request that is refused: %s', async (fault, type, facts) => {
    await expect(model(`gpt-fake:${fault}`).invoke('hi', handled())).rejects.toThrow('It did not work out.');
    const { attributes, status, events } = set.spans.span(`chat gpt-fake:${fault}`);
    expect(attributes).toMatchObject({ 'error.type': type, ...facts });
    expect([status, events.map(({ name }) => name)]).toEqual(['error', ['exception']]);
  });

  it('does not take it for a failure when the host gives up', async () => {
    const abort = new AbortController();
    const asking = model('gpt-fake:hang').invoke('hi', { ...handled(), signal: abort.signal });
    setTimeout(() => abort.abort(), 50);
    await expect(asking).rejects.toThrow();
    await set.spans.settled();
    const { attributes, status } = set.spans.span('chat gpt-fake:hang');
    expect([attributes['ta.stopped_early'], attributes['error.type'], status]).toEqual([true, undefined, 'unset']);
  });

  it('ends the spans of a graph whose stream the host leaves', async () => {
    const graph = sdk.createReactAgent({ llm: model('gpt-fake:long'), tools: [] });
    const leave = async (streamMode: string) => {
      for await (const _ of await graph.stream({ messages: ['hi'] }, { ...handled(), streamMode })) break;
    };
    await leave('values');
    // What is in it may be collected before it.
    const ofGraph = () => set.spans.spans.filter(({ name }) => name === 'invoke_workflow LangGraph');
    await collectUntil(
      {
        get spans() {
          return ofGraph();
        },
      },
      1,
    );
    const { status, attributes } = set.spans.span('invoke_workflow LangGraph');
    expect([status, attributes['ta.stopped_early'] ?? attributes['ta.incomplete']]).toEqual(['unset', leaving]);
    if (release.name !== 'langchain-1') return;
    set.spans.clear();
    await leave('messages');
    await set.spans.settled();
    const ends = set.spans.spans.map((span) => [span.name, span.status, span.attributes['ta.stopped_early']]);
    expect(ends).toEqual(
      ['invoke_workflow LangGraph', 'agent', 'chat gpt-fake:long'].map((name) => [name, 'unset', true]),
    );
  });

  it('does not take it for a failure when the host gives up between two pieces', async () => {
    const abort = new AbortController();
    const reader = { name: 'reader', lc_prefer_streaming: true, handleLLMNewToken: () => abort.abort() };
    const callbacks = [...handled().callbacks, reader];
    const patient = new sdk.FakeListChatModel({ responses: ['a long answer'], sleep: 5 });
    // Only version 1 stops there.
    const outcome = patient.invoke('hi', { callbacks, signal: abort.signal }).catch(({ name }: Error) => name);
    if (release.name === 'langchain-1') expect(await outcome).toBe('ModelAbortError');
    else await outcome;
    const { attributes, status } = set.spans.span('chat');
    const isLeft = release.name === 'langchain-1' ? true : undefined;
    expect([attributes['ta.stopped_early'], attributes['error.type'], status]).toEqual([isLeft, undefined, 'unset']);
  });

  it('ends a graph that is left without telling when something happened in it last', async () => {
    const handler = langchainHandler();
    const tell = () => {
      handler.handleChainStart({ id: ['langgraph', 'Pregel'], name: 'bot' }, {}, 'g', undefined, [], {});
      handler.handleChatModelStart({}, [], 'm', 'g', {}, [], {});
      handler.handleLLMEnd({}, 'm');
    };
    tell();
    await sleep(50);
    const laterMs = performance.timeOrigin + performance.now();
    await collectUntil(set.spans, 2);
    const graph = set.spans.span('invoke_agent bot');
    expect(graph.attributes['ta.incomplete']).toBe('abandoned');
    const [chatSpan] = graph.children;
    const endOf = (span: { startMs: number; durationMs: number } = graph) => span.startMs + span.durationMs;
    expect(endOf()).toBeLessThan(laterMs);
    expect(endOf()).toBeGreaterThanOrEqual(endOf(chatSpan));
  });

  it('records several prompts one by one', async () => {
    await model().batch(['a', 'b'], handled());
    await model().generate([['c'], ['d']], undefined, handled().callbacks);
    expect(set.spans.spans.map(({ name, attributes }) => [name, attributes['gen_ai.usage.input_tokens']])).toEqual(
      Array.from({ length: 4 }, () => ['chat gpt-fake', 11]),
    );
  });

  it('records completions of texts', async () => {
    const options = { model: 'gpt-fake', apiKey: 'k', configuration: { baseURL: set.server.baseURL } };
    await new sdk.OpenAI(options).invoke('hi', handled());
    expect(set.spans.span('text_completion gpt-fake').attributes).toMatchObject({
      'gen_ai.operation.name': 'text_completion',
      'gen_ai.response.finish_reasons': ['stop'],
      ...TOKENS,
    });
  });

  it('records a model that tells nothing of itself, and guesses nothing', async () => {
    await new sdk.FakeListChatModel({ responses: ['yes'] }).invoke('hi', handled());
    expect(factsOf(set.spans.span('chat'))).toEqual({ 'gen_ai.operation.name': 'chat' });
  });

  it('records content where that is asked for', async () => {
    const { SystemMessage, HumanMessage } = sdk as Loose;
    const options = handled({
      captureInput: true,
      captureOutput: true,
      provider: 'ollama',
      attributes: { team: 'sky' },
      redact: (text: string) => text.replaceAll('How', '***'),
    });
    const messages = [new SystemMessage('Be brief.'), new HumanMessage('How is it?')];
    const llm = model().bindTools([weather(sdk)]);
    const asked = await llm.invoke(messages, options);
    await weather(sdk).invoke({ ...asked.tool_calls[0], type: 'tool_call' }, options);
    const json = (name: string, key: string) => JSON.parse(String(set.spans.span(name).attributes[key]));
    expect(json('chat gpt-fake', 'gen_ai.input.messages')).toEqual([
      { role: 'system', parts: [{ type: 'text', content: 'Be brief.' }] },
      { role: 'user', parts: [{ type: 'text', content: '*** is it?' }] },
    ]);
    expect(json('chat gpt-fake', 'gen_ai.tool.definitions')[0].function.name).toBe('weather');
    expect(json('chat gpt-fake', 'gen_ai.output.messages')).toEqual([
      {
        role: 'assistant',
        parts: [{ type: 'tool_call', id: 'call_1_1', name: 'weather', arguments: {} }],
        finish_reason: 'tool_calls',
      },
    ]);
    expect(json('execute_tool weather', 'gen_ai.tool.call.arguments')).toEqual({});
    expect(json('execute_tool weather', 'gen_ai.tool.call.result')).toBe('sunny');
    expect(set.spans.spans.map(({ attributes }) => attributes.team)).toEqual(['sky', 'sky']);
    expect(set.spans.span('chat gpt-fake').attributes['gen_ai.provider.name']).toBe('ollama');
  });

  if (!is02(release)) {
    it.each(['invoke', 'stream'])('records the newer API of OpenAI: %s', async (way) => {
      const llm = model('gpt-fake', { useResponsesApi: true });
      if (way === 'invoke') await llm.invoke('hi', handled());
      else await readAll(await llm.stream('hi', handled()));
      expect(set.spans.span('chat gpt-fake').attributes).toMatchObject({
        'gen_ai.response.id': 'resp_1',
        'gen_ai.response.finish_reasons': ['stop'],
        ...SERVED,
        ...TOKENS,
        ...PARTS,
      });
    });
  }
});
