import { context, trace } from '@opentelemetry/api';
import { beforeAll, describe, expect, it } from 'vitest';
import { langchainHandler } from '../../../../src/instrument/clients/langchain.ts';
import { agent, current, inject, session, step, tool } from '../../../../src/instrument/index.ts';
import { describeReleases } from '../../../support/clients.ts';
import { sleep } from '../../recorder.ts';
import { factsOf, setUp } from '../framework-setup.ts';
import type { Loose } from '../host-view.ts';
import { chat, is02, loadSdk, type Sdk, weather } from './sdk.ts';

let answers = 0;
const set = setUp({ answer: () => ({ id: `chatcmpl-${++answers}` }) });
const traced = (more: object = {}) => ({ callbacks: [langchainHandler()], ...more });
const HI = { messages: ['hi'] };

describeReleases('langchain', (release) => {
  let sdk: Sdk;

  beforeAll(async () => {
    sdk = await loadSdk(release);
  });

  const model = () => chat(sdk, set.server.baseURL);
  const reactAgent = (run?: () => unknown, more: object = {}): Loose =>
    sdk.createReactAgent({ llm: model(), tools: [weather(sdk, run)], ...more });

  it('has spans of a graph, its nodes, its model and its tools, below what runs, and of nothing else', async () => {
    await agent('shopper', () => reactAgent().invoke(HI, traced()))();
    set.spans.assertTree(
      `
      invoke_agent shopper
        invoke_workflow LangGraph
          agent
            chat gpt-fake [client]
          tools
            execute_tool weather
          agent
            chat gpt-fake [client]
      `,
      { kinds: true },
    );
  });

  it('links a tool to the model call that asked for it', async () => {
    await reactAgent().invoke(HI, traced());
    const span = set.spans.span('execute_tool weather');
    const [asker] = set.spans.spans.filter(({ name }) => name === 'chat gpt-fake');
    const id = { 'gen_ai.tool.call.id': 'call_1_1' };
    expect(span.attributes).toMatchObject({ 'gen_ai.tool.type': 'function', ...id });
    expect(span.links).toEqual([{ traceId: asker!.traceId, spanId: asker!.id, attributes: id }]);
  });

  it('takes a graph with a name, or with one given to the handler, for an agent', async () => {
    const graph = new sdk.StateGraph(sdk.MessagesAnnotation).addNode('say', async () => ({ messages: [] }));
    const compiled = graph.addEdge('__start__', 'say').addEdge('say', '__end__').compile();
    await compiled.invoke(HI, traced({ runName: 'speaker' }));
    await compiled.invoke(HI, { callbacks: [langchainHandler({ agent: 'orator' })] });
    set.spans.assertTree(`
      invoke_agent speaker
        say
      invoke_agent orator
        say
    `);
    expect(set.spans.span('invoke_agent orator').attributes).toMatchObject({ 'gen_ai.agent.name': 'orator' });
  });

  it('has spans of a chain and of parts with a name of their own, but not of how it is put together', async () => {
    const count = sdk.RunnableLambda.from((text: string) => text.length).withConfig({ runName: 'count' });
    const prompt = sdk.ChatPromptTemplate.fromMessages([['human', '{q}']]);
    const parts = [model(), new sdk.StringOutputParser(), sdk.RunnableLambda.from((text: string) => text), count];
    const chain = parts.reduce((so, part) => so.pipe(part), prompt);
    expect(await chain.invoke({ q: 'hi' }, traced())).toBe(18);
    await chain.invoke({ q: 'hi' }, traced({ runName: 'answer length' }));
    set.spans.assertTree(`
      RunnableSequence
        chat gpt-fake
        count
      answer length
        chat gpt-fake
        count
    `);
  });

  it('has spans of a retriever', async () => {
    class Shelf extends (sdk.BaseRetriever as new () => Loose) {
      lc_namespace = ['test'];
      static lc_name() {
        return 'Shelf';
      }
      async _getRelevantDocuments() {
        return [];
      }
    }
    await new Shelf().invoke('q', traced());
    const { kind, attributes } = set.spans.span('retrieval Shelf');
    expect([kind, attributes['gen_ai.data_source.id']]).toEqual(['client', 'Shelf']);
  });

  it('gives code inside of tools and nodes their span as a parent, and runs of LangChain in it that of the code', async () => {
    const look = step('look', async () => {
      await sleep(1);
      trace.getTracer('other').startSpan('foreign').end();
      return model().invoke('hi', traced());
    });
    const headers: Record<string, string>[] = [];
    await agent('shopper', () =>
      reactAgent(async () => {
        headers.push(inject());
        current().attributes({ noted: 1 });
        await Promise.all([look(), session('other', () => tool('ask', async () => sleep(1))())]);
        return 'sunny';
      }).invoke(HI, traced()),
    )();
    set.spans.assertTree(`
      invoke_agent shopper
        invoke_workflow LangGraph
          agent
            chat gpt-fake
          tools
            execute_tool weather
              look
                foreign
                chat gpt-fake
              execute_tool ask
          agent
            chat gpt-fake
    `);
    const span = set.spans.span('execute_tool weather');
    expect(span.attributes.noted).toBe(1);
    expect(headers[0]!.traceparent).toBe(`00-${span.traceId}-${span.id}-01`);
    expect(set.spans.span('execute_tool ask').attributes['gen_ai.conversation.id']).toBe('other');
  });

  it('leaves code below the spans that others open inside of a tool', async () => {
    const inner = step('inner', () => 'sunny');
    const run = () =>
      trace.getTracer('other').startActiveSpan('outer', (span) => {
        const result = inner();
        span.end();
        return result;
      });
    await agent('shopper', () => reactAgent(run).invoke(HI, traced()))();
    expect(set.spans.span('inner').parent?.name).toBe('outer');
  });

  it('keeps the runs of graphs apart that run at the same time', async () => {
    const graph = reactAgent(step('look', async () => sleep(5).then(() => 'sunny')));
    const names = ['a', 'b', 'c'];
    await Promise.all(names.map((name) => agent(name, () => graph.invoke(HI, traced()))()));
    for (const root of set.spans.roots) {
      const [tools] = root.children[0]!.children.filter(({ name }) => name === 'tools');
      expect(tools!.children[0]!.children.map(({ name }) => name)).toEqual(['look']);
    }
    expect(set.spans.roots.map(({ name }) => name)).toEqual(names.map((name) => `invoke_agent ${name}`));
  });

  it('has one span for a run that several handlers are told of', async () => {
    const llm = chat(sdk, set.server.baseURL, 'gpt-fake', { callbacks: [langchainHandler()] });
    await llm.invoke('hi', { callbacks: [langchainHandler(), langchainHandler()] });
    set.spans.assertTree('chat gpt-fake');
  });

  it('takes the conversation from the thread of a graph, unless it is part of one already', async () => {
    const configurable = { thread_id: 'thread-7' };
    await reactAgent(step('look', () => 'sunny')).invoke(HI, traced({ configurable }));
    const ids = new Set(set.spans.spans.map(({ attributes }) => attributes['gen_ai.conversation.id']));
    expect(ids).toEqual(new Set(['thread-7']));
    set.spans.clear();
    await session('basket-9', () => reactAgent().invoke(HI, traced({ configurable })));
    const others = new Set(set.spans.spans.map(({ attributes }) => attributes['gen_ai.conversation.id']));
    expect(others).toEqual(new Set(['basket-9']));
    set.spans.clear();
    await reactAgent().invoke(HI, traced());
    expect(set.spans.spans.every(({ attributes }) => !('gen_ai.conversation.id' in attributes))).toBe(true);
  });

  it('fails what fails: a tool, its node and its graph', async () => {
    const failing = async () => {
      throw new RangeError('too far');
    };
    const node = async () => weather(sdk, failing).invoke({}, undefined);
    const graph = new sdk.StateGraph(sdk.MessagesAnnotation).addNode('go', node).addEdge('__start__', 'go').compile();
    await expect(graph.invoke(HI, traced())).rejects.toThrow('too far');
    set.spans.assertTree(`
      invoke_workflow LangGraph (error: RangeError)
        go (error: RangeError)
          execute_tool weather (error: RangeError)
    `);
  });

  it('does nothing where nobody records', async () => {
    await set.spans.stop();
    const { messages } = await reactAgent(() => JSON.stringify(inject())).invoke(HI, traced());
    expect(messages.at(-2).content).toBe('{}');
    expect(trace.getSpan(context.active())).toBeUndefined();
  });

  if (!is02(release)) {
    it('does not take a graph that waits for a person for a failed one', async () => {
      const { interrupt, MemorySaver, Command } = sdk.langgraph;
      const graph = new sdk.StateGraph(sdk.MessagesAnnotation).addNode('ask', async () => ({
        messages: [interrupt('sure?')],
      }));
      const compiled = graph.addEdge('__start__', 'ask').compile({ checkpointer: new MemorySaver() });
      const options = traced({ configurable: { thread_id: 'x' } });
      await compiled.invoke(HI, options);
      const { messages } = await compiled.invoke(new Command({ resume: 'yes' }), options);
      expect(messages.at(-1).content).toBe('yes');
      set.spans.assertTree(`
        invoke_workflow LangGraph
          ask
        invoke_workflow LangGraph
          ask
      `);
    });
  }
});

describe('an unknown version of LangChain', () => {
  it('gives one notice and is not traced', async () => {
    const warnings: string[] = [];
    const listen = (warning: Error) => warnings.push(warning.message);
    process.on('warning', listen);
    const handler = langchainHandler();
    for (let i = 0; i < 2; i++) handler.handleChainStart({ what: 'else' });
    handler.handleChainEnd({}, 'unknown');
    await sleep(5);
    process.off('warning', listen);
    expect(warnings).toEqual([
      'trace-analyze: langchainHandler: this version of LangChain tells of runs without ids; they are not traced',
    ]);
    expect([set.spans.spans, set.spans.open].map((list) => list.map(factsOf as never))).toEqual([[], []]);
  });
});
