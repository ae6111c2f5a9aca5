import { beforeAll, expect, it } from 'vitest';
import { traceAnthropic } from '../../../../src/instrument/clients/anthropic.ts';
import { describeReleases } from '../../../support/clients.ts';
import { startAnthropic } from '../../../support/vendors/anthropic.ts';
import { shownError, shownObject, shownRequest } from '../openai/shown.ts';
import { BODY, type Client, type Loose, loadSdk, type Sdk, STREAM, WEATHER_TOOL } from './sdk.ts';
import { setUp } from './setup.ts';

const set = setUp();

interface Scene {
  readonly sdk: Sdk;
  readonly client: Client;
  /** Everything that a host sees, in its order. */
  readonly seen: unknown[];
}

const SCENARIOS: Record<string, (scene: Scene) => Promise<void>> = {
  'promises and values': async ({ client, seen, sdk }) => {
    const promise = client.messages.create(BODY);
    seen.push(promise instanceof sdk.APIPromise, shownObject(promise));
    const note = (what: string) => () => void seen.push(what);
    const all = [
      promise.then(note('then')),
      promise.finally(note('finally')),
      promise.asResponse().then(note('response')),
      promise.withResponse().then(note('with response')),
      promise.catch(note('catch')).then(note('caught')),
    ];
    await Promise.all(all);
    const message = await promise;
    seen.push(message, message._request_id, shownObject(message));
    seen.push(await client.messages.countTokens(BODY), await client.beta.messages.create(BODY));
  },
  streams: async ({ client, seen, sdk }) => {
    const stream = await client.messages.create(STREAM);
    seen.push(stream instanceof sdk.Stream, shownObject(stream));
    for await (const event of stream) {
      seen.push(event);
      queueMicrotask(() => seen.push('microtask'));
    }
    const [left, right] = (await client.messages.create(STREAM)).tee();
    const read = async (name: string, branch: AsyncIterable<unknown>) => {
      for await (const event of branch) seen.push([name, event]);
    };
    await Promise.all([read('left', left), read('right', right)]);
    seen.push(await new Response((await client.messages.create(STREAM)).toReadableStream()).text());
    const long = await client.messages.create({ ...STREAM, model: 'claude-fake:long' });
    for await (const event of long) {
      seen.push(event);
      break;
    }
    seen.push(long.controller.signal.aborted);
  },
  'helpers of streams': async ({ client, seen, sdk }) => {
    for (const messages of [client.messages, client.beta.messages]) {
      const stream = messages.stream({ ...BODY, tools: [WEATHER_TOOL] });
      for (const name of [
        'connect',
        'streamEvent',
        'text',
        'inputJson',
        'contentBlock',
        'message',
        'finalMessage',
        'end',
      ]) {
        stream.on(name, (...values: unknown[]) => seen.push([name, structuredClone(values)]));
      }
      seen.push(shownObject(stream), await stream.finalMessage(), stream.aborted, stream.request_id);
      const aborted = messages.stream({ ...BODY, model: 'claude-fake:long' });
      aborted.once('text', () => aborted.abort());
      await aborted.done().catch((error: unknown) => seen.push(shownError(error, sdk.errors)));
      seen.push(aborted.aborted, aborted.ended, aborted.errored);
    }
  },
  errors: async ({ client, seen, sdk }) => {
    for (const fault of ['529', '429', '400', 'die', 'error']) {
      for (const body of [BODY, STREAM]) {
        const ask = async () => {
          const answer: Loose = await client.messages.create({ ...body, model: `claude-fake:${fault}` });
          if ('controller' in answer) for await (const event of answer) seen.push(event);
        };
        await ask().catch((error) => seen.push(shownError(error, sdk.errors)));
      }
    }
    for (const fault of ['400', 'die']) {
      for (const body of [BODY, STREAM]) {
        const runner = client.beta.messages.toolRunner?.({ ...body, model: `claude-fake:${fault}`, tools: [] }) ?? [];
        const read = async () => {
          for await (const part of runner) if (body === STREAM) for await (const event of part) seen.push(event);
        };
        await read().catch((error) => seen.push(shownError(error, sdk.errors)));
      }
    }
    const hanging = client.messages.create({ ...BODY, model: 'claude-fake:hang' }, { timeout: 20 });
    await hanging.catch((error) => seen.push(shownError(error, sdk.errors)));
  },
};

describeReleases('anthropic', (release) => {
  let sdk: Sdk;

  beforeAll(async () => {
    sdk = await loadSdk(release);
  });

  async function run(name: string, wrap: (client: Client) => Client) {
    const server = await startAnthropic();
    const traces = { enabled: false };
    const options = {
      apiKey: 'k',
      baseURL: server.origin,
      maxRetries: 0,
      openTelemetry: { propagation: false, traces },
    };
    const seen: unknown[] = [];
    const unhandled: unknown[] = [];
    const listen = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', listen);
    await SCENARIOS[name]!({ sdk, client: wrap(new sdk.Anthropic(options)), seen });
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.off('unhandledRejection', listen);
    await server.stop();
    return { seen, requests: server.requests.map(shownRequest), unhandled };
  }

  it.each(Object.keys(SCENARIOS))('lets the host see the same, traced or not: %s', async (name) => {
    const bare = await run(name, (client) => client);
    const spansBefore = set.recorder.spans.length;
    const traced = await run(name, traceAnthropic);
    expect(traced.seen).toEqual(bare.seen);
    expect(traced.requests).toEqual(bare.requests);
    expect(traced.unhandled).toEqual(bare.unhandled);
    expect(bare.seen.length).toBeGreaterThan(0);
    expect([spansBefore, set.recorder.spans.length > 0]).toEqual([0, true]);
  });
});
