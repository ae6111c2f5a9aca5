import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ClientRelease } from '../../../support/clients.ts';
import { type Recorder, sleep } from '../../recorder.ts';

/** Anything that the API answers; tests say what they expect of it. */
// biome-ignore lint/suspicious/noExplicitAny: six releases have six sets of types
export type Loose = any;

export interface RequestPromise<T = Loose> extends Promise<T> {
  withResponse(): Promise<{ data: T; response: Response; request_id: string | null }>;
  asResponse(): Promise<Response>;
  _thenUnwrap<U>(transform: (value: T) => U): RequestPromise<U>;
}

type Send = (body: object, options?: object) => RequestPromise;

/** What the tests use of a client. */
export interface Client {
  baseURL: string;
  apiKey: string;
  readonly chat: {
    readonly completions: {
      create: Send;
      parse: Send;
      stream(body: object, options?: object): Loose;
      runTools(body: object, options?: object): Loose;
    };
  };
  readonly completions: { create: Send };
  readonly responses: { create: Send; parse: Send; compact?: Send; stream(body: object, options?: object): Loose };
  readonly embeddings: { create: Send };
  readonly models: { list(): Promise<{ data: Loose[] }> };
  readonly beta: { readonly responses?: { create: Send } };
  withOptions(options: object): Client;
}

export interface Sdk {
  readonly OpenAI: new (options: object) => Client;
  readonly AzureOpenAI: new (options: object) => Client;
  readonly APIPromise: new (...args: never[]) => RequestPromise;
  readonly Stream: new (...args: never[]) => object;
  readonly errors: Record<string, new (...args: never[]) => Error>;
}

export async function loadSdk(release: ClientRelease): Promise<Sdk> {
  return (await release.load()) as unknown as Sdk;
}

export const MESSAGES = [{ role: 'user', content: 'How far is the moon?' }];

export const WEATHER_TOOL = {
  type: 'function',
  function: { name: 'weather', parameters: { type: 'object', properties: {} } },
};

export async function readAll(stream: AsyncIterable<Loose>): Promise<Loose[]> {
  const chunks: Loose[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

setFlagsFromString('--expose-gc');
export const collectGarbage = runInNewContext('gc') as () => void;

/** Collects until `count` spans have ended; finalizers run when they like. */
export async function collectUntil(recorder: Recorder, count: number): Promise<void> {
  for (let tries = 0; tries < 200 && recorder.spans.length < count; tries++) {
    collectGarbage();
    await sleep(10);
  }
}
