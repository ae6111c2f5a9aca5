import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { traceAiSdk } from '../../../../src/instrument/clients/ai-sdk.ts';
import { agent, telemetryErrors, tool } from '../../../../src/instrument/index.ts';
import { describeReleases } from '../../../support/clients.ts';
import { type FakeOpenAI, startOpenAI } from '../../../support/vendors/openai.ts';
import { attributesOf, idOf, outcome, parentIdOf, type Recorder, startRecorder } from '../../recorder.ts';
import type { Loose } from '../host-view.ts';
import { isVersion7, loadSdk, type Sdk, telemetryOf, weatherTools } from './sdk.ts';

let server: FakeOpenAI;
let recorder: Recorder;
let errorsBefore: number;

beforeAll(async () => {
  server = await startOpenAI();
});
afterAll(() => server.stop());

beforeEach(() => {
  recorder = startRecorder();
  errorsBefore = telemetryErrors();
});

afterEach(async () => {
  await recorder.stop();
  expect(telemetryErrors() - errorsBefore).toBe(0);
});

const CHAT = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-fake',
  'gen_ai.response.id': 'chatcmpl-1',
  'gen_ai.response.model': 'gpt-fake-2026-11-01',
  'gen_ai.response.finish_reasons': ['stop'],
  'gen_ai.usage.input_tokens': 11,
  'gen_ai.usage.output_tokens': 4,
  'gen_ai.usage.cache_read.input_tokens': 5,
  'gen_ai.usage.reasoning.output_tokens': 2,
};

describeReleases('ai', (release) => {
  let sdk: Sdk;
  let openai: Loose;
  let endpoint: object;

  beforeAll(async () => {
    sdk = await loadSdk(release);
    openai = sdk.createOpenAI({ apiKey: 'k', baseURL: server.baseURL });
    // Only the newest providers tell where they send a request.
    const address = { 'server.address': '127.0.0.1', 'server.port': Number(new URL(server.baseURL).port) };
    endpoint = isVersion7(release) ? address : {};
  });

  const ask = (model = 'gpt-fake') => ({ model: openai.chat(model), prompt: 'How far is the moon?' });
  const spansNamed = (name: string) => recorder.spans.filter((span) => span.name === name);

  it('records a call as a step with its model call, and none of its content', async () => {
    const { text } = await sdk.generateText({ ...ask(), ...telemetryOf(release) });
    expect(text).toBe('This is an answer.');
    const root = recorder.span('generateText');
    const chat = recorder.span('chat gpt-fake');
    expect(chat.attributes).toEqual({ ...CHAT, ...endpoint });
    expect([attributesOf(root), parentIdOf(chat), recorder.spans.length]).toEqual([{}, idOf(root), 2]);
    expect([chat.kind, root.kind, outcome(root)]).toEqual([2, 0, 'unset']);
  });

  it('records what was asked of the model', async () => {
    const settings = { maxOutputTokens: 9, temperature: 0.5, topP: 0.9, stopSequences: ['x'] };
    await sdk.generateText({ ...ask(), ...settings, ...telemetryOf(release) });
    expect(recorder.span('chat gpt-fake').attributes).toMatchObject({
      'gen_ai.request.max_tokens': 9,
      'gen_ai.request.temperature': 0.5,
      'gen_ai.request.top_p': 0.9,
      'gen_ai.request.stop_sequences': ['x'],
    });
  });

  it('names an agent by its function id, with its steps and tools', async () => {
    const options = { tools: weatherTools(sdk, () => 'sunny'), stopWhen: sdk.stepCountIs(5) };
    await sdk.generateText({ ...ask(), ...options, ...telemetryOf(release, { functionId: 'planner' }) });
    const root = recorder.span('invoke_agent planner');
    const [first, second] = spansNamed('chat gpt-fake');
    const weather = recorder.span('execute_tool weather');
    expect(attributesOf(root)).toEqual({
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'planner',
      'gen_ai.provider.name': 'openai',
    });
    expect(first!.attributes['gen_ai.response.finish_reasons']).toEqual(['tool-calls']);
    expect(second!.attributes).toEqual({ ...CHAT, ...endpoint, 'ta.turn': 2 });
    expect(weather.attributes).toEqual({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'weather',
      'gen_ai.tool.type': 'function',
      'gen_ai.tool.call.id': 'call_1_1',
      'ta.turn': 1,
      'ta.args_hash': expect.stringMatching(/^[0-9a-f]{16}$/),
      'ta.result_hash': expect.stringMatching(/^[0-9a-f]{16}$/),
      'ta.result_bytes': 7,
    });
    expect(weather.links.map((link) => link.context.spanId)).toEqual([idOf(first!)]);
    const steps = spansNamed('step');
    const [one, two] = isVersion7(release) ? steps : [root, root];
    expect([first!, weather, second!].map(parentIdOf)).toEqual([idOf(one!), idOf(one!), idOf(two!)]);
    expect(steps.map((step) => [parentIdOf(step), step.attributes['ta.turn']])).toEqual(
      isVersion7(release) ? [1, 2].map((turn) => [idOf(root), turn]) : [],
    );
    expect(recorder.spans).toHaveLength(isVersion7(release) ? 6 : 4);
  });

  it('reads the responses API, too', async () => {
    const options = { tools: weatherTools(sdk, () => 'sunny'), stopWhen: sdk.stepCountIs(5) };
    await sdk.generateText({ ...ask(), model: openai.responses('gpt-fake'), ...options, ...telemetryOf(release) });
    const chats = spansNamed('chat gpt-fake');
    expect(chats.map((chat) => chat.attributes['gen_ai.usage.reasoning.output_tokens'])).toEqual([2, 2]);
    expect(chats.map((chat) => chat.attributes['gen_ai.response.id'])).toEqual(['resp_1', 'resp_1']);
  });

  it('hangs what a tool does below the tool, and what surrounds the call above it', async () => {
    const look = tool('look', async () => 'sunny');
    const options = { tools: weatherTools(sdk, look), stopWhen: sdk.stepCountIs(5) };
    await agent('host', () => sdk.generateText({ ...ask(), ...options, ...telemetryOf(release) }))();
    expect(parentIdOf(recorder.span('execute_tool look'))).toBe(idOf(recorder.span('execute_tool weather')));
    expect(parentIdOf(recorder.span('generateText'))).toBe(idOf(recorder.span('invoke_agent host')));
  });

  it('records that a tool failed, which the SDK tells the model and nobody else', async () => {
    const failing = () => {
      throw new TypeError('no weather today');
    };
    const options = { tools: weatherTools(sdk, failing), stopWhen: sdk.stepCountIs(5) };
    await sdk.generateText({ ...ask(), ...options, ...telemetryOf(release, { functionId: 'planner' }) });
    const weather = recorder.span('execute_tool weather');
    expect([weather.attributes['error.type'], outcome(weather)]).toEqual(['TypeError', 'error + exception']);
    expect(outcome(recorder.span('invoke_agent planner'))).toBe('unset');
  });

  it.each([
    [400, 'context_length_exceeded'],
    [429, 'rate_limit_exceeded'],
    [500, 'server_error'],
  ])('records each refused request and the failed run: %i', async (status, type) => {
    const model = `gpt-fake:${status}`;
    const failing = sdk.generateText({ ...ask(model), maxRetries: status === 429 ? 1 : 0, ...telemetryOf(release) });
    await expect(failing).rejects.toThrow('It did not work out.');
    const chats = spansNamed(`chat ${model}`);
    expect(chats).toHaveLength(status === 429 ? 2 : 1);
    for (const span of [...chats, recorder.span('generateText')]) {
      expect(span.attributes).toMatchObject({ 'error.type': type, 'http.response.status_code': status });
      expect(span.attributes['server.address']).toBe('127.0.0.1');
      expect(outcome(span)).toBe('error + exception');
    }
  });

  it('records objects', async () => {
    const schema = sdk.z.object({ answer: sdk.z.number() });
    const { object } = await sdk.generateObject({ ...ask(), schema, ...telemetryOf(release) });
    const streamed = sdk.streamObject({ ...ask(), schema, ...telemetryOf(release) });
    for await (const _ of streamed.partialObjectStream);
    expect([object, await streamed.object]).toEqual([{ answer: 42 }, { answer: 42 }]);
    const [first, second] = spansNamed('chat gpt-fake');
    expect(first!.attributes).toEqual({ ...CHAT, ...endpoint });
    expect(second!.attributes).toEqual({
      ...CHAT,
      ...endpoint,
      'gen_ai.request.stream': true,
      'gen_ai.response.time_to_first_chunk': expect.any(Number),
    });
    expect(parentIdOf(first!)).toBe(idOf(recorder.span('generateObject')));
    expect(parentIdOf(second!)).toBe(idOf(recorder.span('streamObject')));
  });

  it('records embeddings with the number of texts', async () => {
    const model = openai.embedding('embed-fake');
    await sdk.embed({ model, value: 'a', ...telemetryOf(release) });
    await sdk.embedMany({ model, values: ['a', 'b', 'c'], ...telemetryOf(release) });
    const [one, many] = spansNamed('embeddings embed-fake');
    const common = {
      'gen_ai.operation.name': 'embeddings',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'embed-fake',
      'gen_ai.usage.input_tokens': 7,
    };
    expect(one!.attributes).toEqual({ ...common, 'ta.batch_size': 1 });
    expect(many!.attributes).toEqual({ ...common, 'ta.batch_size': 3 });
    expect(parentIdOf(one!)).toBe(idOf(recorder.span('embed')));
    expect(parentIdOf(many!)).toBe(idOf(recorder.span('embedMany')));
  });

  it('records that embeddings were refused, each attempt', async () => {
    const model = (name: string) => ({ model: openai.embedding(name), values: ['a', 'b'], ...telemetryOf(release) });
    await expect(sdk.embedMany({ ...model('embed-fake:500'), maxRetries: 0 })).rejects.toThrow();
    await sdk.embedMany({ ...model(`${release.name}:once-429`), maxRetries: 1 });
    expect(spansNamed('embeddings embed-fake:500').map(outcome)).toEqual(['error + exception']);
    expect(recorder.spans[0]!.attributes['error.type']).toBe('server_error');
    expect(spansNamed(`embeddings ${release.name}:once-429`).map(outcome)).toEqual(['error + exception', 'unset']);
    expect(spansNamed('embedMany').map(outcome)).toEqual(['error + exception', 'unset']);
  });

  // Version 5 has no reranking.
  if (release.name !== 'ai-5') {
    it('records a reranking as one call', async () => {
      const doRerank = async () => ({ ranking: [{ index: 1, relevanceScore: 0.5 }] });
      const specificationVersion = isVersion7(release) ? 'v4' : 'v3';
      const model = { specificationVersion, provider: 'cohere.reranking', modelId: 'rerank-fake', doRerank };
      await sdk.rerank!({ model, documents: ['a', 'b'], query: 'q', ...telemetryOf(release) });
      const span = recorder.span('rerank rerank-fake');
      expect(span.attributes).toEqual({
        'gen_ai.operation.name': 'rerank',
        'gen_ai.provider.name': 'cohere',
        'gen_ai.request.model': 'rerank-fake',
      });
      expect([span.kind, recorder.spans.length]).toEqual([2, 1]);
    });
  }

  it('records prompts, answers and what tools were given only where it was asked for', async () => {
    const options = { tools: weatherTools(sdk, () => ({ sky: 'blue' })), stopWhen: sdk.stepCountIs(5) };
    const both = { captureInput: true, captureOutput: true };
    await sdk.generateText({ ...ask(), system: 'Be brief.', ...options, ...telemetryOf(release, both) });
    const [, last] = spansNamed('chat gpt-fake');
    const input = JSON.stringify(last!.attributes['gen_ai.input.messages']);
    expect(input).toContain('How far is the moon?');
    expect(input).toContain('blue');
    expect(JSON.parse(last!.attributes['gen_ai.output.messages'] as string)).toEqual([
      { role: 'assistant', parts: [{ type: 'text', content: 'This is an answer.' }], finish_reason: 'stop' },
    ]);
    const weather = recorder.span('execute_tool weather');
    expect(weather.attributes['gen_ai.tool.call.arguments']).toBe('{}');
    expect(weather.attributes['gen_ai.tool.call.result']).toBe('{"sky":"blue"}');
  });

  it('records nothing where the call was not given telemetry', async () => {
    await sdk.generateText(ask());
    expect(recorder.spans).toEqual([]);
  });

  it('has one span for each call where one telemetry is given to many at a time', async () => {
    const shared = telemetryOf(release, { functionId: 'planner' });
    const options = { tools: weatherTools(sdk, () => 'sunny'), stopWhen: sdk.stepCountIs(5) };
    await Promise.all([1, 2, 3].map(() => sdk.generateText({ ...ask(), ...options, ...shared })));
    const roots = new Set(spansNamed('invoke_agent planner').map(idOf));
    expect(roots.size).toBe(3);
    const parents = spansNamed(isVersion7(release) ? 'step' : 'chat gpt-fake').map(parentIdOf);
    expect(parents).toHaveLength(6);
    for (const root of roots) expect(parents.filter((parent) => parent === root)).toHaveLength(2);
  });

  if (isVersion7(release))
    describe('for the whole program', () => {
      const registry = globalThis as { AI_SDK_TELEMETRY_INTEGRATIONS?: unknown };
      beforeAll(() => {
        traceAiSdk();
        traceAiSdk();
      });
      afterAll(() => {
        registry.AI_SDK_TELEMETRY_INTEGRATIONS = [];
      });

      it('records every call, once', async () => {
        await sdk.generateText(ask());
        await sdk.generateText({ ...ask(), telemetry: { functionId: 'planner' } });
        await sdk.generateText({ ...ask(), ...telemetryOf(release) });
        expect(recorder.spans.map((span) => span.name)).toEqual([
          'chat gpt-fake',
          'generateText',
          'chat gpt-fake',
          'invoke_agent planner',
          'chat gpt-fake',
          'generateText',
        ]);
      });

      it('leaves alone what is switched off', async () => {
        await sdk.generateText({ ...ask(), telemetry: { isEnabled: false } });
        expect(recorder.spans).toEqual([]);
      });
    });
});
