import { beforeAll, expect, it } from 'vitest';
import { traceOpenAI } from '../../../../src/instrument/clients/openai.ts';
import { describeReleases } from '../../../support/clients.ts';
import { type FakeOpenAI, startOpenAI } from '../../../support/vendors/openai.ts';
import { type Client, type Loose, loadSdk, MESSAGES, type RequestPromise, type Sdk, WEATHER_TOOL } from './sdk.ts';
import { setUp } from './setup.ts';
import { shownError, shownObject, shownRequest } from './shown.ts';

const set = setUp();

const BODY = { model: 'gpt-fake', messages: MESSAGES };
const STREAM = { ...BODY, stream: true, stream_options: { include_usage: true } };
const FORMAT = { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'object' } } };

/** Everything that a host sees, in its order. */
type Seen = unknown[];

interface Scene {
  readonly sdk: Sdk;
  readonly client: Client;
  readonly seen: Seen;
}

type Scenario = (scene: Scene) => Promise<void>;

/** Notes each step of what many listeners of one promise see, and microtasks between. */
async function listened(promise: RequestPromise, { seen, sdk }: Scene): Promise<void> {
  const note = (what: string) => (value: unknown) =>
    void seen.push([what, value instanceof Error ? 'error' : typeof value]);
  const all = [
    promise.then(note('then 1')),
    promise.finally(() => note('finally')(undefined)),
    promise.asResponse().then(note('response')),
    promise.withResponse().then(note('with response')),
    promise.then(note('then 2')).then(note('then 3')),
    promise._thenUnwrap((value) => [value]).then(note('unwrapped')),
    promise.catch(note('catch')),
    (async () => note('awaited')(await promise))(),
  ];
  for (const one of await Promise.allSettled(all)) {
    seen.push(one.status === 'rejected' ? shownError(one.reason, sdk.errors) : one.status);
  }
}

const SCENARIOS: Record<string, Scenario> = {
  'one promise, many listeners': async (scene) => {
    const promise = scene.client.chat.completions.create(BODY);
    scene.seen.push(promise instanceof scene.sdk.APIPromise, promise instanceof Promise, shownObject(promise));
    // A body can be read once, so that copies and the promise itself get in each other's way.
    await listened(promise, scene);
  },
  'one failed promise, many listeners': (scene) =>
    listened(scene.client.chat.completions.create({ ...BODY, model: 'gpt-fake:400' }), scene),
  'values and types': async ({ client, seen }) => {
    const completion = await client.chat.completions.create(BODY);
    const response = await client.responses.create({ model: 'gpt-fake', input: 'hi' });
    const embedding = await client.embeddings.create({ model: 'gpt-fake', input: ['a', 'b'] });
    seen.push(completion, completion._request_id, shownObject(completion), response, shownObject(response));
    seen.push(embedding, shownObject(embedding), embedding.data[0].embedding.constructor.name);
    seen.push(await client.chat.completions.parse({ ...BODY, response_format: FORMAT }));
    seen.push((await client.models.list()).data);
  },
  'a stream': async ({ client, seen, sdk }) => {
    const stream = await client.chat.completions.create(STREAM);
    seen.push(stream instanceof sdk.Stream, shownObject(stream));
    for await (const chunk of stream) {
      seen.push(chunk);
      queueMicrotask(() => seen.push('microtask'));
    }
    await (async () => {
      for await (const _ of stream) seen.push('again');
    })().catch((error) => seen.push(shownError(error, sdk.errors)));
  },
  'a stream of events': async ({ client, seen }) => {
    for await (const event of await client.responses.create({ model: 'gpt-fake', input: 'hi', stream: true })) {
      seen.push(event);
    }
  },
  'a stream that is driven by hand': async ({ client, seen }) => {
    const iterator = (await client.chat.completions.create(STREAM))[Symbol.asyncIterator]();
    const first = iterator.next();
    const second = iterator.next();
    seen.push(first.constructor.name, await first, await second, await iterator.return('left'), await iterator.next());
  },
  'a stream that is left': async ({ client, seen }) => {
    const stream = await client.chat.completions.create({ ...STREAM, model: 'gpt-fake:long' });
    for await (const chunk of stream) {
      seen.push(chunk);
      break;
    }
    seen.push(stream.controller.signal.aborted);
  },
  'branches of a stream': async ({ client, seen, sdk }) => {
    const [left, right] = (await client.chat.completions.create(STREAM)).tee();
    seen.push(left instanceof sdk.Stream, shownObject(left));
    const read = async (name: string, branch: AsyncIterable<unknown>) => {
      for await (const chunk of branch) seen.push([name, chunk]);
    };
    await Promise.all([read('left', left), read('right', right)]);
    seen.push(await new Response((await client.chat.completions.create(STREAM)).toReadableStream()).text());
  },
  'events of helpers': async ({ client, seen }) => {
    const names = [
      'connect',
      'chunk',
      'content',
      'message',
      'finalContent',
      'finalMessage',
      'finalChatCompletion',
      'end',
    ];
    const stream = client.chat.completions.stream(STREAM);
    for (const name of names) stream.on(name, (value: unknown) => seen.push([name, value]));
    seen.push(shownObject(stream), await stream.finalChatCompletion(), await stream.finalContent(), stream.aborted);
    const responses = client.responses.stream({ model: 'gpt-fake', input: 'hi' });
    responses.on('response.output_text.delta', (event: unknown) => seen.push(event));
    for await (const event of responses) seen.push(event.type);
    seen.push(await responses.finalResponse());
    const tool = { ...WEATHER_TOOL, function: { ...WEATHER_TOOL.function, function: () => 'rain', parse: JSON.parse } };
    const runner = client.chat.completions.runTools({ ...BODY, tools: [tool] });
    for (const name of [...names, 'functionToolCall', 'functionToolCallResult']) {
      runner.on(name, (value: unknown) => seen.push([name, value]));
    }
    seen.push(await runner.finalContent(), runner.messages);
  },
  'a helper that is aborted': async ({ client, seen, sdk }) => {
    const stream = client.chat.completions.stream({ ...STREAM, model: 'gpt-fake:long' });
    for (const name of ['abort', 'error', 'end']) stream.on(name, (value: Loose) => seen.push([name, value?.message]));
    stream.once('chunk', () => stream.abort());
    await stream.finalContent().catch((error: unknown) => seen.push(shownError(error, sdk.errors)));
    seen.push(stream.aborted, stream.ended, stream.errored);
  },
  errors: async ({ client, seen, sdk }) => {
    for (const fault of ['500', '429', '400', '404', 'die']) {
      for (const body of [BODY, STREAM]) {
        const ask = async () => {
          const answer = await client.chat.completions.create({ ...body, model: `gpt-fake:${fault}` });
          if ('controller' in answer) for await (const chunk of answer) seen.push(chunk);
        };
        await ask().catch((error) => seen.push(shownError(error, sdk.errors)));
      }
    }
    const hanging = { ...BODY, model: 'gpt-fake:hang' };
    await client.chat.completions
      .create(hanging, { timeout: 20 })
      .catch((error) => seen.push(shownError(error, sdk.errors)));
    const signal = AbortSignal.abort();
    await client.chat.completions
      .create(hanging, { signal })
      .catch((error) => seen.push(shownError(error, sdk.errors)));
    const read = client.chat.completions.create({ ...STREAM, model: 'gpt-fake:error' }).then(async (stream) => {
      for await (const chunk of stream) seen.push(chunk);
    });
    await read.catch((error) => seen.push(shownError(error, sdk.errors)));
  },
  'a request that is tried again': async ({ client, seen }) => {
    const patient = client.withOptions({ maxRetries: 2 });
    seen.push(await patient.chat.completions.create({ ...BODY, model: 'gpt-fake:once-429' }));
  },
  'wrong use': async ({ client, seen, sdk }) => {
    const wrong = [
      () => client.chat.completions.create(undefined as never),
      () => client.embeddings.create(null as never),
      () => client.chat.completions.stream({ ...BODY, n: 2 }).finalContent(),
    ];
    for (const use of wrong) {
      await (async () => use())().then(
        () => seen.push('no error'),
        (error) => seen.push(shownError(error, sdk.errors)),
      );
    }
  },
};

describeReleases('openai', (release) => {
  let sdk: Sdk;

  beforeAll(async () => {
    sdk = await loadSdk(release);
  });

  async function run(scenario: Scenario, wrap: (client: Client) => Client) {
    const server: FakeOpenAI = await startOpenAI();
    const scene = {
      sdk,
      client: wrap(new sdk.OpenAI({ apiKey: 'k', baseURL: server.baseURL, maxRetries: 0 })),
      seen: [],
    };
    const unhandled: unknown[] = [];
    const listen = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', listen);
    await scenario(scene);
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.off('unhandledRejection', listen);
    await server.stop();
    return { seen: scene.seen as Seen, requests: server.requests.map(shownRequest), unhandled };
  }

  it.each(Object.keys(SCENARIOS))('lets the host see the same, traced or not: %s', async (name) => {
    const bare = await run(SCENARIOS[name]!, (client) => client);
    const spansBefore = set.recorder.spans.length;
    const traced = await run(SCENARIOS[name]!, traceOpenAI);
    expect(traced.seen).toEqual(bare.seen);
    expect(traced.requests).toEqual(bare.requests);
    expect(traced.unhandled).toEqual(bare.unhandled);
    expect(bare.seen.length).toBeGreaterThan(0);
    expect([spansBefore, set.recorder.spans.length > 0]).toEqual([0, true]);
  });
});
