import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aiTelemetry, traceAiSdk } from '../../../../src/instrument/clients/ai-sdk.ts';
import { describeReleases } from '../../../support/clients.ts';
import { type FakeOpenAI, startOpenAI } from '../../../support/vendors/openai.ts';
import { type Recorder, sleep, startRecorder } from '../../recorder.ts';
import { hostView, type Loose, type Note } from '../host-view.ts';
import { loadSdk, type Sdk, telemetryOf, weatherTools } from './sdk.ts';

let server: FakeOpenAI;
let recorder: Recorder;

beforeAll(async () => {
  server = await startOpenAI();
});
afterAll(() => server.stop());
beforeEach(() => {
  recorder = startRecorder();
});
afterEach(() => recorder.stop());

/** `options` has the telemetry, or nothing. */
type Program = (sdk: Sdk, openai: Loose, options: object, note: Note) => Promise<unknown>;

const ask = (openai: Loose, fault = '') => ({ model: openai.chat(`gpt-fake${fault}`), prompt: 'hi', maxRetries: 0 });

/** What of a result is the same in two runs. */
function noteResult(note: Note, result: Loose): void {
  const { text, finishReason, usage, toolCalls, toolResults, steps, warnings } = result;
  note('result', { text, finishReason, usage, toolCalls, toolResults, steps: steps.length, warnings });
  note('class', Object.getPrototypeOf(result).constructor.name);
}

async function readInto(note: Note, stream: AsyncIterable<Loose>): Promise<void> {
  for await (const part of stream) note('part', typeof part === 'object' ? [part.type, part.text, part.error] : part);
}

function loudTools(sdk: Sdk, note: Note): object {
  return weatherTools(sdk, () => {
    note('tool');
    return 'sunny';
  });
}

const PROGRAMS: Readonly<Record<string, Program>> = {
  text: async (sdk, openai, options, note) => noteResult(note, await sdk.generateText({ ...ask(openai), ...options })),
  'text with tools': async (sdk, openai, options, note) => {
    const more = { tools: loudTools(sdk, note), stopWhen: sdk.stepCountIs(5) };
    const onStepFinish = (step: Loose) => note('step', step.finishReason);
    noteResult(note, await sdk.generateText({ ...ask(openai), ...more, onStepFinish, ...options }));
  },
  'a tool that fails': async (sdk, openai, options, note) => {
    const tools = weatherTools(sdk, () => {
      throw new TypeError('no weather today');
    });
    noteResult(note, await sdk.generateText({ ...ask(openai), tools, stopWhen: sdk.stepCountIs(5), ...options }));
  },
  'a refused request': async (sdk, openai, options) => sdk.generateText({ ...ask(openai, ':429'), ...options }),
  'a rejection that nobody handles': async (sdk, openai, options) => {
    void sdk.generateText({ ...ask(openai, ':500'), ...options });
    await sleep(100);
  },
  stream: async (sdk, openai, options, note) => {
    const result = sdk.streamText({ ...ask(openai), ...options });
    note('class', Object.getPrototypeOf(result).constructor.name);
    await readInto(note, result.fullStream);
    note('text', await result.text);
    note('usage', await result.usage);
  },
  'stream with tools': async (sdk, openai, options, note) => {
    const more = { tools: loudTools(sdk, note), stopWhen: sdk.stepCountIs(5) };
    await readInto(note, sdk.streamText({ ...ask(openai), ...more, ...options }).fullStream);
  },
  'a stream that is left': async (sdk, openai, options, note) => {
    for await (const part of sdk.streamText({ ...ask(openai, ':long'), ...options }).textStream) {
      note('part', part);
      break;
    }
  },
  'a stream that is aborted': async (sdk, openai, options, note) => {
    const abort = new AbortController();
    const onAbort = () => note('aborted');
    const more = { abortSignal: abort.signal, onAbort };
    const { textStream } = sdk.streamText({ ...ask(openai, ':long'), ...more, ...options });
    for await (const _ of textStream) abort.abort();
    note('after');
  },
  'a stream that dies': async (sdk, openai, options, note) => {
    const onError = ({ error }: Loose) => note('error', error);
    await readInto(note, sdk.streamText({ ...ask(openai, ':die'), onError, ...options }).textStream);
  },
  'a stream with an error': async (sdk, openai, options, note) => {
    const onError = ({ error }: Loose) => note('error', error);
    await readInto(note, sdk.streamText({ ...ask(openai, ':error'), onError, ...options }).fullStream);
  },
  'a refused stream': async (sdk, openai, options, note) => {
    const onError = ({ error }: Loose) => note('error', error);
    await readInto(note, sdk.streamText({ ...ask(openai, ':500'), onError, ...options }).fullStream);
  },
  objects: async (sdk, openai, options, note) => {
    const schema = sdk.z.object({ answer: sdk.z.number() });
    note('object', (await sdk.generateObject({ ...ask(openai), schema, ...options })).object);
    await readInto(note, sdk.streamObject({ ...ask(openai), schema, ...options }).textStream);
  },
  embeddings: async (sdk, openai, options, note) => {
    const model = openai.embedding('embed-fake');
    note('one', (await sdk.embed({ model, value: 'a', ...options })).embedding);
    note('many', (await sdk.embedMany({ model, values: ['a', 'b'], ...options })).embeddings);
  },
};

describeReleases('ai', (release) => {
  let sdk: Sdk;
  let openai: Loose;

  beforeAll(async () => {
    sdk = await loadSdk(release);
    openai = sdk.createOpenAI({ apiKey: 'k', baseURL: server.baseURL });
  });

  it.each(Object.keys(PROGRAMS))('the host sees the same with and without: %s', async (name) => {
    const view = (options: object) => hostView(server, (note) => PROGRAMS[name]!(sdk, openai, options, note));
    const bare = await view({});
    expect(recorder.spans).toEqual([]);
    expect(await view(telemetryOf(release))).toEqual(bare);
  });
});

describe('a version of the SDK that is not known', () => {
  const warnings: string[] = [];
  const listen = (warning: Error) => warnings.push(warning.message);
  beforeAll(() => void process.on('warning', listen));
  afterAll(() => void process.off('warning', listen));

  it('gives one notice for each of its ways, and its work is done', async () => {
    const { tracer, integrations } = aiTelemetry();
    const [integration] = integrations;
    for (let i = 0; i < 2; i++) {
      expect(tracer.startActiveSpan('sdk.generate', () => 'done')).toBe('done');
      integration!.onStart({ what: 'else' });
    }
    expect(await integration!.executeLanguageModelCall({ callId: 'c', execute: async () => 'answer' })).toBe('answer');
    expect(await integration!.executeTool({ callId: 'c', execute: async () => 'result' })).toBe('result');
    await sleep(5);
    expect(warnings).toEqual([
      'trace-analyze: aiTelemetry: the AI SDK\'s "sdk.generate" is not known and not traced',
      'trace-analyze: aiTelemetry: this version of the AI SDK is not known; its calls are not traced',
    ]);
    expect(recorder.spans).toEqual([]);
  });

  it('gives one notice where the whole program is traced and its version is too old', async () => {
    const registry = globalThis as { AI_SDK_TELEMETRY_INTEGRATIONS?: Loose[] };
    warnings.length = 0;
    traceAiSdk();
    for (const one of registry.AI_SDK_TELEMETRY_INTEGRATIONS!) one.onStart({ model: { modelId: 'gpt-fake' } });
    registry.AI_SDK_TELEMETRY_INTEGRATIONS = [];
    await sleep(5);
    expect(warnings).toEqual([
      'trace-analyze: traceAiSdk needs version 7 of the AI SDK; for others give aiTelemetry() to each call',
    ]);
  });
});
