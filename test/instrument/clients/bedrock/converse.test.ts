import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { traceBedrock } from '../../../../src/instrument/clients/bedrock.ts';
import { agent, telemetryErrors } from '../../../../src/instrument/index.ts';
import { describeReleases } from '../../../support/clients.ts';
import { SLOW_MS } from '../../../support/vendors/bedrock.ts';
import type { Vendor } from '../../../support/vendors/vendor.ts';
import { durationMs, idOf, outcome, parentIdOf, type Recorder, startRecorder } from '../../recorder.ts';
import { collectUntil, readAll } from '../host-view.ts';
import { type Client, loadSdk, MESSAGES, type Sdk, settingsFor, startFor, TOOLS } from './sdk.ts';

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

const REQUEST = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'aws.bedrock',
  'gen_ai.request.model': 'fake.model',
  'aws.request_id': '00000000-0000-4000-8000-000000000001',
};

const ANSWER = {
  'gen_ai.response.finish_reasons': ['end_turn'],
  'gen_ai.usage.input_tokens': 18,
  'gen_ai.usage.output_tokens': 4,
  'gen_ai.usage.cache_read.input_tokens': 5,
  'gen_ai.usage.cache_write.input_tokens': 2,
};

const STREAMED = { 'gen_ai.request.stream': true, 'gen_ai.response.time_to_first_chunk': expect.any(Number) };
const BODY = { modelId: 'fake.model', messages: MESSAGES };

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

  const endpoint = () => ({ 'server.address': '127.0.0.1', 'server.port': Number(new URL(server.origin).port) });
  const streamed = async (input: object) => (await client.send(new sdk.ConverseStreamCommand(input))).stream;

  it('records an answer with its tokens, and none of its content', async () => {
    const answer = await client.send(new sdk.ConverseCommand(BODY));
    expect(answer.output.message.content).toEqual([{ text: 'This is an answer.' }]);
    const span = recorder.span('chat fake.model');
    expect(span.attributes).toEqual({ ...REQUEST, ...endpoint(), ...ANSWER });
    expect([span.kind, outcome(span), recorder.spans.length]).toEqual([2, 'unset', 1]);
  });

  it('records what was asked of the model; of an ARN its last part', async () => {
    const inferenceConfig = { maxTokens: 9, temperature: 0.5, topP: 0.9, stopSequences: ['x'] };
    const modelId = 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/fake.model';
    await client.send(new sdk.ConverseCommand({ ...BODY, modelId, inferenceConfig }));
    expect(recorder.span('chat fake.model').attributes).toEqual({
      ...REQUEST,
      ...endpoint(),
      ...ANSWER,
      'gen_ai.request.max_tokens': 9,
      'gen_ai.request.temperature': expect.closeTo(0.5),
      'gen_ai.request.top_p': expect.closeTo(0.9),
      'gen_ai.request.stop_sequences': ['x'],
    });
  });

  it('records a stream up to its last event, with the time of the first one', async () => {
    const stream = await streamed({ ...BODY, modelId: 'fake.model:slow' });
    expect(recorder.spans).toEqual([]);
    expect(await readAll(stream)).toHaveLength(8);
    const span = recorder.span('chat fake.model:slow');
    const model = { 'gen_ai.request.model': 'fake.model:slow' };
    expect(span.attributes).toEqual({ ...REQUEST, ...model, ...endpoint(), ...ANSWER, ...STREAMED });
    const firstMs = 1000 * (span.attributes['gen_ai.response.time_to_first_chunk'] as number);
    expect(firstMs).toBeGreaterThanOrEqual(SLOW_MS - 2);
    expect(firstMs).toBeLessThanOrEqual(durationMs(span));
  });

  it('ends the span of a stream that the host leaves', async () => {
    for await (const _ of await streamed({ ...BODY, modelId: 'fake.model:long' })) break;
    const span = recorder.span('chat fake.model:long');
    expect(span.attributes).toMatchObject({ 'ta.stopped_early': true, 'gen_ai.response.finish_reasons': ['error'] });
    expect(outcome(span)).toBe('unset');
  });

  it('ends the span of a stream that nobody reads, once it is collected', async () => {
    await streamed(BODY);
    await collectUntil(recorder, 1);
    expect(recorder.span('chat fake.model').attributes).toMatchObject({
      'ta.incomplete': 'abandoned',
      'gen_ai.request.stream': true,
      'gen_ai.response.finish_reasons': ['error'],
    });
  });

  it('records that the connection of a stream broke', async () => {
    const stream = await streamed({ ...BODY, modelId: 'fake.model:die' });
    await expect(readAll(stream)).rejects.toThrow();
    const span = recorder.span('chat fake.model:die');
    expect(span.attributes).toMatchObject({
      'error.type': release.name === 'bedrock-3.606' ? 'ECONNRESET' : 'ERR_HTTP2_STREAM_ERROR',
      'gen_ai.response.finish_reasons': ['error'],
    });
    expect([outcome(span), recorder.spans.length]).toEqual(['error + exception', 1]);
  });

  it('records that a stream was throttled on its way', async () => {
    const stream = await streamed({ ...BODY, modelId: 'fake.model:error' });
    await expect(readAll(stream)).rejects.toMatchObject({ name: 'ThrottlingException' });
    const span = recorder.span('chat fake.model:error');
    expect([span.attributes['error.type'], outcome(span)]).toEqual(['ThrottlingException', 'error + exception']);
  });

  it.each([
    [400, 'ValidationException'],
    [429, 'ThrottlingException'],
    [500, 'InternalServerException'],
    [503, 'ServiceUnavailableException'],
  ])('records a refused request: %i', async (status, type) => {
    const input = { ...BODY, modelId: `fake.model:${status}` };
    await expect(client.send(new sdk.ConverseCommand(input))).rejects.toMatchObject({ name: type });
    await expect(streamed(input)).rejects.toMatchObject({ name: type });
    for (const span of recorder.spans) {
      expect(span.attributes).toMatchObject({ 'error.type': type, 'http.response.status_code': status });
      expect(outcome(span)).toBe('error + exception');
    }
    expect(recorder.spans).toHaveLength(2);
  });

  it('has one span for a command that was sent again, and says so', async () => {
    const patient = traceBedrock(new sdk.BedrockRuntimeClient({ ...settingsFor(server), maxAttempts: 3 }));
    await patient.send(new sdk.ConverseCommand({ ...BODY, modelId: 'fake.model:once-503' }));
    patient.destroy();
    const span = recorder.span('chat fake.model:once-503');
    expect([span.attributes['ta.retried'], outcome(span)]).toEqual([true, 'unset']);
  });

  it.each(['ConverseCommand', 'ConverseStreamCommand'] as const)(
    'links the tool to the request that asked for it: %s',
    async (Command) => {
      const input = { ...BODY, toolConfig: TOOLS };
      await agent('planner', async () => {
        const answer = await client.send(new sdk[Command](input));
        if (Command === 'ConverseStreamCommand') await readAll(answer.stream);
      })();
      const asked = recorder.span('chat fake.model');
      expect(asked.attributes['gen_ai.response.finish_reasons']).toEqual(['tool_use']);
      expect(parentIdOf(asked)).toBe(idOf(recorder.span('invoke_agent planner')));
      const { askerOf } = await import('../../../../src/instrument/tool-calls.ts');
      expect(askerOf('tooluse_1')?.spanId).toBe(idOf(asked));
    },
  );

  it('records the prompt and the answer only where it was asked for', async () => {
    const both = { captureInput: true, captureOutput: true };
    const open = traceBedrock(new sdk.BedrockRuntimeClient(settingsFor(server)), both);
    const input = { ...BODY, system: [{ text: 'Be brief.' }] };
    await open.send(new sdk.ConverseCommand(input));
    await readAll((await open.send(new sdk.ConverseStreamCommand(input))).stream);
    await readAll((await open.send(new sdk.ConverseStreamCommand({ ...input, toolConfig: TOOLS }))).stream);
    open.destroy();
    const said = (key: string) => recorder.spans.map((span) => JSON.parse(span.attributes[key] as string));
    const text = {
      role: 'assistant',
      parts: [{ type: 'text', content: 'This is an answer.' }],
      finish_reason: 'end_turn',
    };
    const call = { type: 'tool_call', id: 'tooluse_1', name: 'weather', arguments: {} };
    expect(said('gen_ai.output.messages')).toEqual([
      [text],
      [text],
      [{ role: 'assistant', parts: [call], finish_reason: 'tool_use' }],
    ]);
    const prompt = [{ role: 'user', parts: [{ type: 'text', content: 'How far is the moon?' }] }];
    expect(said('gen_ai.input.messages')).toEqual([prompt, prompt, prompt]);
    expect(said('gen_ai.system_instructions')[0]).toEqual([{ type: 'text', content: 'Be brief.' }]);
  });

  it('has one span for a client that is wrapped twice, and for one that has methods for its commands', async () => {
    expect(traceBedrock(client)).toBe(client);
    await client.send(new sdk.ConverseCommand(BODY));
    expect(recorder.spans).toHaveLength(1);
    const methods = traceBedrock(new sdk.BedrockRuntime(settingsFor(server)));
    await methods.converse(BODY);
    methods.destroy();
    expect(recorder.spans).toHaveLength(2);
  });
});
