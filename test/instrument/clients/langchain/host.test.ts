import { beforeAll, expect, it } from 'vitest';
import { langchainHandler } from '../../../../src/instrument/clients/langchain.ts';
import { describeReleases } from '../../../support/clients.ts';
import { sleep } from '../../recorder.ts';
import { setUp } from '../framework-setup.ts';
import { hostView, type Loose, type Note } from '../host-view.ts';
import { chat, loadSdk, type Sdk, weather } from './sdk.ts';

let answers = 0;
const set = setUp({ answer: () => ({ id: `chatcmpl-${answers++ % 2}` }) });

/** What a host's own handler is told, without what differs from one run to the next. */
function listener(note: Note): object {
  const names = [
    'ChatModelStart',
    'LLMEnd',
    'LLMError',
    'ChainStart',
    'ChainEnd',
    'ChainError',
    'ToolStart',
    'ToolEnd',
  ];
  const methods = names.map((name) => [`handle${name}`, () => note(name)]);
  return { name: 'host', awaitHandlers: true, ...Object.fromEntries(methods) };
}

/** `options` has the callbacks. */
type Program = (scene: { sdk: Sdk; options: object; note: Note; model(fault?: string): Loose }) => Promise<unknown>;

const text = (message: Loose) => [
  message.constructor.name,
  message.content,
  message.tool_calls,
  message.usage_metadata,
];

const PROGRAMS: Readonly<Record<string, Program>> = {
  'a model': async ({ model, options, note }) => note('answer', text(await model().invoke('hi', options))),
  'a stream': async ({ model, options, note }) => {
    const stream = await model().stream('hi', options);
    note('class', stream.constructor.name);
    for await (const chunk of stream) {
      note('chunk', text(chunk));
      queueMicrotask(() => note('microtask'));
    }
  },
  'a stream that is left': async ({ model, options, note }) => {
    for await (const chunk of await model(':long').stream('hi', options)) {
      note('chunk', text(chunk));
      break;
    }
  },
  'a stream that dies': async ({ model, options, note }) => {
    for await (const chunk of await model(':die').stream('hi', options)) note('chunk', text(chunk));
  },
  'a refused request': async ({ model, options }) => model(':429').invoke('hi', options),
  'a rejection that nobody handles': async ({ model, options }) => {
    void model(':500').invoke('hi', options);
    await sleep(200);
  },
  'a chain': async ({ sdk, model, options, note }) => {
    const chain = sdk.ChatPromptTemplate.fromMessages([['human', '{q}']])
      .pipe(model())
      .pipe(new sdk.StringOutputParser());
    note('answer', await chain.invoke({ q: 'hi' }, options));
    note('answers', await chain.batch([{ q: 'a' }, { q: 'b' }], options));
    for await (const piece of await chain.stream({ q: 'hi' }, options)) note('piece', piece);
  },
  'a graph': async ({ sdk, model, options, note }) => {
    const look = () => {
      note('tool');
      return 'sunny';
    };
    const tools = [weather(sdk, look)];
    const graph = sdk.createReactAgent({ llm: model(), tools });
    const { messages } = await graph.invoke({ messages: ['hi'] }, options);
    note('messages', messages.map(text));
    for await (const update of await graph.stream({ messages: ['hi'] }, { ...options, streamMode: 'updates' })) {
      note('update', Object.keys(update));
    }
  },
  'a graph with a tool that fails': async ({ sdk, model, options, note }) => {
    const failing = async () => {
      throw new RangeError('no weather');
    };
    const graph = sdk.createReactAgent({ llm: model(), tools: [weather(sdk, failing)] });
    const { messages } = await graph.invoke({ messages: ['hi'] }, options);
    note('messages', messages.map(text));
  },
};

describeReleases('langchain', (release) => {
  let sdk: Sdk;

  beforeAll(async () => {
    sdk = await loadSdk(release);
  });

  it.each(Object.keys(PROGRAMS))('the host sees the same with and without: %s', async (name) => {
    const view = (handlers: object[]) => {
      answers = 0;
      const model = (fault = '') => chat(sdk, set.server.baseURL, `gpt-fake${fault}`);
      return hostView(set.server, (note) =>
        PROGRAMS[name]!({ sdk, options: { callbacks: [listener(note), ...handlers] }, note, model }),
      );
    };
    const bare = await view([]);
    expect(set.spans.spans).toEqual([]);
    expect(await view([langchainHandler()])).toEqual(bare);
    expect(bare.log.length + bare.unhandled.length).toBeGreaterThan(0);
    expect(set.spans.spans.length + set.spans.open.length).toBeGreaterThan(0);
  });
});
