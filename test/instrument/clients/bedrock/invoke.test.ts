import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { traceBedrock } from '../../../../src/instrument/clients/bedrock.ts';
import { telemetryErrors } from '../../../../src/instrument/index.ts';
import { askerOf } from '../../../../src/instrument/tool-calls.ts';
import { describeReleases } from '../../../support/clients.ts';
import type { Vendor } from '../../../support/vendors/vendor.ts';
import { idOf, outcome, type Recorder, startRecorder } from '../../recorder.ts';
import { collectUntil, readAll } from '../host-view.ts';
import { type Client, loadSdk, type Sdk, settingsFor, startFor } from './sdk.ts';

let recorder: Recorder;
let errorsBefore: number;

beforeEach(() => {
  recorder = startRecorder();
  errorsBefore = telemetryErrors();
});

afterEach(async () => {
  await recorder.stop();
  expect(telemetryErrors() - errorsBefore).toBe(0);
});

const CHAT = { messages: [{ role: 'user', content: 'hi' }], max_tokens: 9, temperature: 0.5, top_k: 3 };
const PLAIN = { input: 11, output: 4 };
const CACHED = { input: 18, output: 4, cacheRead: 5, cacheWrite: 2 };

/** Model, body, span, finish reason, tokens; the server tells 11 and 4 in headers for all of them. */
const FAMILIES = [
  ['anthropic.claude-fake', CHAT, 'chat', 'tool_use', CACHED],
  ['amazon.nova-fake', { messages: CHAT.messages }, 'chat', 'end_turn', CACHED],
  ['amazon.titan-text-fake', { inputText: 'hi' }, 'text_completion', 'FINISH', PLAIN],
  ['meta.llama-fake', { prompt: 'hi' }, 'text_completion', 'stop', PLAIN],
  ['mistral.fake', { prompt: 'hi' }, 'text_completion', 'stop', PLAIN],
  ['openai.fake', CHAT, 'chat', 'stop', PLAIN],
] as const;

describeReleases('bedrock', (release) => {
  let sdk: Sdk;
  let server: Vendor;
  let client: Client;

  beforeAll(async () => {
    [sdk, server] = [await loadSdk(release), await startFor(release)];
  });
  afterAll(() => server.stop());

  beforeEach(() => {
    client = traceBedrock(new sdk.BedrockRuntimeClient(settingsFor(server)));
  });
  afterEach(() => client.destroy());

  const invoke = (modelId: string, body: unknown, options: object = {}) =>
    client.send(new sdk.InvokeModelCommand({ modelId, body: JSON.stringify(body), ...options }));
  const streamed = async (modelId: string, body: unknown) =>
    (await client.send(new sdk.InvokeModelWithResponseStreamCommand({ modelId, body: JSON.stringify(body) }))).body;

  const usage = () => {
    const { attributes } = recorder.spans[0]!;
    const entries = {
      input: attributes['gen_ai.usage.input_tokens'],
      output: attributes['gen_ai.usage.output_tokens'],
      cacheRead: attributes['gen_ai.usage.cache_read.input_tokens'],
      cacheWrite: attributes['gen_ai.usage.cache_write.input_tokens'],
    };
    return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));
  };

  it.each(FAMILIES)('reads the format of %s', async (model, body, operation, finish, tokens) => {
    await invoke(model, body);
    const span = recorder.span(`${operation} ${model}`);
    expect(span.attributes['gen_ai.response.finish_reasons']).toEqual([finish]);
    expect(usage()).toEqual(tokens);
    expect(JSON.stringify(span.attributes)).not.toContain('This is');
  });

  it('records what a body asks and what the model calls itself', async () => {
    await invoke('anthropic.claude-fake', CHAT);
    expect(recorder.span('chat anthropic.claude-fake').attributes).toMatchObject({
      'gen_ai.request.max_tokens': 9,
      'gen_ai.request.temperature': 0.5,
      'gen_ai.request.top_k': 3,
      'gen_ai.response.id': 'msg_1',
      'gen_ai.response.model': 'claude-fake-20261101',
    });
    expect(askerOf('toolu_1')?.spanId).toBe(idOf(recorder.spans[0]!));
  });

  it('reads a body of bytes', async () => {
    const body = new TextEncoder().encode(JSON.stringify(CHAT));
    await client.send(new sdk.InvokeModelCommand({ modelId: 'anthropic.claude-fake', body }));
    expect(recorder.span('chat anthropic.claude-fake').attributes['gen_ai.request.max_tokens']).toBe(9);
  });

  it.each([
    ['anthropic.claude-fake', CHAT, 'chat', 'tool_use'],
    ['meta.llama-fake', { prompt: 'hi' }, 'text_completion', 'stop'],
  ])('reads the stream of %s', async (model, body, operation, finish) => {
    await readAll(await streamed(model, body));
    const span = recorder.span(`${operation} ${model}`);
    expect(span.attributes).toMatchObject({
      'gen_ai.request.stream': true,
      'gen_ai.response.time_to_first_chunk': expect.any(Number),
      'gen_ai.response.finish_reasons': [finish],
    });
    expect(usage()).toEqual(CACHED);
  });

  it('ends the span of a stream that is left or that dies', async () => {
    for await (const _ of await streamed('anthropic.fake:long', CHAT)) break;
    await expect(streamed('anthropic.fake:die', CHAT).then(readAll)).rejects.toThrow();
    expect(recorder.spans.map((span) => [span.attributes['gen_ai.response.finish_reasons'], outcome(span)])).toEqual([
      [['error'], 'unset'],
      [['error'], 'error + exception'],
    ]);
    expect(recorder.spans[0]!.attributes['ta.stopped_early']).toBe(true);
  });

  it('ends the span of a stream that nobody reads, once it is collected', async () => {
    await streamed('anthropic.fake', CHAT);
    await collectUntil(recorder, 1);
    expect(recorder.span('chat anthropic.fake').attributes).toMatchObject({
      'ta.incomplete': 'abandoned',
      'gen_ai.response.finish_reasons': ['error'],
    });
  });

  it.each([
    ['amazon.titan-embed-text-v2:0', { inputText: 'hi', dimensions: 256 }, 1, 256],
    ['amazon.nova-2-multimodal-embeddings-v1:0', { taskType: 'SINGLE_EMBEDDING' }, 1, undefined],
    ['cohere.embed-english-v3', { texts: ['a', 'b', 'c'], input_type: 'search_query' }, 3, undefined],
  ])('records the embeddings of %s', async (model, body, size, dimensions) => {
    await invoke(model, body);
    const { attributes } = recorder.span(`embeddings ${model}`);
    expect(attributes).toMatchObject({ 'gen_ai.operation.name': 'embeddings', 'ta.batch_size': size });
    expect([attributes['gen_ai.embeddings.dimension.count'], usage().input]).toEqual([dimensions, 11]);
  });

  it('records bodies only where it was asked for', async () => {
    const both = { captureInput: true, captureOutput: true };
    const open = traceBedrock(new sdk.BedrockRuntimeClient(settingsFor(server)), both);
    await open.send(new sdk.InvokeModelCommand({ modelId: 'meta.llama-fake', body: '{"prompt":"hi"}' }));
    open.destroy();
    const { attributes } = recorder.span('text_completion meta.llama-fake');
    expect(JSON.parse(attributes['input.value'] as string)).toEqual({ prompt: 'hi' });
    expect(JSON.parse(attributes['output.value'] as string)).toMatchObject({ generation: 'This is an answer.' });
  });

  it('records a request whose body is no JSON', async () => {
    await client.send(new sdk.InvokeModelCommand({ modelId: 'mistral.fake', body: '{}' }));
    await expect(invoke('mistral.fake:400', 'text')).rejects.toMatchObject({ name: 'ValidationException' });
    expect(recorder.spans.map((span) => span.name)).toEqual([
      'text_completion mistral.fake',
      'text_completion mistral.fake:400',
    ]);
  });
});
