import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { traceGoogle } from '../../../../src/instrument/clients/google.ts';
import { describeReleases } from '../../../support/clients.ts';
import { startGoogle } from '../../../support/vendors/google.ts';
import type { Vendor } from '../../../support/vendors/vendor.ts';
import { type Recorder, sleep, startRecorder } from '../../recorder.ts';
import { hostView, type Note } from '../host-view.ts';
import { type Client, callableTool, loadSdk, type Sdk } from './sdk.ts';

let server: Vendor;
let recorder: Recorder;

beforeAll(async () => {
  server = await startGoogle();
});
afterAll(() => server.stop());
beforeEach(() => {
  recorder = startRecorder();
});
afterEach(() => recorder.stop());

type Program = (client: Client, note: Note) => Promise<unknown>;

const BODY = { model: 'gemini-fake', contents: 'hi' };
const failing = (fault: string) => ({ ...BODY, model: `gemini-fake:${fault}` });

async function readInto(note: Note, stream: AsyncIterable<unknown>): Promise<void> {
  note('class', Object.prototype.toString.call(stream));
  for await (const piece of stream) note('piece', piece);
}

const PROGRAMS: Readonly<Record<string, Program>> = {
  answer: async ({ models }, note) => note('answer', await models.generateContent(BODY)),
  stream: async ({ models }, note) => readInto(note, await models.generateContentStream(BODY)),
  'a stream that is left': async ({ models }, note) => {
    const stream = await models.generateContentStream(failing('long'));
    for await (const piece of stream) {
      note('piece', piece);
      break;
    }
    note('after', await stream.next());
  },
  'a stream that dies': async ({ models }, note) => readInto(note, await models.generateContentStream(failing('die'))),
  'a stream with an error': async ({ models }, note) =>
    readInto(note, await models.generateContentStream(failing('error'))),
  'a refused request': async ({ models }) => models.generateContent(failing('429')),
  'a refused stream': async ({ models }) => models.generateContentStream(failing('500')),
  'a rejection that nobody handles': async ({ models }) => {
    void models.generateContent(failing('500'));
    await sleep(100);
  },
  'a call without parameters': async ({ models }) => models.generateContent(undefined as never),
  embeddings: async ({ models }, note) =>
    note('embeddings', await models.embedContent({ model: 'embed-fake', contents: ['a', 'b'] })),
  'tokens counted': async ({ models }, note) => note('tokens', await models.countTokens(BODY)),
  chat: async ({ chats }, note) => {
    const chat = chats.create({ model: 'gemini-fake' });
    note('first', await chat.sendMessage({ message: 'one' }));
    await readInto(note, await chat.sendMessageStream({ message: 'two' }));
    note('history', chat.getHistory());
  },
  'automatic function calls': async ({ models }, note) => {
    const weather = callableTool('weather', (args) => {
      note('tool', args);
      return 'sunny';
    });
    note('answer', await models.generateContent({ ...BODY, config: { tools: [weather] } }));
  },
  'the client itself': async (client, note) => {
    note('keys', [Object.keys(client), Object.keys(client.models), JSON.stringify(Object.keys(client.chats))]);
    note('methods', [client.models.generateContent, client.models.embedContent]);
    note('promise', Object.getPrototypeOf(client.models.countTokens(BODY)) === Promise.prototype);
  },
};

describeReleases('google', (release) => {
  let sdk: Sdk;
  beforeAll(async () => {
    sdk = await loadSdk(release);
  });

  const newClient = () => new sdk.GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: server.origin } });

  it.each(Object.keys(PROGRAMS))('the host sees the same with and without: %s', async (name) => {
    const program = PROGRAMS[name]!;
    const bare = await hostView(server, (note) => program(newClient(), note));
    expect(recorder.spans).toEqual([]);
    expect(await hostView(server, (note) => program(traceGoogle(newClient()), note))).toEqual(bare);
  });
});

describe('a client of an unknown shape', () => {
  const warnings: string[] = [];
  const listen = (warning: Error) => warnings.push(warning.message);
  beforeAll(() => void process.on('warning', listen));
  afterAll(() => void process.off('warning', listen));

  it('is left as it is, with one notice for each shape', async () => {
    const models = { generateContent: async () => 'answer', generateContentInternal: async () => 'internal' };
    const partly = { models };
    const other = { models: {} };
    expect([traceGoogle(partly), traceGoogle(partly), traceGoogle(other), traceGoogle(other)]).toEqual([
      partly,
      partly,
      other,
      other,
    ]);
    expect(traceGoogle(undefined as never)).toBeUndefined();
    await sleep(5);
    expect(warnings).toEqual([
      "trace-analyze: traceGoogle: the client's models have no generateContentStreamInternal, no embedContentInternal; such calls are not traced",
      "trace-analyze: traceGoogle: the client's models have no generateContentInternal, no generateContentStreamInternal, no embedContentInternal; such calls are not traced",
    ]);
    expect(await models.generateContentInternal()).toBe('internal');
    expect(recorder.spans).toHaveLength(1);
  });

  it('is told where it refuses to be traced', async () => {
    const refuse = async () => 'answer';
    const frozen = {
      generateContentInternal: refuse,
      generateContentStreamInternal: refuse,
      embedContentInternal: refuse,
    };
    const client = { models: Object.freeze(frozen) };
    warnings.length = 0;
    expect(traceGoogle(client)).toBe(client);
    await sleep(5);
    expect(warnings).toEqual(['trace-analyze: traceGoogle: the client refuses to be traced']);
    expect(await client.models.generateContentInternal()).toBe('answer');
  });
});
