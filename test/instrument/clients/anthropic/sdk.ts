import type { ClientRelease } from '../../../support/clients.ts';

/** Anything that the API answers; tests say what they expect of it. */
// biome-ignore lint/suspicious/noExplicitAny: each release has a set of types of its own
export type Loose = any;

export interface RequestPromise<T = Loose> extends Promise<T> {
  withResponse(): Promise<{ data: T; response: Response; request_id: string | null }>;
  asResponse(): Promise<Response>;
  _thenUnwrap<U>(transform: (value: T) => U): RequestPromise<U>;
}

export interface Messages {
  create(body: object, options?: object): RequestPromise;
  stream(body: object, options?: object): Loose;
  parse?(body: object, options?: object): Promise<Loose>;
  toolRunner?(body: object, options?: object): Loose;
  countTokens(body: object): RequestPromise;
}

/** What the tests use of a client. */
export interface Client {
  baseURL: string;
  readonly openTelemetry?: object;
  readonly messages: Messages;
  readonly beta: { readonly messages: Messages };
  withOptions(options: object): Client;
}

export interface Sdk {
  readonly Anthropic: new (options: object) => Client;
  readonly APIPromise: new (...args: never[]) => RequestPromise;
  readonly Stream: new (...args: never[]) => object;
  readonly errors: Record<string, new (...args: never[]) => Error>;
}

export async function loadSdk(release: ClientRelease): Promise<Sdk> {
  return (await release.load()) as unknown as Sdk;
}

const MESSAGES = [{ role: 'user', content: 'How far is the moon?' }];
export const BODY = { model: 'claude-fake', max_tokens: 50, messages: MESSAGES };
export const STREAM = { ...BODY, stream: true };
export const WEATHER_TOOL = { name: 'weather', input_schema: { type: 'object', properties: {} } };
