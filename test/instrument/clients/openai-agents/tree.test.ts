import { trace } from '@opentelemetry/api';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { traceOpenAI } from '../../../../src/instrument/clients/openai.ts';
import { agentsProcessor } from '../../../../src/instrument/clients/openai-agents.ts';
import { agent, current, inject, session, step, workflow } from '../../../../src/instrument/index.ts';
import { describeReleases } from '../../../support/clients.ts';
import { sleep } from '../../recorder.ts';
import { factsOf, setUp } from '../framework-setup.ts';
import { type Loose, readAll } from '../host-view.ts';
import { loadSdk, type Sdk, weather } from './sdk.ts';

const set = setUp();
const MODEL = 'chat gpt-fake-2026-11-01';

describeReleases('openai-agents', (release) => {
  let sdk: Sdk;

  beforeAll(async () => {
    sdk = await loadSdk(release);
  });
  beforeEach(() => {
    sdk.setTraceProcessors([agentsProcessor()]);
    sdk.setDefaultOpenAIClient(client());
  });

  const client = () => new sdk.OpenAI({ apiKey: 'k', baseURL: set.server.baseURL, maxRetries: 0 });
  const forecaster = (more: object = {}) => new sdk.Agent({ name: 'forecaster', model: 'gpt-fake', ...more });
  const withTool = (run?: () => unknown) => forecaster({ tools: [weather(sdk, run)] });

  const RUN = `
    invoke_agent shopper
      invoke_workflow Agent workflow
        invoke_agent forecaster
          turn {ta.turn=1}
            ${MODEL} [client]
            execute_tool weather
          turn {ta.turn=2}
            ${MODEL} [client]
  `;

  it('has spans of a run, its agent, its turns, models and tools, below what runs', async () => {
    await agent('shopper', () => sdk.run(withTool(), 'hi'))();
    set.spans.assertTree(RUN, { kinds: true });
  });

  it('has the same of a run that streams', async () => {
    await agent('shopper', async () => {
      const result = await sdk.run(withTool(), 'hi', { stream: true });
      await readAll(result);
      return result.completed;
    })();
    set.spans.assertTree(RUN, { kinds: true });
  });

  it('links tools to the model call that asked for them, also those of the same name', async () => {
    const both = forecaster({
      tools: [weather(sdk), weather(sdk, () => 'dry', 'rain')],
      modelSettings: { parallelToolCalls: true },
    });
    await sdk.run(both, 'hi');
    const [asker] = set.spans.spans.filter(({ name }) => name === MODEL);
    for (const [name, id] of [
      ['weather', 'call_1_1'],
      ['rain', 'call_1_2'],
    ]) {
      const { attributes, links } = set.spans.span(`execute_tool ${name}`);
      expect(attributes['gen_ai.tool.call.id']).toBe(id);
      expect(links.map(({ spanId }) => spanId)).toEqual([asker!.id]);
      expect(attributes['ta.args_hash']).toMatch(/^[0-9a-f]{16}$/);
    }
  });

  it('tells who handed over to whom', async () => {
    const other = new sdk.Agent({ name: 'other', model: 'gpt-fake' });
    await sdk.run(forecaster({ handoffs: [other] }), 'hi');
    set.spans.assertTree(`
      invoke_workflow Agent workflow
        invoke_agent forecaster
          turn
            ${MODEL}
            handoff other {ta.handoff.from=forecaster, ta.handoff.to=other}
        invoke_agent other
          turn
            ${MODEL}
    `);
  });

  it('tells whether a guardrail stopped the run', async () => {
    const guard = (tripwireTriggered: boolean) => ({
      name: tripwireTriggered ? 'strict' : 'lenient',
      execute: async () => ({ outputInfo: {}, tripwireTriggered }),
    });
    const guarded = forecaster({ inputGuardrails: [guard(false), guard(true)] });
    await expect(sdk.run(guarded, 'hi')).rejects.toThrow();
    await set.spans.settled();
    const triggered = (name: string) => set.spans.span(`apply_guardrail ${name}`).attributes['ta.guardrail.triggered'];
    expect([triggered('lenient'), triggered('strict')]).toEqual([false, true]);
  });

  it('gives code inside of tools their span as a parent', async () => {
    const headers: Record<string, string>[] = [];
    const look = step('look', async () => {
      await sleep(1);
      trace.getTracer('other').startSpan('foreign').end();
      return sdk.run(forecaster({ name: 'inner' }), 'hi');
    });
    const run = async () => {
      headers.push(inject());
      current().attributes({ noted: 1 });
      await look();
      return 'sunny';
    };
    await agent('shopper', () => sdk.run(withTool(run), 'hi'))();
    const span = set.spans.span('execute_tool weather');
    expect(span.attributes.noted).toBe(1);
    expect(headers[0]!.traceparent).toBe(`00-${span.traceId}-${span.id}-01`);
    expect(span.children.map(({ name }) => name)).toEqual(['look']);
    const [foreign, ...rest] = span.children[0]!.children;
    expect([
      foreign!.name,
      rest.some(({ name }) => name === 'invoke_agent inner' || name === 'invoke_workflow Agent workflow'),
    ]).toEqual(['foreign', true]);
  });

  it('keeps runs apart that run at the same time', async () => {
    const look = step('look', async () => sleep(5).then(() => 'sunny'));
    await Promise.all(['a', 'b', 'c'].map((name) => agent(name, () => sdk.run(withTool(look), 'hi'))()));
    for (const root of set.spans.roots) {
      const tool = root.children[0]!.children[0]!.children[0]!.children.find(
        ({ name }) => name === 'execute_tool weather',
      );
      expect(tool!.children.map(({ name }) => name)).toEqual(['look']);
    }
    expect(set.spans.roots).toHaveLength(3);
  });

  it('takes the conversation from the group of a run, unless it is part of one already', async () => {
    const ids = () => new Set(set.spans.spans.map(({ attributes }) => attributes['gen_ai.conversation.id']));
    const runner = new sdk.Runner({ groupId: 'group-7', workflowName: 'forecast' });
    await runner.run(withTool(step('look', () => 'sunny')), 'hi');
    expect([ids(), set.spans.roots.map(({ name }) => name)]).toEqual([
      new Set(['group-7']),
      ['invoke_workflow forecast'],
    ]);
    set.spans.clear();
    await session('basket-9', () => runner.run(withTool(), 'hi'));
    expect(ids()).toEqual(new Set(['basket-9']));
    set.spans.clear();
    await sdk.run(withTool(), 'hi');
    expect(ids()).toEqual(new Set([undefined]));
  });

  it('has one span for each of the SDK however many processors there are, and however many runs a trace has', async () => {
    sdk.setTraceProcessors([agentsProcessor(), agentsProcessor()]);
    sdk.addTraceProcessor(agentsProcessor());
    const both = workflow('both', () =>
      sdk.withTrace('two runs', async () => {
        await sdk.run(forecaster(), 'hi');
        await sdk.withCustomSpan(async () => sdk.run(forecaster(), 'hi'), { data: { name: 'again', data: {} } });
      }),
    );
    await both();
    const names = set.spans.spans.map(({ name }) => name);
    expect(names.filter((name) => name === 'invoke_agent forecaster')).toHaveLength(2);
    expect(set.spans.roots.map(({ name }) => name)).toEqual(['invoke_workflow both']);
    expect(set.spans.span('again').children.length).toBeGreaterThan(0);
  });

  it('leaves model calls to a client that is traced', async () => {
    sdk.setTraceProcessors([agentsProcessor({ modelCalls: false })]);
    // A default client is only looked up for the first run of a process.
    const modelProvider = new sdk.OpenAIProvider({ openAIClient: traceOpenAI(client()) });
    const result = await new sdk.Runner({ modelProvider }).run(withTool(), 'hi', { stream: true });
    await readAll(result);
    set.spans.assertTree(`
      invoke_workflow Agent workflow
        invoke_agent forecaster
          turn
            chat gpt-fake
            execute_tool weather
          turn
            chat gpt-fake
    `);
    const [asker] = set.spans.spans.filter(({ name }) => name === 'chat gpt-fake');
    expect(asker!.attributes['gen_ai.response.time_to_first_chunk']).toEqual(expect.any(Number));
    expect(set.spans.span('execute_tool weather').links.map(({ spanId }) => spanId)).toEqual([asker!.id]);
  });

  it('does nothing where nobody records', async () => {
    await set.spans.stop();
    const { finalOutput } = await sdk.run(
      withTool(() => JSON.stringify(inject())),
      'hi',
    );
    expect(finalOutput).toBe('This is an answer.');
  });
});

/** A span of the SDK, by hand: its voice parts need a microphone. */
function sdkSpan(id: string, spanData: object, more: object = {}): object {
  return { spanId: id, parentId: null, traceId: 'trace_1', spanData, error: null, ...more };
}

describe('kinds of spans', () => {
  it.each<[object, string, string, object]>([
    [{ type: 'task', name: 'w' }, 'invoke_workflow w', 'internal', { 'gen_ai.workflow.name': 'w' }],
    [{ type: 'custom', name: 'mine', data: {} }, 'mine', 'internal', {}],
    [{ type: 'speech', model: 'tts-1' }, 'speech tts-1', 'client', { 'gen_ai.request.model': 'tts-1' }],
    [{ type: 'transcription', model: 'w-1' }, 'transcription w-1', 'client', { 'gen_ai.provider.name': 'openai' }],
    [{ type: 'speech_group' }, 'speech_group', 'internal', {}],
    [{ type: 'mcp_tools', server: 's' }, 'tools/list', 'client', { 'mcp.method.name': 'tools/list' }],
    [{ type: 'newer', name: 'what' }, 'what', 'internal', {}],
    [
      {
        type: 'generation',
        model: 'm',
        model_config: { provider: 'anthropic.messages', temperature: 0.5 },
        usage: { input_tokens: 3 },
      },
      'chat m',
      'client',
      { 'gen_ai.provider.name': 'anthropic', 'gen_ai.request.temperature': 0.5, 'gen_ai.usage.input_tokens': 3 },
    ],
  ])('has one of %o', async (data, name, kind, attributes) => {
    const processor = agentsProcessor({ attributes: { team: 'sky' } });
    const span = sdkSpan('span_1', data);
    await processor.onSpanStart(span);
    await processor.onSpanEnd(span);
    const [recorded] = set.spans.spans;
    expect([recorded!.name, recorded!.kind, recorded!.status]).toEqual([name, kind, 'unset']);
    expect(factsOf(recorded!)).toMatchObject({ ...attributes, team: 'sky' });
  });

  it('gives one notice where the SDK is not known', async () => {
    const warnings: string[] = [];
    const listen = (warning: Error) => warnings.push(warning.message);
    process.on('warning', listen);
    const processor = agentsProcessor();
    for (const span of [{ what: 'else' }, undefined, 7]) {
      await processor.onSpanStart(span);
      await processor.onSpanEnd(span);
      await processor.onTraceStart(span);
      await processor.onTraceEnd(span);
    }
    await sleep(5);
    process.off('warning', listen);
    expect(warnings).toEqual([
      'trace-analyze: agentsProcessor: this version of the OpenAI Agents SDK has spans of another shape; they are not traced',
    ]);
    expect(await Promise.all([processor.shutdown(), processor.forceFlush()])).toEqual([undefined, undefined]);
    expect((set.spans.spans as Loose[]).length + set.spans.open.length).toBe(0);
  });
});
