import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { traceGoogle } from '../../../../src/instrument/clients/google.ts';
import { agent, telemetryErrors, tool } from '../../../../src/instrument/index.ts';
import { describeReleases } from '../../../support/clients.ts';
import { SLOW_MS, startGoogle } from '../../../support/vendors/google.ts';
import type { Vendor } from '../../../support/vendors/vendor.ts';
import { durationMs, idOf, outcome, parentIdOf, type Recorder, startRecorder } from '../../recorder.ts';
import { collectUntil, readAll } from '../host-view.ts';
import { type Client, callableTool, loadSdk, type Sdk } from './sdk.ts';

let server: Vendor;
let recorder: Recorder;
let errorsBefore: number;

beforeAll(async () => {
  server = await startGoogle((request) =>
    JSON.stringify(request.body).includes('forbidden') ? { blockReason: 'SAFETY' } : undefined,
  );
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

const endpoint = () => ({ 'server.address': '127.0.0.1', 'server.port': Number(new URL(server.origin).port) });

const REQUEST = {
  'gen_ai.operation.name': 'generate_content',
  'gen_ai.provider.name': 'gcp.gemini',
  'gen_ai.request.model': 'gemini-fake',
};

const ANSWER = {
  'gen_ai.response.id': 'resp_1',
  'gen_ai.response.model': 'gemini-fake-001',
  'gen_ai.response.finish_reasons': ['STOP'],
  'gen_ai.usage.input_tokens': 15,
  'gen_ai.usage.output_tokens': 8,
  'gen_ai.usage.cache_read.input_tokens': 5,
  'gen_ai.usage.reasoning.output_tokens': 2,
};

const STREAMED = { 'gen_ai.request.stream': true, 'gen_ai.response.time_to_first_chunk': expect.any(Number) };
const BODY = { model: 'gemini-fake', contents: 'How far is the moon?' };
const LONG = { ...BODY, model: 'gemini-fake:long' };

describeReleases('google', (release) => {
  let sdk: Sdk;
  let client: Client;
  const newClient = (options: object = {}) =>
    new sdk.GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: server.origin }, ...options });

  beforeAll(async () => {
    sdk = await loadSdk(release);
  });

  beforeEach(() => {
    client = traceGoogle(newClient());
  });

  it('records an answer with its tokens, and none of its content', async () => {
    const answer = await client.models.generateContent(BODY);
    expect(answer.text).toBe('This is an answer.');
    const span = recorder.span('generate_content gemini-fake');
    expect(span.attributes).toEqual({ ...REQUEST, ...endpoint(), ...ANSWER });
    expect([span.kind, outcome(span), recorder.spans.length]).toEqual([2, 'unset', 1]);
  });

  it('records what was asked of the model, by its bare name', async () => {
    const config = { temperature: 0.5, maxOutputTokens: 9, topP: 0.9, topK: 3, seed: 7, stopSequences: ['x'] };
    await client.models.generateContent({
      ...BODY,
      model: 'models/gemini-fake',
      config: { ...config, responseMimeType: 'application/json', candidateCount: 1 },
    });
    expect(recorder.span('generate_content gemini-fake').attributes).toEqual({
      ...REQUEST,
      ...endpoint(),
      ...ANSWER,
      'gen_ai.request.temperature': 0.5,
      'gen_ai.request.max_tokens': 9,
      'gen_ai.request.top_p': 0.9,
      'gen_ai.request.top_k': 3,
      'gen_ai.request.seed': 7,
      'gen_ai.request.stop_sequences': ['x'],
      'gen_ai.output.type': 'json',
    });
  });

  it('names Vertex AI where the client asks that', async () => {
    await traceGoogle(newClient({ vertexai: true })).models.generateContent(BODY);
    expect(recorder.span('generate_content gemini-fake').attributes['gen_ai.provider.name']).toBe('gcp.vertex_ai');
  });

  it('records a stream up to its last piece, with the time of the first one', async () => {
    const stream = await client.models.generateContentStream({ ...BODY, model: 'gemini-fake:slow' });
    expect(recorder.spans).toEqual([]);
    expect((await readAll(stream)).map((piece) => piece.text).join('')).toBe('This is an answer.');
    const span = recorder.span('generate_content gemini-fake:slow');
    const model = { 'gen_ai.request.model': 'gemini-fake:slow' };
    expect(span.attributes).toEqual({ ...REQUEST, ...model, ...endpoint(), ...ANSWER, ...STREAMED });
    const firstMs = 1000 * (span.attributes['gen_ai.response.time_to_first_chunk'] as number);
    expect(firstMs).toBeGreaterThanOrEqual(SLOW_MS - 2);
    expect(firstMs).toBeLessThanOrEqual(durationMs(span));
  });

  it('ends the span of a stream that the host leaves', async () => {
    for await (const _ of await client.models.generateContentStream(LONG)) break;
    const span = recorder.span('generate_content gemini-fake:long');
    expect(span.attributes).toMatchObject({ 'ta.stopped_early': true, 'gen_ai.response.finish_reasons': ['error'] });
    expect(outcome(span)).toBe('unset');
  });

  it('ends the span of a stream that nobody reads, once it is collected', async () => {
    await client.models.generateContentStream(LONG);
    await collectUntil(recorder, 1);
    expect(recorder.span('generate_content gemini-fake:long').attributes).toMatchObject({
      'ta.incomplete': 'abandoned',
      'gen_ai.request.stream': true,
      'gen_ai.response.finish_reasons': ['error'],
    });
  });

  it('records that the connection of a stream broke', async () => {
    const stream = await client.models.generateContentStream({ ...BODY, model: 'gemini-fake:die' });
    await expect(readAll(stream)).rejects.toThrow();
    const span = recorder.span('generate_content gemini-fake:die');
    expect(span.attributes).toMatchObject({
      'error.type': 'UND_ERR_SOCKET',
      'gen_ai.response.finish_reasons': ['error'],
    });
    expect([outcome(span), recorder.spans.length]).toEqual(['error + exception', 1]);
  });

  it('records an error that came as a piece of the stream, which version 1 of the client passes over', async () => {
    const stream = await client.models.generateContentStream({ ...BODY, model: 'gemini-fake:error' });
    const isSeen = release.name !== 'google-1';
    const reading = readAll(stream).then(
      () => 'read',
      (error: Error) => error.name,
    );
    expect(await reading).toBe(isSeen ? 'ApiError' : 'read');
    const span = recorder.span('generate_content gemini-fake:error');
    expect(span.attributes['gen_ai.response.finish_reasons']).toEqual(['error']);
    expect([span.attributes['error.type'], outcome(span)]).toEqual(
      isSeen ? ['503', 'error + exception'] : [undefined, 'unset'],
    );
  });

  it.each([400, 429, 500, 503])('records a refused request: %i', async (status) => {
    const body = { ...BODY, model: `gemini-fake:${status}` };
    await expect(client.models.generateContent(body)).rejects.toMatchObject({ name: 'ApiError', status });
    await expect(client.models.generateContentStream(body)).rejects.toMatchObject({ name: 'ApiError', status });
    const failed = { 'error.type': String(status), 'http.response.status_code': status };
    expect(recorder.spans.map((span) => [span.attributes['error.type'], outcome(span)])).toEqual([
      [String(status), 'error + exception'],
      [String(status), 'error + exception'],
    ]);
    expect(recorder.spans[1]!.attributes).toMatchObject({ ...failed, 'gen_ai.request.stream': true });
  });

  it('records that nobody listens at the address', async () => {
    const gone = traceGoogle(newClient({ httpOptions: { baseUrl: 'http://127.0.0.1:9' } }));
    await expect(gone.models.generateContent(BODY)).rejects.toThrow();
    const span = recorder.span('generate_content gemini-fake');
    expect(outcome(span)).toBe('error + exception');
    expect(span.attributes).toMatchObject({ 'server.address': '127.0.0.1', 'server.port': 9 });
  });

  it('takes the reason for which a prompt was refused as the finish reason', async () => {
    await client.models.generateContent({ ...BODY, contents: 'forbidden' });
    const span = recorder.span('generate_content gemini-fake');
    expect([span.attributes['gen_ai.response.finish_reasons'], outcome(span)]).toEqual([['SAFETY'], 'unset']);
  });

  it('has one span for each message of a chat, plain or as a stream', async () => {
    const chat = client.chats.create({ model: 'gemini-fake' });
    expect((await chat.sendMessage({ message: 'one' })).text).toBe('This is an answer.');
    expect(await readAll(await chat.sendMessageStream({ message: 'two' }))).toHaveLength(4);
    expect(recorder.spans.map((span) => span.attributes)).toEqual([
      { ...REQUEST, ...endpoint(), ...ANSWER },
      { ...REQUEST, ...endpoint(), ...ANSWER, ...STREAMED },
    ]);
    expect(chat.getHistory()).toHaveLength(7);
  });

  it.each(['generateContent', 'generateContentStream'] as const)(
    'has one span for each request of automatic function calls, beside those of the tool: %s',
    async (method) => {
      const weather = tool('weather', async () => 'sunny');
      const config = { tools: [callableTool('weather', weather)] };
      const answer = agent('planner', async () => {
        const result = await client.models[method]({ ...BODY, config });
        return method === 'generateContent' ? result : readAll(result);
      });
      await answer();
      expect(recorder.spans.filter((span) => span.name === 'generate_content gemini-fake')).toHaveLength(2);
      const root = recorder.span('invoke_agent planner');
      const children = recorder.spans.filter((span) => span !== root);
      expect(children.map(parentIdOf)).toEqual([idOf(root), idOf(root), idOf(root)]);
      expect(children.map((span) => span.name).sort()).toEqual([
        'execute_tool weather',
        'generate_content gemini-fake',
        'generate_content gemini-fake',
      ]);
    },
  );

  it('records the prompt and the answer only where it was asked for', async () => {
    const open = traceGoogle(newClient(), { captureInput: true, captureOutput: true });
    const config = { systemInstruction: 'Be brief.' };
    await open.models.generateContent({ ...BODY, config });
    await readAll(await open.models.generateContentStream({ ...BODY, config }));
    const answer = {
      role: 'assistant',
      parts: [{ type: 'text', content: 'This is an answer.' }],
      finish_reason: 'STOP',
    };
    for (const { attributes } of recorder.spans) {
      expect(JSON.parse(attributes['gen_ai.input.messages'] as string)).toEqual([
        { role: 'user', parts: [{ type: 'text', content: BODY.contents }] },
      ]);
      expect(JSON.parse(attributes['gen_ai.system_instructions'] as string)).toEqual([
        { type: 'text', content: 'Be brief.' },
      ]);
      expect(JSON.parse(attributes['gen_ai.output.messages'] as string)).toEqual([answer]);
    }
    expect(recorder.spans).toHaveLength(2);
  });

  it('records embeddings with the number of texts', async () => {
    const embed = { model: 'embed-fake', contents: ['a', 'b', 'c'], config: { outputDimensionality: 2 } };
    expect((await client.models.embedContent(embed)).embeddings).toHaveLength(3);
    expect(recorder.span('embeddings embed-fake').attributes).toEqual({
      'gen_ai.operation.name': 'embeddings',
      'gen_ai.provider.name': 'gcp.gemini',
      'gen_ai.request.model': 'embed-fake',
      'gen_ai.embeddings.dimension.count': 2,
      'ta.batch_size': 3,
      ...endpoint(),
    });
  });

  it('adds up the tokens that Vertex AI tells for each text', async () => {
    const vertex = traceGoogle(newClient({ vertexai: true }));
    await vertex.models.embedContent({ model: 'text-embedding-fake', contents: ['a', 'b'] });
    expect(recorder.span('embeddings text-embedding-fake').attributes).toMatchObject({
      'gen_ai.usage.input_tokens': 6,
      'ta.batch_size': 2,
    });
  });

  it('records nothing for counting tokens, which asks no model', async () => {
    expect((await client.models.countTokens(BODY)).totalTokens).toBe(11);
    expect(recorder.spans).toEqual([]);
  });

  it('has one span for a client that is wrapped twice', async () => {
    expect(traceGoogle(client)).toBe(client);
    await client.models.generateContent(BODY);
    expect(recorder.spans).toHaveLength(1);
  });
});
