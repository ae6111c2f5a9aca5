import { beforeAll, expect, it } from 'vitest';
import { type TraceOpenAIOptions, traceOpenAI } from '../../../../src/instrument/clients/openai.ts';
import { describeReleases } from '../../../support/clients.ts';
import { type Client, loadSdk, readAll, type Sdk, WEATHER_TOOL } from './sdk.ts';
import { setUp } from './setup.ts';

const set = setUp({
  answer: ({ body }) =>
    body?.tools === undefined ? {} : { toolCalls: [{ name: 'weather', id: 'call_2', arguments: '{"city":"Rome"}' }] },
});

const MESSAGES = [
  { role: 'system', content: 'Be short.' },
  {
    role: 'user',
    content: [
      { type: 'text', text: 'And here?' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
    ],
  },
  {
    role: 'assistant',
    content: null,
    tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } }],
  },
  { role: 'tool', tool_call_id: 'call_1', content: 'snow' },
];

const MESSAGES_RECORDED = [
  { role: 'system', parts: [{ type: 'text', content: 'Be short.' }] },
  { role: 'user', parts: [{ type: 'text', content: 'And here?' }, { type: 'image_url' }] },
  { role: 'assistant', parts: [{ type: 'tool_call', id: 'call_1', name: 'weather', arguments: { city: 'Oslo' } }] },
  { role: 'tool', parts: [{ type: 'tool_call_response', id: 'call_1', result: 'snow' }] },
];

const SAID = [{ role: 'assistant', parts: [{ type: 'text', content: 'This is an answer.' }], finish_reason: 'stop' }];
const ASKED = [
  {
    role: 'assistant',
    parts: [{ type: 'tool_call', id: 'call_2', name: 'weather', arguments: { city: 'Rome' } }],
    finish_reason: 'tool_calls',
  },
];

const CHAT = { model: 'gpt-fake', messages: MESSAGES };
const { name, parameters } = WEATHER_TOOL.function;
const FUNCTION = { type: 'function', name, parameters };
const INPUT = [
  { role: 'user', content: [{ type: 'input_text', text: 'And here?' }] },
  { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{"city":"Oslo"}' },
  { type: 'function_call_output', call_id: 'call_1', output: 'snow' },
];
const RESPONSE = { model: 'gpt-fake', input: INPUT, instructions: 'Be short.' };

const CONTENT = [
  'gen_ai.input.messages',
  'gen_ai.output.messages',
  'gen_ai.system_instructions',
  'gen_ai.tool.definitions',
];

describeReleases('openai', (release) => {
  let sdk: Sdk;

  beforeAll(async () => {
    sdk = await loadSdk(release);
  });

  const clientWith = (options: TraceOpenAIOptions): Client =>
    traceOpenAI(new sdk.OpenAI({ apiKey: 'k', baseURL: set.server.baseURL, maxRetries: 0 }), options);

  function contentOf(): Record<string, unknown> {
    const { attributes } = set.recorder.spans[0]!;
    const there = CONTENT.filter((key) => attributes[key] !== undefined);
    return Object.fromEntries(there.map((key) => [key, JSON.parse(attributes[key] as string)]));
  }

  it('records the input of a chat where that is asked for', async () => {
    await clientWith({ captureInput: true }).chat.completions.create({ ...CHAT, tools: [WEATHER_TOOL] });
    expect(contentOf()).toEqual({
      'gen_ai.input.messages': MESSAGES_RECORDED,
      'gen_ai.tool.definitions': [WEATHER_TOOL],
    });
  });

  it.each([
    [false, SAID],
    [true, ASKED],
  ])('records the output of a chat where that is asked for; tools: %s', async (withTools, output) => {
    const body = withTools ? { ...CHAT, tools: [WEATHER_TOOL] } : CHAT;
    const client = clientWith({ captureOutput: true });
    await client.chat.completions.create(body);
    expect(contentOf()).toEqual({ 'gen_ai.output.messages': output });
    await readAll(await client.chat.completions.create({ ...body, stream: true }));
    const [plain, streamed] = set.recorder.spans.map((span) => span.attributes['gen_ai.output.messages']);
    expect(streamed).toBe(plain);
  });

  it('records the input of a response where that is asked for', async () => {
    await clientWith({ captureInput: true }).responses.create({ ...RESPONSE, tools: [FUNCTION] });
    expect(contentOf()).toEqual({
      'gen_ai.input.messages': MESSAGES_RECORDED.slice(1).map(({ role, parts }) => ({
        role,
        parts: parts.slice(0, 1),
      })),
      'gen_ai.system_instructions': [{ type: 'text', content: 'Be short.' }],
      'gen_ai.tool.definitions': [FUNCTION],
    });
  });

  it.each([
    [false, SAID],
    [true, ASKED],
  ])('records the output of a response where that is asked for; tools: %s', async (withTools, output) => {
    const body = withTools ? { ...RESPONSE, tools: [FUNCTION] } : RESPONSE;
    const client = clientWith({ captureOutput: true });
    await client.responses.create(body);
    expect(contentOf()).toEqual({ 'gen_ai.output.messages': output });
    await readAll(await client.responses.create({ ...body, stream: true }));
    const [plain, streamed] = set.recorder.spans.map((span) => span.attributes['gen_ai.output.messages']);
    expect(streamed).toBe(plain);
  });

  it('keeps what was said until a stream was left', async () => {
    const client = clientWith({ captureOutput: true });
    let chunks = 0;
    for await (const _ of await client.chat.completions.create({ ...CHAT, stream: true })) if (++chunks === 3) break;
    expect(contentOf()).toEqual({
      'gen_ai.output.messages': [{ role: 'assistant', parts: [{ type: 'text', content: 'This is an' }] }],
    });
  });

  it('records nothing of the content otherwise', async () => {
    const client = clientWith({});
    await client.chat.completions.create({ ...CHAT, tools: [WEATHER_TOOL] });
    await client.responses.create({ ...RESPONSE, tools: [FUNCTION] });
    await client.embeddings.create({ model: 'gpt-fake', input: 'Oslo' });
    const recorded = JSON.stringify(
      set.recorder.spans.map(({ name, attributes, events }) => [name, attributes, events]),
    );
    for (const word of ['Oslo', 'snow', 'short', 'here', 'Rome', 'answer', 'weather']) {
      expect(recorded).not.toContain(word);
    }
  });
});
