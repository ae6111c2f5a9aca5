import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { traceQuery } from '../../../../src/instrument/clients/claude-agent.ts';
import { outcome, type Recorder, sleep, startRecorder } from '../../recorder.ts';
import { readAll } from '../host-view.ts';

let recorder: Recorder;

beforeEach(() => {
  recorder = startRecorder();
});
afterEach(() => recorder.stop());

async function* saying(...messages: unknown[]): AsyncGenerator<unknown> {
  yield* messages;
}

const INIT = { type: 'system', subtype: 'init', model: 'claude-x', session_id: 's-1' };
const RESULT = { type: 'result', subtype: 'success', is_error: false, num_turns: 1, session_id: 's-1' };

function assistant(id: string, block: object, more: object = {}): object {
  const message = { id, model: 'claude-x', role: 'assistant', content: [block], stop_reason: null, usage: {} };
  return { type: 'assistant', message, parent_tool_use_id: null, session_id: 's-1', ...more };
}

describe('a query of another shape', () => {
  const warnings: string[] = [];
  const listen = (warning: Error) => warnings.push(warning.message);
  beforeAll(() => void process.on('warning', listen));
  afterAll(() => void process.off('warning', listen));

  it('is left as it is, with one notice for each shape', async () => {
    const none = {} as never;
    expect(traceQuery(none)).toBe(none);
    for (let i = 0; i < 2; i++) {
      expect(traceQuery(() => 7)()).toBe(7);
      expect(await readAll(traceQuery(() => saying({ kind: 'new' }, 8))())).toEqual([{ kind: 'new' }, 8]);
    }
    await sleep(10);
    expect(warnings).toEqual([
      'trace-analyze: traceQuery: it needs the function query of the Claude Agent SDK; nothing is traced',
      'trace-analyze: traceQuery: the function returned no stream of messages; its runs are not traced',
      'trace-analyze: traceQuery: messages of an unknown shape; what they say is not traced',
    ]);
    expect(recorder.spans.map(({ name }) => name)).toEqual(Array(4).fill('invoke_agent claude'));
  });
});

it('takes messages as they are read, where it cannot listen to them coming in', async () => {
  const tool = { type: 'tool_use', id: 'toolu_1', name: 'Read', input: {} };
  const answered = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'text' }] };
  const messages = [
    INIT,
    assistant('msg_1', { type: 'text', text: 'I will look.' }),
    assistant('msg_1', tool),
    { type: 'user', message: answered, parent_tool_use_id: null, session_id: 's-1' },
    assistant('msg_2', { type: 'text', text: 'Seen.' }),
    { type: 'system', subtype: 'compact_boundary', compact_metadata: { trigger: 'auto', pre_tokens: 900 } },
    { type: 'rate_limit_event', rate_limit_info: { status: 'allowed_warning', rateLimitType: 'five_hour' } },
    RESULT,
  ];
  const traced = traceQuery(() => saying(...messages), { name: 'helper' });
  expect(await readAll(traced())).toEqual(messages);
  expect(recorder.spans.map(({ name }) => name)).toEqual([
    'execute_tool Read',
    'chat claude-x',
    'chat claude-x',
    'invoke_agent helper',
  ]);
  const agent = recorder.span('invoke_agent helper');
  expect(agent.attributes).toMatchObject({ 'gen_ai.conversation.id': 's-1', 'gen_ai.conversation.compacted': true });
  expect(agent.events.map(({ name, attributes }) => [name, attributes])).toEqual([
    ['ta.compacted', { trigger: 'auto', before: 900 }],
    ['ta.rate_limit', { status: 'allowed_warning', type: 'five_hour' }],
  ]);
  expect(outcome(agent)).toBe('unset');
});

it('knows where the model is by the environment of the process', async () => {
  const provider = async (env: object, prompt: object = {}) => {
    await readAll(
      traceQuery((_: object) => saying(INIT, assistant('m', { type: 'text', text: '' }), RESULT))({
        options: { env },
        ...prompt,
      }),
    );
    const { attributes } = recorder.spans.filter(({ name }) => name === 'chat claude-x').at(-1)!;
    return [attributes['gen_ai.provider.name'], attributes['server.address'], attributes['server.port']];
  };
  expect(await provider({})).toEqual(['anthropic', 'api.anthropic.com', 443]);
  expect(await provider({ ANTHROPIC_BASE_URL: 'http://gateway:8080/v1' })).toEqual(['anthropic', 'gateway', 8080]);
  expect(await provider({ CLAUDE_CODE_USE_BEDROCK: '1' })).toEqual(['aws.bedrock', undefined, undefined]);
  expect(await provider({ CLAUDE_CODE_USE_VERTEX: 'true' })).toEqual(['gcp.vertex_ai', undefined, undefined]);
  expect(await provider({ CLAUDE_CODE_USE_FOUNDRY: '1' })).toEqual(['azure.ai.inference', undefined, undefined]);
});

it('does nothing where nobody records', async () => {
  await recorder.stop();
  const query = saying(INIT, RESULT);
  const { next } = query;
  expect(traceQuery(() => query)()).toBe(query);
  expect(query.next).toBe(next);
});
