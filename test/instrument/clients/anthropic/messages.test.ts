import { beforeAll, beforeEach, expect, it } from 'vitest';
import { type TraceAnthropicOptions, traceAnthropic } from '../../../../src/instrument/clients/anthropic.ts';
import { openSpec } from '../../../../src/instrument/open-call.ts';
import { describeReleases } from '../../../support/clients.ts';
import { SLOW_MS } from '../../../support/vendors/anthropic.ts';
import { durationMs, idOf, outcome } from '../../recorder.ts';
import { collectUntil, readAll } from '../openai/sdk.ts';
import { BODY, type Client, loadSdk, type Messages, type Sdk, STREAM, WEATHER_TOOL } from './sdk.ts';
import { setUp } from './setup.ts';

const set = setUp({
  answer: ({ body }) => ({
    ...(body?.tools === undefined ? {} : { toolUses: [{ name: 'weather', input: { city: 'Rome' }, id: 'toolu_x' }] }),
    ...(body?.thinking === undefined ? {} : { thinking: 'It is far.' }),
  }),
});

const REQUEST = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'anthropic',
  'gen_ai.request.model': 'claude-fake',
  'gen_ai.request.max_tokens': 50,
};

const ANSWER = {
  'gen_ai.response.id': 'msg_1',
  'gen_ai.response.model': 'claude-fake-20261101',
  'gen_ai.response.finish_reasons': ['end_turn'],
  'gen_ai.usage.input_tokens': 11,
  'gen_ai.usage.output_tokens': 4,
  'gen_ai.usage.cache_read.input_tokens': 3,
  'gen_ai.usage.cache_write.input_tokens': 2,
};

const STREAMED = { 'gen_ai.request.stream': true, 'gen_ai.response.time_to_first_chunk': expect.any(Number) };

/** Releases that make spans by themselves do so, too, where that is switched off. */
const NOT_BY_ITSELF = { openTelemetry: { traces: { enabled: false } } };

describeReleases('anthropic', (release) => {
  let sdk: Sdk;
  let client: Client;

  beforeAll(async () => {
    sdk = await loadSdk(release);
  });

  const clientWith = (options: TraceAnthropicOptions): Client =>
    traceAnthropic(
      new sdk.Anthropic({ apiKey: 'k', baseURL: set.server.origin, maxRetries: 0, ...NOT_BY_ITSELF }),
      options,
    );

  beforeEach(() => {
    client = clientWith({});
  });

  it('records a message with its tokens, those of the cache among them, and none of its content', async () => {
    const message = await client.messages.create(BODY);
    expect(message.content[0].text).toBe('This is an answer.');
    const span = set.recorder.span('chat claude-fake');
    expect(span.attributes).toEqual({ ...REQUEST, ...set.endpoint, ...ANSWER });
    expect([span.kind, outcome(span)]).toEqual([2, 'unset']);
  });

  it('records a stream up to its last event, with the time of the first one', async () => {
    const stream = await client.messages.create({ ...STREAM, model: 'claude-fake:slow' });
    expect(set.recorder.spans).toEqual([]);
    expect((await readAll(stream)).at(-1).type).toBe('message_stop');
    const span = set.recorder.span('chat claude-fake:slow');
    const model = { 'gen_ai.request.model': 'claude-fake:slow' };
    expect(span.attributes).toEqual({ ...REQUEST, ...model, ...set.endpoint, ...ANSWER, ...STREAMED });
    const seconds = span.attributes['gen_ai.response.time_to_first_chunk'] as number;
    expect(seconds * 1000).toBeGreaterThanOrEqual(SLOW_MS - 2);
    expect(seconds * 1000).toBeLessThanOrEqual(durationMs(span));
  });

  it.each<[string, (messages: Messages) => Promise<unknown>]>([
    ['create', (messages) => messages.create(BODY)],
    ['withResponse', (messages) => messages.create(BODY).withResponse()],
    ['copy', (messages) => messages.create(BODY)._thenUnwrap((message) => message.id)],
    ['stream', async (messages) => readAll(await messages.create(STREAM))],
    ['stream helper', (messages) => messages.stream(BODY).finalMessage()],
    [
      'stream helper with response',
      async (messages) => {
        const { data } = await messages.stream(BODY).withResponse();
        return data.finalMessage();
      },
    ],
    ['parse', async (messages) => messages.parse?.(BODY) ?? messages.create(BODY)],
    ['tee', async (messages) => Promise.all((await messages.create(STREAM)).tee().map(readAll))],
  ])('has one span for one request, of the beta, too: %s', async (_what, ask) => {
    await ask(client.messages);
    await ask(client.beta.messages);
    expect(set.recorder.spans).toHaveLength(2);
    for (const span of set.recorder.spans) expect(span.attributes).toMatchObject({ ...REQUEST, ...ANSWER });
  });

  it('ends with the headers where the host reads the response itself', async () => {
    const response = await client.messages.create(BODY).asResponse();
    expect(set.recorder.span('chat claude-fake').attributes).toEqual({ ...REQUEST, ...set.endpoint });
    expect(((await response.json()) as { id: string }).id).toBe('msg_1');
  });

  it('ends the span of a stream that the host leaves, stops or never reads', async () => {
    const long = { ...STREAM, model: 'claude-fake:long' };
    for await (const _ of await client.messages.create(long)) break;
    const stream = await client.messages.create(long);
    for await (const _ of stream) stream.controller.abort();
    const helper = client.messages.stream({ ...BODY, model: 'claude-fake:long' });
    helper.once('text', () => helper.abort());
    await expect(helper.finalMessage()).rejects.toThrow('Request was aborted.');
    await client.messages.create(long);
    await collectUntil(set.recorder, 4);
    const attributes = set.recorder.spans.map((span) => span.attributes);
    expect(attributes.map((of) => of['ta.stopped_early'] ?? of['ta.incomplete'])).toEqual([
      true,
      true,
      true,
      'abandoned',
    ]);
    for (const of of attributes) expect(of['gen_ai.response.finish_reasons']).toEqual(['error']);
  });

  it.each([
    [529, 'overloaded_error'],
    [429, 'rate_limit_error'],
    [400, 'invalid_request_error'],
    [500, 'api_error'],
  ])('fails with HTTP status %i as %s', async (status, type) => {
    await expect(client.messages.create({ ...BODY, model: `claude-fake:${status}` })).rejects.toMatchObject({ status });
    const [span] = set.recorder.spans;
    expect(span!.attributes).toMatchObject({ 'error.type': type, 'http.response.status_code': status });
    expect(outcome(span!)).toBe('error + exception');
  });

  it('fails with a stream that dies, or tells of an error', async () => {
    const read = async (model: string) => readAll(await client.messages.create({ ...STREAM, model }));
    await expect(read('claude-fake:die')).rejects.toThrow();
    await expect(read('claude-fake:error')).rejects.toThrow('It did not work out.');
    expect(set.recorder.spans.map((span) => span.attributes['error.type'])).toEqual([
      'UND_ERR_SOCKET',
      'overloaded_error',
    ]);
    // What came before is known.
    expect(set.recorder.spans[0]!.attributes).toMatchObject({
      'gen_ai.usage.input_tokens': 11,
      'gen_ai.response.finish_reasons': ['error'],
    });
  });

  it('says that the client tried again', async () => {
    await client
      .withOptions({ maxRetries: 2 })
      .messages.create({ ...BODY, model: `claude-fake:once-429:${release.name}` });
    expect(set.recorder.spans.map((span) => span.attributes['ta.retried'])).toEqual([true]);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['create', () => client.messages.create({ ...BODY, tools: [WEATHER_TOOL] })],
    ['stream', async () => readAll(await client.messages.create({ ...STREAM, tools: [WEATHER_TOOL] }))],
  ])('links tool calls to the message that asked for them: %s', async (_what, ask) => {
    await ask();
    const tool = openSpec({ kind: 'tool', name: 'weather' })!;
    tool.answers('toolu_x');
    tool.succeed();
    const asker = set.recorder.span('chat claude-fake');
    expect(asker.attributes['gen_ai.response.finish_reasons']).toEqual(['tool_use']);
    expect(set.recorder.span('execute_tool weather').links.map((link) => link.context.spanId)).toEqual([idOf(asker)]);
  });

  it('records what was asked of the model', async () => {
    await client.messages.create({
      ...BODY,
      temperature: 0.5,
      top_p: 0.9,
      top_k: 40,
      stop_sequences: ['END'],
      output_config: { effort: 'low', format: { type: 'json_schema', schema: {} } },
    });
    expect(set.recorder.span('chat claude-fake').attributes).toMatchObject({
      'gen_ai.request.temperature': 0.5,
      'gen_ai.request.top_p': 0.9,
      'gen_ai.request.top_k': 40,
      'gen_ai.request.stop_sequences': ['END'],
      'gen_ai.request.reasoning.level': 'low',
      'gen_ai.output.type': 'json',
    });
  });

  it('records how many tokens the model thought with', async () => {
    const body = { ...BODY, thinking: { type: 'adaptive' } };
    await client.messages.create(body);
    await readAll(await client.messages.create({ ...body, stream: true }));
    const reasoning = { 'gen_ai.usage.output_tokens': 4, 'gen_ai.usage.reasoning.output_tokens': 2 };
    for (const { attributes } of set.recorder.spans) expect(attributes).toMatchObject(reasoning);
    expect(set.recorder.spans).toHaveLength(2);
  });

  it('records content only where that is asked for', async () => {
    const open = clientWith({ captureInput: true, captureOutput: true });
    const messages = [
      { role: 'user', content: 'And here?' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Oslo' } }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'snow' }, { type: 'image' }] },
    ];
    const body = { ...BODY, messages, system: 'Be short.', tools: [WEATHER_TOOL], thinking: { type: 'adaptive' } };
    await client.messages.create(body);
    await open.messages.create(body);
    await readAll(await open.messages.create({ ...body, stream: true }));
    const [closed, plain, streamed] = set.recorder.spans.map((span) => span.attributes);
    expect(JSON.stringify(closed)).not.toMatch(/Oslo|snow|short|here|Rome|weather|far/);
    const read = (key: string) => JSON.parse(plain![key] as string);
    expect(read('gen_ai.input.messages')).toEqual([
      { role: 'user', parts: [{ type: 'text', content: 'And here?' }] },
      {
        role: 'assistant',
        parts: [{ type: 'tool_call', id: 'toolu_1', name: 'weather', arguments: { city: 'Oslo' } }],
      },
      { role: 'user', parts: [{ type: 'tool_call_response', id: 'toolu_1', result: 'snow' }, { type: 'image' }] },
    ]);
    expect(read('gen_ai.system_instructions')).toEqual([{ type: 'text', content: 'Be short.' }]);
    expect(read('gen_ai.tool.definitions')).toEqual([WEATHER_TOOL]);
    expect(read('gen_ai.output.messages')).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'It is far.' },
          { type: 'tool_call', id: 'toolu_x', name: 'weather', arguments: { city: 'Rome' } },
        ],
        finish_reason: 'tool_use',
      },
    ]);
    expect(streamed!['gen_ai.output.messages']).toBe(plain!['gen_ai.output.messages']);
  });

  it('has a span for each request of a tool runner, where the client has one', async () => {
    const { toolRunner } = client.beta.messages;
    if (toolRunner === undefined) return;
    const asked: string[] = [];
    const tool = {
      ...WEATHER_TOOL,
      type: 'custom',
      run: () => asked.push('run') && 'rain',
      parse: (input: unknown) => input,
    };
    const runner = client.beta.messages.toolRunner!({ ...BODY, tools: [tool], max_iterations: 2 });
    for await (const _ of runner);
    expect(set.recorder.spans.map((span) => span.name)).toEqual(['chat claude-fake', 'chat claude-fake']);
    expect(asked).not.toEqual([]);
  });

  it('reads the streams of a tool runner, also where the client makes other promises of its requests', async () => {
    if (client.beta.messages.toolRunner === undefined) return;
    const tool = { ...WEATHER_TOOL, type: 'custom', run: () => 'rain', parse: (input: unknown) => input };
    const runner = client.beta.messages.toolRunner({ ...BODY, stream: true, tools: [tool], max_iterations: 2 });
    for await (const stream of runner) await readAll(stream);
    const reason = expect.stringMatching(/^(tool_use|end_turn)$/);
    const read = { ...ANSWER, ...STREAMED, 'gen_ai.response.finish_reasons': [reason] };
    expect(set.recorder.spans.map(({ attributes }) => attributes)).toMatchObject([read, read]);
    const left = client.beta.messages.toolRunner({ ...STREAM, model: 'claude-fake:long', tools: [tool] });
    for await (const stream of left) {
      for await (const _ of stream) break;
      break;
    }
    expect(set.recorder.span('chat claude-fake:long').attributes).toMatchObject({
      'ta.stopped_early': true,
      'gen_ai.response.finish_reasons': ['error'],
    });
  });

  it('leaves the counting of tokens alone', async () => {
    expect(await client.messages.countTokens(BODY)).toMatchObject({ input_tokens: 11 });
    expect(set.recorder.spans).toEqual([]);
  });
});
