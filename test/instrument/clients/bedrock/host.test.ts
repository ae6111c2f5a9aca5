import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { traceBedrock } from '../../../../src/instrument/clients/bedrock.ts';
import { describeReleases } from '../../../support/clients.ts';
import type { Vendor } from '../../../support/vendors/vendor.ts';
import { type Recorder, sleep, startRecorder } from '../../recorder.ts';
import { hostView, type Note } from '../host-view.ts';
import { type Client, loadSdk, MESSAGES, type Sdk, settingsFor, startFor } from './sdk.ts';

let recorder: Recorder;

beforeEach(() => {
  recorder = startRecorder();
});
afterEach(() => recorder.stop());

type Program = (client: Client, sdk: Sdk, note: Note, server: Vendor) => Promise<unknown>;

const input = (modelId = 'fake.model') => ({ modelId, messages: MESSAGES });

async function readInto(note: Note, stream: AsyncIterable<unknown>): Promise<void> {
  note('class', Object.getPrototypeOf(stream)?.constructor.name);
  for await (const piece of stream) note('piece', piece);
}

const streamed = async (client: Client, sdk: Sdk, modelId?: string) =>
  (await client.send(new sdk.ConverseStreamCommand(input(modelId)))).stream;

const PROGRAMS: Readonly<Record<string, Program>> = {
  answer: async (client, sdk, note) => note('answer', await client.send(new sdk.ConverseCommand(input()))),
  stream: async (client, sdk, note) => readInto(note, await streamed(client, sdk)),
  'a stream that is left': async (client, sdk, note) => {
    for await (const piece of await streamed(client, sdk, 'fake.model:long')) {
      note('piece', piece);
      break;
    }
  },
  'a stream that dies': async (client, sdk, note) => readInto(note, await streamed(client, sdk, 'fake.model:die')),
  'a stream that is throttled': async (client, sdk, note) =>
    readInto(note, await streamed(client, sdk, 'fake.model:error')),
  'a refused request': async (client, sdk) => client.send(new sdk.ConverseCommand(input('fake.model:429'))),
  'a refused stream': async (client, sdk) => streamed(client, sdk, 'fake.model:500'),
  'a rejection that nobody handles': async (client, sdk) => {
    void client.send(new sdk.ConverseCommand(input('fake.model:500')));
    await sleep(100);
  },
  'an aborted request': async (client, sdk, note, server) => {
    const abort = new AbortController();
    const before = server.requests.length;
    const command = new sdk.ConverseCommand(input('fake.model:hang'));
    const answer = client.send(command, { abortSignal: abort.signal });
    const aborted = answer.catch((error: unknown) => note('aborted', error));
    while (server.requests.length === before) await sleep(10);
    abort.abort();
    await aborted;
  },
  'a callback': async (client, sdk, note) =>
    new Promise<void>((resolve) => {
      const returned = client.send(new sdk.ConverseCommand(input()), (error: unknown, data: unknown) => {
        note('error', error);
        note('data', data);
        resolve();
      });
      note('returned', returned);
    }),
  invoke: async (client, sdk, note) => {
    const command = new sdk.InvokeModelCommand({ modelId: 'anthropic.fake', body: '{"messages":[]}' });
    note('answer', await client.send(command));
  },
  'invoke as a stream': async (client, sdk, note) => {
    const command = new sdk.InvokeModelWithResponseStreamCommand({ modelId: 'anthropic.fake', body: '{}' });
    await readInto(note, (await client.send(command)).body);
  },
  'the order of middlewares': async (client, sdk, note) => {
    for (const step of ['initialize', 'build', 'finalizeRequest', 'deserialize']) {
      const around = (next: (args: unknown) => Promise<unknown>) => async (args: unknown) => {
        note('before', step);
        const result = await next(args);
        note('after', step);
        return result;
      };
      client.middlewareStack.add(around, { step, name: `own-${step}` });
    }
    await client.send(new sdk.ConverseCommand(input()));
  },
};

describeReleases('bedrock', (release) => {
  let sdk: Sdk;
  let server: Vendor;
  beforeAll(async () => {
    [sdk, server] = [await loadSdk(release), await startFor(release)];
  });
  afterAll(() => server.stop());

  it.each(Object.keys(PROGRAMS))('the host sees the same with and without: %s', async (name) => {
    const view = (prepare: (client: Client) => Client) =>
      hostView(server, async (note) => {
        const client = prepare(new sdk.BedrockRuntimeClient(settingsFor(server)));
        await PROGRAMS[name]!(client, sdk, note, server).finally(() => client.destroy());
      });
    const bare = await view((client) => client);
    expect(recorder.spans).toEqual([]);
    expect(await view((client) => traceBedrock(client))).toEqual(bare);
    expect(recorder.spans).toHaveLength(1);
  });
});

describe('a client of an unknown shape', () => {
  const warnings: string[] = [];
  const listen = (warning: Error) => warnings.push(warning.message);
  beforeAll(() => void process.on('warning', listen));
  afterAll(() => void process.off('warning', listen));

  it('is left as it is, with one notice for each shape', async () => {
    const shapeless = { send: async () => 'sent' };
    const added: unknown[] = [];
    const stack = { add: (middleware: unknown) => added.push(middleware) };
    const other = { config: { serviceId: 'S3' }, middlewareStack: stack };
    const frozen = { middlewareStack: Object.freeze({ ...stack }) };
    for (const client of [shapeless, shapeless, other, other, frozen, frozen])
      expect(traceBedrock(client)).toBe(client);
    expect(traceBedrock(undefined as never)).toBeUndefined();
    await sleep(5);
    expect(warnings).toEqual([
      'trace-analyze: traceBedrock: the client has no middlewareStack.add; its calls are not traced',
      'trace-analyze: traceBedrock: a client of S3 asks no model; its calls are not traced',
      'trace-analyze: traceBedrock: the client refuses to be traced',
    ]);
    expect(added).toEqual([]);
    expect(await shapeless.send()).toBe('sent');
  });
});
