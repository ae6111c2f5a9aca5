import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { beforeAll, expect, it } from 'vitest';
import { traceQuery } from '../../../../src/instrument/clients/claude-agent.ts';
import { session } from '../../../../src/instrument/index.ts';
import { describeReleases } from '../../../support/clients.ts';
import { foreignSpan, idOf, outcome, sleep } from '../../recorder.ts';
import { type Loose, readAll } from '../host-view.ts';
import { loadSdk, localTools, MODEL, type Sdk, spoken } from './sdk.ts';
import { setUp, TIMEOUT } from './setup.ts';

const set = setUp();

const READ = { name: 'Read', input: { file_path: '/etc/hosts' } };
const DONE = { text: 'Done.' };
const TWO_TOOLS = {
  toolUses: [
    { name: 'mcp__local__add', id: 'toolu_add', input: { a: 1 } },
    { name: 'mcp__local__bad', id: 'toolu_bad', input: { a: 1 } },
  ],
};
const subagent = (isBackground: boolean) => ({
  toolUses: [
    {
      name: 'Task',
      id: 'toolu_task',
      input: { description: 'd', prompt: 'LOOK', subagent_type: 'general-purpose', run_in_background: isBackground },
    },
  ],
});

const endMs = ({ endTime }: ReadableSpan) => endTime[0] * 1000 + endTime[1] / 1e6;

describeReleases('claude-agent', (release) => {
  let sdk: Sdk;
  const isFirst = release.name === 'claude-agent-0.1';
  const ask = (options: object, prompt: unknown = 'hello') =>
    readAll(traceQuery(sdk.query)({ prompt, options: set.cage.options(options) }));
  beforeAll(async () => {
    sdk = await loadSdk(release);
  });

  it('has a span for the run, and one for each model call and each tool', { timeout: TIMEOUT }, async () => {
    set.server.say((_, results) => (results === 0 ? TWO_TOOLS : DONE));
    const messages = await ask(localTools(sdk, (name) => foreignSpan(`inside ${name}`)));
    const { recorder, server } = set;
    const result = messages.at(-1);

    expect(recorder.tree()).toEqual(
      [
        'invoke_agent claude',
        `chat ${MODEL} < invoke_agent claude`,
        'execute_tool mcp__local__add < invoke_agent claude',
        'execute_tool mcp__local__bad < invoke_agent claude',
        'inside add < execute_tool mcp__local__add',
        'inside bad < execute_tool mcp__local__bad',
        `chat ${MODEL} < invoke_agent claude`,
      ].sort(),
    );
    expect(recorder.span('invoke_agent claude').attributes).toMatchObject({
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.provider.name': 'anthropic',
      'gen_ai.agent.name': 'claude',
      'gen_ai.request.model': MODEL,
      'gen_ai.conversation.id': result.session_id,
      'ta.agent.turns': result.num_turns,
      'ta.agent.cost_usd': result.total_cost_usd,
      'ta.agent.model_ms': result.duration_api_ms,
      'ta.agent.model_usage': JSON.stringify(result.modelUsage),
    });
    const [first, second] = recorder.spans.filter(({ name }) => name === `chat ${MODEL}`);
    expect(first!.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': MODEL,
      'gen_ai.response.model': `${MODEL}-20261101`,
      'gen_ai.response.id': 'msg_1',
      'gen_ai.usage.input_tokens': 11,
      'gen_ai.usage.cache_read.input_tokens': 3,
      'gen_ai.usage.cache_write.input_tokens': 2,
      'gen_ai.conversation.id': result.session_id,
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(server.origin).port),
      'ta.turn': 1,
    });
    expect(second!.attributes).toMatchObject({ 'gen_ai.response.id': 'msg_2', 'ta.turn': 2 });
    // Which is how far the answer had come when its parts were told.
    if (!isFirst) expect(second!.attributes).not.toHaveProperty('gen_ai.usage.output_tokens');

    const add = recorder.span('execute_tool mcp__local__add');
    expect(add.attributes).toMatchObject({
      'gen_ai.tool.name': 'mcp__local__add',
      'gen_ai.tool.call.id': 'toolu_add',
      'ta.turn': 1,
    });
    expect(add.links.map(({ context }) => context.spanId)).toEqual([idOf(first!)]);
    expect(outcome(add)).toBe('unset');
    const bad = recorder.span('execute_tool mcp__local__bad');
    expect([outcome(bad), bad.attributes['error.type']]).toEqual(['error', 'tool_error']);
    expect(JSON.stringify(recorder.spans.map(({ attributes }) => attributes))).not.toMatch(/Done|It broke|hello/);
  });

  it('knows all of the agent from its result, and all of a single model call', { timeout: TIMEOUT }, async () => {
    set.server.say(() => DONE);
    const result = (await ask({})).at(-1);
    const { attributes } = set.recorder.span(`chat ${MODEL}`);
    expect(attributes['gen_ai.usage.output_tokens']).toBe(4);
    expect(attributes['gen_ai.usage.input_tokens']).toBe(11);
    if (result.stop_reason !== undefined) expect(attributes['gen_ai.response.finish_reasons']).toEqual(['end_turn']);
    const models: Loose[] = Object.values(result.modelUsage);
    // The first of the releases asks other models, too, and does not tell.
    expect(set.recorder.span('invoke_agent claude').attributes).toMatchObject({
      'gen_ai.usage.input_tokens': 11 * models.reduce((sum, model) => sum + model.inputTokens / 6, 0),
      'gen_ai.usage.output_tokens': models.reduce((sum, model) => sum + model.outputTokens, 0),
      'gen_ai.usage.cache_read.input_tokens': models.reduce((sum, model) => sum + model.cacheReadInputTokens, 0),
      'gen_ai.usage.cache_write.input_tokens': models.reduce((sum, model) => sum + model.cacheCreationInputTokens, 0),
    });
  });

  it('hands its trace to the process', { timeout: TIMEOUT }, async () => {
    set.server.say(() => DONE);
    await ask({});
    const { traceId, spanId } = set.recorder.span('invoke_agent claude').spanContext();
    // The first of the releases does not look for a trace.
    expect(set.cage.children[0]!.env.TRACEPARENT).toBe(isFirst ? undefined : `00-${traceId}-${spanId}-01`);
    expect(set.cage.env).not.toHaveProperty('TRACEPARENT');
  });

  it('tells from partial messages when the first chunk came, and all tokens', { timeout: TIMEOUT }, async () => {
    set.server.say((_, results) => (results === 0 ? { toolUses: [{ ...READ, id: 'toolu_read' }] } : DONE));
    await ask({ includePartialMessages: true, allowedTools: ['Read'] });
    const chats = set.recorder.spans.filter(({ name }) => name === `chat ${MODEL}`);
    expect(chats.map(({ attributes }) => attributes['gen_ai.response.finish_reasons'])).toEqual([
      ['tool_use'],
      ['end_turn'],
    ]);
    for (const { attributes, duration } of chats) {
      expect(attributes).toMatchObject({ 'gen_ai.request.stream': true, 'gen_ai.usage.output_tokens': 4 });
      const seconds = attributes['gen_ai.response.time_to_first_chunk'] as number;
      expect(seconds).toBeGreaterThan(0);
      expect(seconds).toBeLessThanOrEqual(duration[0] + duration[1] / 1e9);
    }
    expect(set.recorder.span('execute_tool Read').links).toHaveLength(1);
  });

  it('has an agent of its own for a subagent, below the tool that started it', { timeout: TIMEOUT }, async () => {
    set.server.say((prompt, results) => {
      if (prompt.includes('LOOK'))
        return results === 0 ? { toolUses: [{ ...READ, id: 'toolu_read' }] } : { text: 'Seen.' };
      return results === 0 ? subagent(false) : DONE;
    });
    await ask({ allowedTools: ['Task', 'Agent', 'Read'] });
    const { recorder } = set;
    expect(recorder.tree()).toEqual(
      [
        'invoke_agent claude',
        `chat ${MODEL} < invoke_agent claude`,
        'execute_tool Task < invoke_agent claude',
        'invoke_agent general-purpose < execute_tool Task',
        `chat ${MODEL} < invoke_agent general-purpose`,
        'execute_tool Read < invoke_agent general-purpose',
        `chat ${MODEL} < invoke_agent claude`,
      ].sort(),
    );
    expect(recorder.spans.map(outcome)).toEqual(recorder.spans.map(() => 'unset'));
    const ids = new Set(recorder.spans.map(({ attributes }) => attributes['gen_ai.conversation.id']));
    expect(ids.size).toBe(1);
  });

  it('lets a subagent in the background outlive its tool', { timeout: TIMEOUT }, async () => {
    set.server.say((prompt, results) => {
      if (prompt.includes('LOOK'))
        return results === 0 ? { toolUses: [{ ...READ, id: 'toolu_read' }] } : { text: 'Seen.' };
      return results === 0 ? subagent(true) : DONE;
    });
    await ask({ allowedTools: ['Task', 'Agent', 'Read'] });
    const { recorder } = set;
    const [tool, agent] = ['execute_tool Task', 'invoke_agent general-purpose'].map((name) => recorder.span(name));
    expect(recorder.tree()).toContain('invoke_agent general-purpose < execute_tool Task');
    expect(outcome(agent!)).toBe('unset');
    expect(endMs(agent!)).toBeGreaterThan(endMs(tool!));
    // The first of the releases does not say when a subagent is done.
    expect(agent!.attributes['ta.stopped_early']).toBe(isFirst ? true : undefined);
    expect(endMs(recorder.span('invoke_agent claude'))).toBeGreaterThanOrEqual(endMs(agent!));
  });

  it('has a step for the permission that the host gives or denies', { timeout: TIMEOUT }, async () => {
    set.server.say((_, results) => (results === 0 ? TWO_TOOLS : DONE));
    const canUseTool = async (name: string, updatedInput: object) => {
      foreignSpan(`asked for ${name}`);
      await sleep(30);
      return name.endsWith('add') ? { behavior: 'allow', updatedInput } : { behavior: 'deny', message: 'No.' };
    };
    const options = { ...localTools(sdk), allowedTools: [], canUseTool };
    await ask(options, spoken(['add']));
    const { recorder } = set;
    expect(recorder.tree()).toEqual(
      [
        'invoke_agent claude',
        `chat ${MODEL} < invoke_agent claude`,
        'execute_tool mcp__local__add < invoke_agent claude',
        'execute_tool mcp__local__bad < invoke_agent claude',
        'permission < execute_tool mcp__local__add',
        'permission < execute_tool mcp__local__bad',
        'asked for mcp__local__add < permission',
        'asked for mcp__local__bad < permission',
        `chat ${MODEL} < invoke_agent claude`,
      ].sort(),
    );
    expect(outcome(recorder.span('execute_tool mcp__local__add'))).toBe('unset');
    expect(recorder.span('execute_tool mcp__local__bad').attributes['error.type']).toBe('permission_denied');
  });

  it('goes on over the turns of a conversation, in the session that the host names', { timeout: TIMEOUT }, async () => {
    set.server.say(() => DONE);
    const results: Loose[] = [];
    let next: (value?: unknown) => void = () => undefined;
    const answered = new Promise((resolve) => {
      next = resolve;
    });
    async function* texts() {
      yield 'one';
      await answered;
      yield 'two';
    }
    const options = set.cage.options();
    const query = session('talk-1', () =>
      traceQuery(sdk.query, { name: 'helper' })({ prompt: spoken(texts()), options }),
    );
    for await (const message of query) {
      if (message.type === 'result') {
        results.push(message);
        next();
      }
    }
    expect(results).toHaveLength(2);
    expect(set.recorder.tree()).toEqual(
      ['invoke_agent helper', ...Array(2).fill(`chat ${MODEL} < invoke_agent helper`)].sort(),
    );
    const agent = set.recorder.span('invoke_agent helper').attributes;
    expect(agent['gen_ai.conversation.id']).toBe('talk-1');
    expect(agent['ta.agent.cost_usd']).toBe(results[1].total_cost_usd);
    for (const { attributes } of set.recorder.spans.filter(({ name }) => name.startsWith('chat'))) {
      expect(attributes['gen_ai.usage.output_tokens']).toBe(4);
    }
  });

  it('records content where it is asked to', { timeout: TIMEOUT }, async () => {
    set.server.say((_, results) => (results === 0 ? { toolUses: [TWO_TOOLS.toolUses[0]!] } : DONE));
    const traced = traceQuery(sdk.query, { captureInput: true, captureOutput: true, attributes: { tenant: 'a' } });
    await readAll(traced({ prompt: 'hello', options: set.cage.options(localTools(sdk)) }));
    const { recorder } = set;
    const messages = (role: string, content: string) => [{ role, parts: [{ type: 'text', content }] }];
    const agent = recorder.span('invoke_agent claude').attributes;
    expect(JSON.parse(String(agent['gen_ai.input.messages']))).toEqual(messages('user', 'hello'));
    expect(JSON.parse(String(agent['gen_ai.output.messages']))).toEqual(messages('assistant', 'Done.'));
    const tool = recorder.span('execute_tool mcp__local__add').attributes;
    expect(JSON.parse(String(tool['gen_ai.tool.call.arguments']))).toEqual({ a: 1 });
    expect(JSON.parse(String(tool['gen_ai.tool.call.result']))).toEqual([{ type: 'text', text: '2' }]);
    const [first, second] = recorder.spans.filter(({ name }) => name === `chat ${MODEL}`);
    const call = { type: 'tool_call', id: 'toolu_add', name: 'mcp__local__add', arguments: { a: 1 } };
    expect(JSON.parse(String(first!.attributes['gen_ai.output.messages']))[0].parts).toEqual([call]);
    expect(JSON.parse(String(second!.attributes['gen_ai.output.messages']))[0].parts).toEqual([
      { type: 'text', content: 'Done.' },
    ]);
    expect(recorder.spans.map(({ attributes }) => attributes.tenant)).toEqual(recorder.spans.map(() => 'a'));
  });
});
