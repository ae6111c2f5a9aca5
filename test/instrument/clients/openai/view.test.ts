import { inspect } from 'node:util';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { traceOpenAI } from '../../../../src/instrument/clients/openai.ts';
import { type ClientRelease, describeReleases } from '../../../support/clients.ts';
import { type Client, loadSdk, MESSAGES, readAll, type Sdk } from './sdk.ts';
import { setUp } from './setup.ts';

const set = setUp();
const BODY = { model: 'gpt-fake', messages: MESSAGES };

/** Notices are given once in a process. */
let firstRelease: ClientRelease | undefined;

/** Warnings of the process while `body` runs. */
async function warningsOf(body: () => unknown): Promise<string[]> {
  const lines: string[] = [];
  const listen = (warning: Error) => lines.push(`${warning.name}: ${warning.message}`);
  process.on('warning', listen);
  await body();
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', listen);
  return lines;
}

describeReleases('openai', (release) => {
  firstRelease ??= release;
  let sdk: Sdk;
  let client: Client;
  let view: Client;

  beforeAll(async () => {
    sdk = await loadSdk(release);
  });

  beforeEach(() => {
    client = new sdk.OpenAI({ apiKey: 'k', baseURL: set.server.baseURL, maxRetries: 0 });
    view = traceOpenAI(client);
  });

  it('is of the class of the client, which stays as it is', async () => {
    const before = Reflect.ownKeys(client);
    expect(view).toBeInstanceOf(sdk.OpenAI);
    expect(view.constructor).toBe(sdk.OpenAI);
    expect(Reflect.ownKeys(view)).toEqual(before);
    expect(view.chat.completions.create.name).toBe('create');
    await client.chat.completions.create(BODY);
    expect(set.recorder.spans).toEqual([]);
  });

  it('is wrapped once, however often it is wrapped', async () => {
    const twice = traceOpenAI(traceOpenAI(view));
    expect(twice).toBe(view);
    await twice.chat.completions.create(BODY);
    expect(set.recorder.spans).toHaveLength(1);
  });

  it('shows what the client shows, and takes what it is given', async () => {
    expect(inspect(view, { depth: 0 })).toBe(inspect(client, { depth: 0 }));
    const shown = (value: Client) => JSON.stringify({ url: value.baseURL, ...value }, ['url', 'maxRetries', 'baseURL']);
    expect(shown(view)).toBe(shown(client));
    view.apiKey = 'other';
    expect(client.apiKey).toBe('other');
    await view.chat.completions.create(BODY);
    expect(set.server.requests.at(-1)!.headers.authorization).toBe('Bearer other');
  });

  it('can be taken apart', async () => {
    const { chat } = view;
    const { completions } = chat;
    await completions.create(BODY);
    expect(view.chat.completions).toBe(completions);
    expect(set.recorder.spans).toHaveLength(1);
    const { create } = completions;
    expect(() => create(BODY)).toThrow(TypeError);
    expect(set.recorder.spans).toHaveLength(2);
  });

  it('traces what is made of it by `withOptions()`', async () => {
    const other = view.withOptions({ defaultHeaders: { 'x-team': 'moon' } });
    expect(other).toBeInstanceOf(sdk.OpenAI);
    await other.chat.completions.create(BODY);
    expect(set.server.requests.at(-1)!.headers['x-team']).toBe('moon');
    expect(set.recorder.spans).toHaveLength(1);
  });

  it('lets what inherits from it keep what it is given to itself', async () => {
    const tenant = Object.create(view) as Client;
    tenant.apiKey = 'tenant';
    expect([tenant.apiKey, Object.hasOwn(tenant, 'apiKey'), view.apiKey, client.apiKey]).toEqual([
      'tenant',
      true,
      'k',
      'k',
    ]);
    await tenant.chat.completions.create(BODY);
    expect(set.recorder.spans).toHaveLength(1);
  });

  it('says once that it cannot trace a client that is frozen', async () => {
    const lines = await warningsOf(async () => {
      const frozen = traceOpenAI(Object.freeze(new sdk.OpenAI({ apiKey: 'k', baseURL: set.server.baseURL })));
      expect((await frozen.chat.completions.create(BODY)).id).toBe('chatcmpl-1');
    });
    const line = 'TraceAnalyzeWarning: trace-analyze: a client or a part of it is frozen; its calls are not traced';
    expect(lines).toEqual(release === firstRelease ? [line] : []);
    expect(set.recorder.spans).toEqual([]);
  });

  it('lets subclasses use their private fields', async () => {
    class Own extends sdk.OpenAI {
      readonly #secret = 'moon';
      reveal(): string {
        return this.#secret;
      }
    }
    const own = traceOpenAI(new Own({ apiKey: 'k', baseURL: set.server.baseURL }));
    expect(own.reveal()).toBe('moon');
    await own.chat.completions.create(BODY);
    expect(set.recorder.spans).toHaveLength(1);
  });

  it('does what the client does where nobody records', async () => {
    await set.recorder.stop();
    const promise = view.chat.completions.create(BODY);
    expect(Object.getOwnPropertyNames(promise)).toEqual(
      Object.getOwnPropertyNames(client.chat.completions.create(BODY)),
    );
    expect((await promise).id).toBe('chatcmpl-1');
    expect(set.recorder.spans).toEqual([]);
  });

  it('records a client of Azure as that, with its deployment in the path', async () => {
    const options = { apiKey: 'k', apiVersion: '2026-10-01', endpoint: new URL(set.server.baseURL).origin };
    const azure = traceOpenAI(new sdk.AzureOpenAI(options));
    await azure.chat.completions.create(BODY);
    await readAll(await azure.chat.completions.create({ ...BODY, stream: true }));
    expect(set.server.requests.at(-1)!.path).toBe(
      '/openai/deployments/gpt-fake/chat/completions?api-version=2026-10-01',
    );
    expect(set.recorder.spans.map((span) => span.attributes['gen_ai.provider.name'])).toEqual([
      'azure.ai.openai',
      'azure.ai.openai',
    ]);
  });

  it.each([
    ['https://api.openai.com/v1', 'openai', 443],
    ['https://eu.api.openai.com/v1', 'openai', 443],
    ['https://mine.openai.azure.com/openai/v1', 'azure.ai.openai', 443],
    ['https://mine.services.ai.azure.com/openai/v1', 'azure.ai.openai', 443],
    ['https://mine.services.ai.azure.com/models', 'azure.ai.inference', 443],
    ['https://api.deepseek.com', 'deepseek', 443],
    ['https://api.groq.com/openai/v1', 'groq', 443],
    ['https://api.x.ai/v1', 'x_ai', 443],
    ['https://api.mistral.ai/v1', 'mistral_ai', 443],
    ['https://generativelanguage.googleapis.com/v1beta/openai/', 'gcp.gemini', 443],
    ['https://europe-west1-aiplatform.googleapis.com/v1', 'gcp.vertex_ai', 443],
    ['https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1', 'aws.bedrock', 443],
    ['https://bedrock-runtime.cn-north-1.amazonaws.com.cn/openai/v1', 'aws.bedrock', 443],
    ['https://vpce-1.bedrock-runtime.us-east-1.vpce.amazonaws.com/openai/v1', 'aws.bedrock', 443],
    ['https://bedrock-mantle.us-east-1.api.aws/openai/v1', 'aws.bedrock', 443],
    ['https://bedrock-mantle.us-east-1.api.aws.example/openai/v1', 'openai', 443],
    ['http://gateway.example/v1', 'openai', 80],
    ['http://notapi.x.ai.example:8080/v1', 'openai', 8080],
  ])('takes the provider from a well known host: %s', async (baseURL, provider, port) => {
    const fetch = async () => Response.json({}, { status: 418 });
    const elsewhere = traceOpenAI(new sdk.OpenAI({ apiKey: 'k', baseURL, maxRetries: 0, fetch }));
    await expect(elsewhere.chat.completions.create(BODY)).rejects.toThrow();
    expect(set.recorder.spans[0]!.attributes).toMatchObject({
      'gen_ai.provider.name': provider,
      'server.address': new URL(baseURL).hostname,
      'server.port': port,
    });
  });

  it('takes what it is told for itself, and for every span', async () => {
    const told = traceOpenAI(client, { provider: 'ollama', attributes: { 'app.team': 'moon' } });
    await told.embeddings.create({ model: 'm', input: 'x' });
    expect(set.recorder.spans[0]!.attributes).toMatchObject({ 'gen_ai.provider.name': 'ollama', 'app.team': 'moon' });
  });
});

it('says once what a client of another shape lacks, and leaves it as it is', async () => {
  const chatOnly = { chat: { completions: { create: async () => ({ id: 'x' }) } } };
  const lines = await warningsOf(async () => {
    const nothing = { models: {} };
    expect(traceOpenAI(nothing)).toBe(nothing);
    expect(traceOpenAI(nothing)).toBe(nothing);
    const view = traceOpenAI({ ...chatOnly, baseURL: 'nonsense' });
    expect(await view.chat.completions.create()).toEqual({ id: 'x' });
  });
  expect(lines).toEqual([
    'TraceAnalyzeWarning: trace-analyze: traceOpenAI: the client has no chat.completions.create, no responses.create, no embeddings.create; such calls are not traced',
    'TraceAnalyzeWarning: trace-analyze: traceOpenAI: the client has no responses.create, no embeddings.create; such calls are not traced',
  ]);
  expect(set.recorder.span('chat').attributes).toEqual({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'openai.api.type': 'chat_completions',
    'gen_ai.response.id': 'x',
  });
});

it('says once where a client answers with no promise', async () => {
  const odd = {
    chat: { completions: { create: () => 'done' } },
    responses: { create() {} },
    embeddings: { create() {} },
  };
  const lines = await warningsOf(() => {
    expect(traceOpenAI(odd).chat.completions.create()).toBe('done');
    expect(traceOpenAI(odd).chat.completions.create()).toBe('done');
  });
  expect(lines).toEqual([
    'TraceAnalyzeWarning: trace-analyze: a client answered a request with no promise; the time of its requests is not known',
  ]);
});
