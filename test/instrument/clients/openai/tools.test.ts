import { beforeAll, beforeEach, expect, it } from 'vitest';
import { traceOpenAI } from '../../../../src/instrument/clients/openai.ts';
import { openSpec } from '../../../../src/instrument/open-call.ts';
import { describeReleases } from '../../../support/clients.ts';
import { idOf } from '../../recorder.ts';
import { type Client, loadSdk, MESSAGES, readAll, type Sdk, WEATHER_TOOL } from './sdk.ts';
import { setUp } from './setup.ts';

let turn = 0;
const ids = () => [`call_${turn}_a`, `call_${turn}_b`];
const set = setUp({
  answer: ({ body }) => (body?.tools === undefined ? {} : { toolCalls: ids().map((id) => ({ name: 'weather', id })) }),
});

const CHAT = { model: 'gpt-fake', messages: MESSAGES, tools: [WEATHER_TOOL] };
const { name, parameters } = WEATHER_TOOL.function;
const RESPONSE = { model: 'gpt-fake', input: 'How is it?', tools: [{ type: 'function', name, parameters }] };

/** Runs a tool for a model that asked for it by this id. */
function answerCall(id: string): void {
  const call = openSpec({ kind: 'tool', name: 'weather' })!;
  call.answers(id);
  call.succeed();
}

describeReleases('openai', (release) => {
  let sdk: Sdk;
  let client: Client;

  beforeAll(async () => {
    sdk = await loadSdk(release);
  });

  beforeEach(() => {
    turn++;
    client = traceOpenAI(new sdk.OpenAI({ apiKey: 'k', baseURL: set.server.baseURL, maxRetries: 0 }));
  });

  it.each<[string, () => Promise<unknown>]>([
    ['chat', () => client.chat.completions.create(CHAT)],
    ['chat stream', async () => readAll(await client.chat.completions.create({ ...CHAT, stream: true }))],
    ['chat stream helper', () => client.chat.completions.stream(CHAT).finalChatCompletion()],
    ['response', () => client.responses.create(RESPONSE)],
    ['response stream', async () => readAll(await client.responses.create({ ...RESPONSE, stream: true }))],
    ['response stream helper', () => client.responses.stream(RESPONSE).finalResponse()],
  ])('links tool calls to the model call that asked for them: %s', async (_what, ask) => {
    await ask();
    for (const id of ids()) answerCall(id);
    const asker = set.recorder.span('chat gpt-fake');
    expect(asker.attributes['gen_ai.response.finish_reasons']).toEqual(['tool_calls']);
    const tools = set.recorder.spans.filter((span) => span.name === 'execute_tool weather');
    expect(tools.map((span) => span.attributes['gen_ai.tool.call.id'])).toEqual(ids());
    expect(tools.map((span) => span.links.map((link) => link.context.spanId))).toEqual([[idOf(asker)], [idOf(asker)]]);
  });
});
