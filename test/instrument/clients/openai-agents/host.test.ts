import { beforeAll, describe, expect, it } from 'vitest';
import { agentsProcessor } from '../../../../src/instrument/clients/openai-agents.ts';
import { describeReleases } from '../../../support/clients.ts';
import { sleep } from '../../recorder.ts';
import { setUp } from '../framework-setup.ts';
import { hostView, type Loose, type Note } from '../host-view.ts';
import { loadSdk, type Sdk, weather } from './sdk.ts';

const set = setUp();

interface Scene {
  readonly sdk: Sdk;
  readonly note: Note;
  run(fault: string, settings?: object, options?: object): Promise<Loose>;
}

type Program = (scene: Scene) => Promise<unknown>;

const noteResult = (note: Note, result: Loose) =>
  note('result', [
    result.constructor.name,
    result.finalOutput,
    result.history,
    result.rawResponses,
    result.lastAgent?.name,
  ]);

function loudTool(sdk: Sdk, note: Note): Loose {
  return weather(sdk, () => {
    note('tool');
    return 'sunny';
  });
}

const PROGRAMS: Readonly<Record<string, Program>> = {
  'a run': async ({ run, note }) => noteResult(note, await run('')),
  'a run with tools': async ({ run, sdk, note }) => noteResult(note, await run('', { tools: [loudTool(sdk, note)] })),
  'a tool that fails': async ({ run, sdk, note }) => {
    const failing = () => {
      throw new RangeError('no weather');
    };
    noteResult(note, await run('', { tools: [weather(sdk, failing)] }));
  },
  'a stream': async ({ run, sdk, note }) => {
    const result = await run('', { tools: [loudTool(sdk, note)] }, { stream: true });
    note('class', result.constructor.name);
    for await (const event of result) note('event', [event.type, event.name, event.data?.type, event.item?.type]);
    await result.completed;
    noteResult(note, result);
  },
  'the text of a stream': async ({ run, note }) => {
    const result = await run('', {}, { stream: true });
    for await (const piece of result.toTextStream()) note('piece', piece);
  },
  'a stream that is left': async ({ run, note }) => {
    for await (const event of await run(':long', {}, { stream: true })) {
      note('event', event.type);
      break;
    }
  },
  'a stream that dies': async ({ run, note }) => {
    for await (const event of await run(':die', {}, { stream: true })) note('event', event.type);
  },
  'a refused request': async ({ run }) => run(':429'),
  'too many turns': async ({ run, sdk, note }) => run('', { tools: [loudTool(sdk, note)] }, { maxTurns: 1 }),
  'a rejection that nobody handles': async ({ run }) => {
    void run(':500');
    await sleep(200);
  },
};

describeReleases('openai-agents', (release) => {
  let sdk: Sdk;

  beforeAll(async () => {
    sdk = await loadSdk(release);
  });

  it.each(Object.keys(PROGRAMS))('the host sees the same with and without: %s', async (name) => {
    const view = (processors: object[]) => {
      sdk.setTraceProcessors(processors);
      const openAIClient = new sdk.OpenAI({ apiKey: 'k', baseURL: set.server.baseURL, maxRetries: 0 });
      const runner = new sdk.Runner({ modelProvider: new sdk.OpenAIProvider({ openAIClient }) });
      return hostView(set.server, (note) => {
        const run: Scene['run'] = (fault, settings = {}, options = {}) =>
          runner.run(new sdk.Agent({ name: 'a', model: `gpt-fake${fault}`, ...settings }), 'hi', options);
        return PROGRAMS[name]!({ sdk, note, run });
      });
    };
    const bare = await view([]);
    expect(set.spans.spans).toEqual([]);
    expect(await view([agentsProcessor()])).toEqual(bare);
    expect(bare.log.length + bare.unhandled.length).toBeGreaterThan(0);
    await set.spans.settled();
    expect(set.spans.spans.length).toBeGreaterThan(0);
  });
});

describe('a processor', () => {
  it('never throws, whatever it is told', async () => {
    const hostile = {
      get spanId() {
        throw new Error('mine');
      },
    };
    const processor = agentsProcessor();
    expect(await processor.onTraceEnd(null)).toBeUndefined();
    expect(() => processor.onTraceStart(Symbol('x'))).not.toThrow();
    await expect(processor.onTraceStart(hostile)).resolves.toBeUndefined();
  });
});
