import type { HttpAddress } from './http-address.ts';
import { isHeaderValue } from './http-address.ts';
import { IdleWatch, readText, watchedChunks } from './http-body.ts';
import { brokenBodyError, isConnectionReset, noAnswerError, type PeerName, statusError } from './http-errors.ts';
import { DEFAULT_RETRY, isRetryableStatus, parseRetryAfter, type RetryPolicy, retryDelayMs } from './http-retry.ts';
import { SourceError } from './source-error.ts';

export interface HttpOptions {
  /** Sent as `Authorization: Bearer …`; wins over the userinfo of the URL. */
  readonly token?: string | undefined;
  /** Sent with every request; wins over everything else. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The longest silence of the server, before the first and between any two pieces of an answer. Default 30 s. */
  readonly idleTimeoutMs?: number | undefined;
  readonly retry?: Partial<RetryPolicy> | undefined;
  /** Ends everything under way; its reason is what is thrown. */
  readonly signal?: AbortSignal | undefined;
  /** The rest is for tests. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  readonly sleep?: ((ms: number) => Promise<void>) | undefined;
  readonly random?: (() => number) | undefined;
  readonly now?: (() => number) | undefined;
}

/** An answer that is neither a refusal (401, 403) nor a failure of the server (429, 5xx). */
export interface HttpAnswer {
  readonly status: number;
  /** To be read once, or left with `discard`. Throws `SourceError` when the body is cut or the server falls silent. */
  readonly chunks: AsyncIterable<Uint8Array>;
  discard(): void;
}

export interface HttpClient {
  readonly name: PeerName;
  /** GETs base + path. A signal ends this one request. */
  get(path: string, signal?: AbortSignal): Promise<HttpAnswer>;
}

const MAX_REDIRECTS = 3;
const MAX_ERROR_BODY_BYTES = 16_384;

interface Context {
  readonly name: PeerName;
  readonly headers: Readonly<Record<string, string>>;
  readonly idleMs: number;
  readonly retry: RetryPolicy;
  readonly fetch: typeof globalThis.fetch;
  readonly sleep: (ms: number) => Promise<void>;
  readonly random: () => number;
  readonly now: () => number;
}

/** One response and what guards it. */
interface Exchange {
  readonly response: Response;
  readonly watch: IdleWatch;
  readonly abort: AbortController;
  /** Stops listening to the callers' signals. */
  readonly release: () => void;
}

/** GETs with retries, idle timeouts and same-origin redirects, over the built-in fetch. */
export function createHttpClient(peer: string, address: HttpAddress, options: HttpOptions = {}): HttpClient {
  const context: Context = {
    name: { peer, printed: address.printed, secrets: secretsOf(address, options) },
    headers: requestHeaders(peer, address, options),
    idleMs: options.idleTimeoutMs ?? 30_000,
    retry: { ...DEFAULT_RETRY, ...options.retry },
    fetch: options.fetch ?? globalThis.fetch,
    sleep: options.sleep ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms))),
    random: options.random ?? Math.random,
    now: options.now ?? Date.now,
  };
  return {
    name: context.name,
    get: (path, signal) => {
      const signals = [options.signal, signal].filter((one) => one !== undefined);
      return getWithRetries(context, address.base + path, signals);
    },
  };
}

function secretsOf(address: HttpAddress, options: HttpOptions): string[] {
  // Short header values ("1", "true") are no secrets, and cutting them out would garble what the server says.
  const values = Object.values(options.headers ?? {}).filter((value) => value.length >= 4);
  const all = [...address.secrets, options.token?.trim() ?? '', ...values];
  return all.filter((secret) => secret !== '').sort((a, b) => b.length - a.length);
}

function requestHeaders(peer: string, address: HttpAddress, options: HttpOptions): Record<string, string> {
  const bearer = options.token === undefined || options.token === '' ? undefined : `Bearer ${options.token.trim()}`;
  const authorization = bearer ?? address.basicAuth;
  // No brotli: 64 MiB of it fit into 106 bytes. gzip's factor of a thousand is met by the limits on what is read.
  const headers: Record<string, string> = { accept: 'application/json', 'accept-encoding': 'gzip' };
  if (authorization !== undefined) headers.authorization = authorization;
  for (const [key, value] of Object.entries(options.headers ?? {})) headers[key.toLowerCase()] = value;
  for (const [key, value] of Object.entries(headers)) {
    if (isHeaderValue(value)) continue;
    // Said here, because the message of fetch would quote the value.
    throw new SourceError('TA1202', `the ${key} header for ${peer} has characters that no header can hold`, {
      fix: 'look for a line break or a space in the token, header or tenant',
    });
  }
  return headers;
}

async function getWithRetries(context: Context, url: string, signals: readonly AbortSignal[]): Promise<HttpAnswer> {
  const { retry, name } = context;
  for (let attempt = 1; ; attempt++) {
    let delayMs: number;
    try {
      const exchange = await followRedirects(context, url, signals);
      const { status, headers } = exchange.response;
      const isLast = attempt >= retry.tries || !isRetryableStatus(status);
      if (!isRetryableStatus(status) && status !== 401 && status !== 403) return toAnswer(context, exchange, signals);
      if (isLast) throw statusError(status, await errorBody(exchange), name, attempt);
      close(exchange);
      delayMs = retryDelayMs(
        attempt,
        parseRetryAfter(headers.get('retry-after'), context.now()),
        retry,
        context.random,
      );
    } catch (error) {
      if (error instanceof SourceError) throw error;
      throwIfAborted(signals);
      if (!isConnectionReset(error) || attempt >= retry.tries) throw noAnswerError(error, name, context.idleMs);
      // The first reset is most often a kept-alive connection that the server had just closed: no reason to wait.
      delayMs = attempt === 1 ? 0 : retryDelayMs(attempt, undefined, retry, context.random);
    }
    await pause(context, delayMs, signals);
  }
}

/** Sleeps, unless a signal ends it first. */
async function pause(context: Context, delayMs: number, signals: readonly AbortSignal[]): Promise<void> {
  let wake: () => void = () => undefined;
  const woken = new Promise<void>((resolve) => {
    wake = resolve;
  });
  for (const signal of signals) signal.addEventListener('abort', wake, { once: true });
  await Promise.race([context.sleep(delayMs), woken]);
  for (const signal of signals) signal.removeEventListener('abort', wake);
  throwIfAborted(signals);
}

async function followRedirects(context: Context, url: string, signals: readonly AbortSignal[]): Promise<Exchange> {
  let at = url;
  for (let redirects = 0; ; redirects++) {
    const exchange = await exchangeOnce(context, at, signals);
    const location = exchange.response.headers.get('location');
    if (![301, 302, 303, 307, 308].includes(exchange.response.status) || location === null) return exchange;
    close(exchange);
    at = redirectTarget(context.name, at, location, redirects);
  }
}

/** Only the same origin is followed, so credentials never travel to another host and no other scheme is opened. */
function redirectTarget(name: PeerName, from: string, location: string, redirects: number): string {
  const target = URL.canParse(location, from) ? new URL(location, from) : undefined;
  if (redirects >= MAX_REDIRECTS) {
    throw new SourceError('TA1206', `${name.peer} at ${name.printed} redirects in a circle`, {
      fix: 'check the base path of the URL and of the proxy before it',
    });
  }
  if (target?.origin === new URL(from).origin) return target.href;
  const isHttp = target?.protocol === 'http:' || target?.protocol === 'https:';
  const where = isHttp ? target.origin : 'an address that is not http';
  throw new SourceError('TA1206', `${name.peer} at ${name.printed} redirects to ${where}, which is not followed`, {
    why: 'credentials would go to another server; most often it is a login page',
    fix: isHttp ? `pass --token or a header, or ${target.origin} itself if that is ${name.peer}` : 'check the URL',
  });
}

async function exchangeOnce(context: Context, url: string, signals: readonly AbortSignal[]): Promise<Exchange> {
  throwIfAborted(signals);
  const abort = new AbortController();
  // By hand: AbortSignal.any keeps every request of a long run alive on Node 20.
  const onAbort = () => abort.abort();
  for (const signal of signals) signal.addEventListener('abort', onAbort, { once: true });
  const release = () => {
    for (const signal of signals) signal.removeEventListener('abort', onAbort);
  };
  const watch = new IdleWatch(abort, context.idleMs);
  try {
    const request = context.fetch(url, { headers: context.headers, redirect: 'manual', signal: abort.signal });
    const response = await watch.wait(request, () => 0);
    watch.reset();
    return { response, watch, abort, release };
  } catch (error) {
    release();
    throw error;
  }
}

function close(exchange: Exchange): void {
  exchange.release();
  const { body } = exchange.response;
  if (body?.locked === true) exchange.abort.abort();
  else body?.cancel().catch(() => undefined);
}

function toAnswer(context: Context, exchange: Exchange, signals: readonly AbortSignal[]): HttpAnswer {
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield* watchedChunks(exchange.response, exchange.watch);
    } catch (error) {
      throwIfAborted(signals);
      throw brokenBodyError(error, context.name, context.idleMs);
    } finally {
      exchange.release();
    }
  };
  return { status: exchange.response.status, chunks: chunks(), discard: () => close(exchange) };
}

/** As much of an error's text as a message needs; whatever goes wrong here, the status is what gets reported. */
async function errorBody(exchange: Exchange): Promise<string> {
  try {
    return (await readText(watchedChunks(exchange.response, exchange.watch), MAX_ERROR_BODY_BYTES)).text;
  } catch {
    return '';
  } finally {
    exchange.release();
  }
}

function throwIfAborted(signals: readonly AbortSignal[]): void {
  for (const signal of signals) signal.throwIfAborted();
}
