import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { telemetryErrors } from '../../../../src/instrument/index.ts';
import { endOpenCalls } from '../../../../src/instrument/open-calls.ts';
import { describeReleases } from '../../../support/clients.ts';
import { type FakeOpenAI, SLOW_MS, startOpenAI } from '../../../support/vendors/openai.ts';
import {
  attributesOf,
  durationMs,
  idOf,
  outcome,
  parentIdOf,
  type Recorder,
  sleep,
  startRecorder,
} from '../../recorder.ts';
import { collectUntil, type Loose, readAll } from '../host-view.ts';
import { isVersion7, loadSdk, type Sdk, telemetryOf, weatherTools } from './sdk.ts';

const TOOL_MS = 60;

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

const ANSWER = {
  'gen_ai.request.stream': true,
  'gen_ai.response.time_to_first_chunk': expect.any(Number),
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

  beforeAll(async () => {
    sdk = await loadSdk(release);
    openai = sdk.createOpenAI({ apiKey: 'k', baseURL: server.baseURL });
  });

  const stream = (model: string, options: object = {}) =>
    sdk.streamText({
      model: openai.chat(model),
      prompt: 'hi',
      maxRetries: 0,
      onError: () => undefined,
      ...telemetryOf(release),
      ...options,
    });

  it('records a stream up to its last piece, with the time of the first one', async () => {
    const result = stream('gpt-fake:slow');
    expect((await readAll(result.textStream)).join('')).toBe('This is an answer.');
    const [chat, root] = [recorder.span('chat gpt-fake:slow'), recorder.span('streamText')];
    expect(chat.attributes).toMatchObject(ANSWER);
    const firstMs = 1000 * (chat.attributes['gen_ai.response.time_to_first_chunk'] as number);
    expect(firstMs).toBeGreaterThanOrEqual(SLOW_MS - 2);
    expect(firstMs).toBeLessThanOrEqual(durationMs(chat));
    expect(durationMs(root)).toBeGreaterThanOrEqual(durationMs(chat));
    expect([parentIdOf(chat), outcome(root), recorder.spans.length]).toEqual([idOf(root), 'unset', 2]);
  });

  it('ends a model call before the tools that it asked for', async () => {
    const tools = weatherTools(sdk, () => sleep(TOOL_MS));
    await readAll(stream('gpt-fake', { tools, stopWhen: sdk.stepCountIs(5) }).textStream);
    const [first] = recorder.spans.filter((span) => span.name === 'chat gpt-fake');
    const weather = recorder.span('execute_tool weather');
    expect(durationMs(weather)).toBeGreaterThanOrEqual(TOOL_MS - 2);
    const root = recorder.span('streamText');
    expect(durationMs(root) - durationMs(weather)).toBeGreaterThanOrEqual(durationMs(first!));
    expect(recorder.spans.indexOf(first!)).toBeLessThan(recorder.spans.indexOf(weather));
    expect(weather.links.map((link) => link.context.spanId)).toEqual([idOf(first!)]);
  });

  it('keeps runs at the same time apart, also where they share a telemetry', async () => {
    const shared = telemetryOf(release, { functionId: 'planner' });
    const options = () => ({ tools: weatherTools(sdk, () => sleep(5)), stopWhen: sdk.stepCountIs(5), ...shared });
    await Promise.all([1, 2, 3].map(() => readAll(stream('gpt-fake', options()).textStream)));
    const named = (name: string) => recorder.spans.filter((span) => span.name === name);
    const parents = named(isVersion7(release) ? 'step' : 'chat gpt-fake').map(parentIdOf);
    expect(parents).toHaveLength(6);
    const owners = new Set(named('execute_tool weather').map(parentIdOf));
    expect(owners.size).toBe(3);
    for (const root of named('invoke_agent planner')) {
      expect(parents.filter((parent) => parent === idOf(root))).toHaveLength(2);
    }
  });

  it('ends the spans of a stream that the host leaves, once it is collected', async () => {
    const leave = async () => {
      for await (const _ of stream('gpt-fake:long').textStream) break;
    };
    await leave();
    await collectUntil(recorder, 2);
    expect(attributesOf(recorder.span('streamText'))).toEqual({ 'ta.incomplete': 'abandoned' });
    expect(recorder.spans).toHaveLength(2);
  }, 60_000);

  it('ends the spans of a stream that nobody reads, once it is collected', async () => {
    const start = async () => {
      stream('gpt-fake');
      await sleep(30);
    };
    await start();
    await collectUntil(recorder, 2);
    expect(attributesOf(recorder.span('streamText'))).toEqual({ 'ta.incomplete': 'abandoned' });
    expect(recorder.spans).toHaveLength(2);
  }, 60_000);

  it('ends the spans of a stream that the process does not outlive', async () => {
    const result = stream('gpt-fake:long');
    for await (const _ of result.textStream) break;
    endOpenCalls('exit');
    expect(attributesOf(recorder.span('streamText'))).toEqual({ 'ta.incomplete': 'exit' });
    expect(recorder.span('chat gpt-fake:long').attributes).toMatchObject({
      'ta.incomplete': 'exit',
      'gen_ai.response.finish_reasons': ['error'],
    });
    await result.text.catch(() => undefined);
  });

  it('ends the spans of a stream that the host aborts', async () => {
    const abort = new AbortController();
    for await (const _ of stream('gpt-fake:long', { abortSignal: abort.signal }).textStream) abort.abort();
    const [chat, root] = [recorder.span('chat gpt-fake:long'), recorder.span('streamText')];
    expect(chat.attributes['gen_ai.response.finish_reasons']).toEqual(['error']);
    // Only version 7 tells that it was the host.
    for (const { attributes } of [chat, root]) {
      expect(attributes).toMatchObject(
        isVersion7(release) ? { 'ta.stopped_early': true } : { 'error.type': 'AbortError' },
      );
    }
  });

  it('records that the connection of a stream broke', async () => {
    await readAll(stream('gpt-fake:die').textStream).catch(() => undefined);
    const [chat, root] = [recorder.span('chat gpt-fake:die'), recorder.span('streamText')];
    expect([chat, root].map((span) => [span.attributes['error.type'], outcome(span)])).toEqual([
      ['UND_ERR_SOCKET', 'error + exception'],
      ['UND_ERR_SOCKET', 'error + exception'],
    ]);
    expect([chat.attributes['gen_ai.response.finish_reasons'], recorder.spans.length]).toEqual([['error'], 2]);
  });

  it('records an error that came as a piece of the stream', async () => {
    await readAll(stream('gpt-fake:error').textStream);
    const [chat, root] = [recorder.span('chat gpt-fake:error'), recorder.span('streamText')];
    const type = isVersion7(release) ? '500' : 'server_error';
    expect([chat, root].map((span) => [span.attributes['error.type'], outcome(span)])).toEqual([
      [type, 'error + exception'],
      [type, 'error + exception'],
    ]);
    expect([chat.attributes['gen_ai.response.finish_reasons'], recorder.spans.length]).toEqual([['error'], 2]);
  });

  it.each([
    [429, 'rate_limit_exceeded'],
    [500, 'server_error'],
  ])('records a refused stream: %i', async (status, type) => {
    await readAll(stream(`gpt-fake:${status}`).textStream).catch(() => undefined);
    for (const span of [recorder.span(`chat gpt-fake:${status}`), recorder.span('streamText')]) {
      expect(span.attributes).toMatchObject({ 'error.type': type, 'http.response.status_code': status });
      expect(outcome(span)).toBe('error + exception');
    }
    expect(recorder.spans).toHaveLength(2);
  });

  it('records what was said only where it was asked for', async () => {
    const both = telemetryOf(release, { captureInput: true, captureOutput: true });
    await readAll(stream('gpt-fake', both).textStream);
    const { attributes } = recorder.span('chat gpt-fake');
    expect(JSON.parse(attributes['gen_ai.output.messages'] as string)).toEqual([
      { role: 'assistant', parts: [{ type: 'text', content: 'This is an answer.' }], finish_reason: 'stop' },
    ]);
    expect(JSON.parse(attributes['gen_ai.input.messages'] as string)).toEqual([
      { role: 'user', parts: [{ type: 'text', content: 'hi' }] },
    ]);
  });
});
