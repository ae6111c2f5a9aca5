import type { Call } from '../call.ts';
import { watchNodeStream } from '../observe-node-stream.ts';
import { derivePromise, isPlainPromise, isThenable, watchThenable } from '../observe-promise.ts';
import { watchWebStream } from '../observe-web-stream.ts';
import type { AnyFunction } from '../options.ts';
import { telemetryFailed } from '../telemetry-errors.ts';
import { hook } from '../watch.ts';
import { answered, type ClientCall, type HttpRequest, openClientCall } from './client-call.ts';
import type { HttpClientOptions } from './options.ts';
import { keepOneContext } from './undici-headers.ts';
import { parsed } from './url.ts';
import { viewWithHeaders } from './with-headers.ts';

/** As far as it is looked at: that of the platform, of undici, of node-fetch. */
interface RequestLike {
  readonly url: string;
  readonly method?: unknown;
  readonly headers?: unknown;
  readonly referrer?: unknown;
  readonly referrerPolicy?: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

const traced = new WeakSet<object>();

/**
 * A `fetch` that has a CLIENT span for every request, until the body of the answer has been read, and sends the context
 * along. Everything else about it is that of the given one (default: the global one, as it is when it is called):
 * promises, answers, errors. What is given to it is not changed.
 */
export function tracedFetch(fetch?: undefined, options?: HttpClientOptions): typeof globalThis.fetch;
export function tracedFetch<F extends AnyFunction>(fetch: F, options?: HttpClientOptions): F;
export function tracedFetch(fetch: AnyFunction = globalFetch, options: HttpClientOptions = {}): AnyFunction {
  if (traced.has(fetch)) return fetch;
  const wrapped = new Proxy(fetch as (...args: unknown[]) => unknown, {
    apply: (target, self, args: unknown[]) => fetchIn(target, self, args, options),
  });
  traced.add(wrapped);
  return wrapped;
}

function globalFetch(...args: Parameters<typeof globalThis.fetch>): Promise<unknown> {
  return globalThis.fetch(...args);
}

function fetchIn(
  fetch: (...args: unknown[]) => unknown,
  self: unknown,
  args: unknown[],
  options: HttpClientOptions,
): unknown {
  const opened = openClientCall(() => requestOf(args), options);
  if (opened === undefined) return Reflect.apply(fetch, self, args);
  const { call } = opened;
  const sent = withContext(args, opened);
  let result: unknown;
  try {
    result = call.run(() => Reflect.apply(fetch, self, sent));
  } catch (error) {
    call.fail(error);
    throw error;
  }
  return whenAnswered(result, call);
}

function requestOf([input, init]: readonly unknown[]): HttpRequest {
  const request = isRequest(input) ? input : undefined;
  const method = String((init as Fields | null | undefined)?.method ?? request?.method ?? 'GET');
  const isKnown = /^(?:delete|get|head|options|post|put)$/i.test(method);
  return { method: isKnown ? method.toUpperCase() : method, url: parsed(request?.url ?? String(input)) };
}

function isRequest(input: unknown): input is RequestLike {
  return typeof input === 'object' && input !== null && typeof (input as Partial<RequestLike>).url === 'string';
}

/** The arguments with the context in the headers, in a copy of what has to be another. */
function withContext(args: unknown[], { headersFrom }: ClientCall): unknown[] {
  try {
    const [input, given] = args as [unknown, Fields | null | undefined];
    const request = isRequest(input) ? input : undefined;
    const headers = headersFrom(given?.headers ?? request?.headers);
    if (headers === undefined) return args;
    keepOneContext();
    const isBare = request !== undefined && (given === undefined || given === null);
    return [input, isBare ? { ...referrerOf(request), headers } : viewWithHeaders(given, headers), ...args.slice(2)];
  } catch (error) {
    telemetryFailed(error);
    return args;
  }
}

/** These a `Request` loses where it is fetched with other headers. */
function referrerOf({ referrer, referrerPolicy }: RequestLike): Fields {
  return typeof referrer === 'string' ? { referrer, referrerPolicy } : {};
}

function whenAnswered(result: unknown, call: Call): unknown {
  try {
    if (typeof result === 'object' && result !== null) {
      const onError = (error: unknown) => call.fail(error);
      if (isPlainPromise(result)) return derivePromise(result, { onValue: (value) => readBody(value, call), onError });
      if (isThenable(result)) {
        watchThenable(result, call, readBody);
        return result;
      }
    }
  } catch (error) {
    telemetryFailed(error);
  }
  call.succeed();
  return result;
}

/** Never throws. */
function readBody(value: unknown, call: Call): void {
  try {
    const response = value as Fields;
    answered(call, response.status);
    const { body } = response;
    if (typeof body === 'object' && body !== null && watchBody(body, call)) hookReads(response, call);
    else call.succeed();
  } catch (error) {
    telemetryFailed(error);
    call.succeed();
  }
}

function watchBody(body: object, call: Call): boolean {
  return 'getReader' in body ? watchWebStream(body, call) : 'pipe' in body && watchNodeStream(body, call);
}

/** Where the platform reads the body without its stream. A body that is no JSON has been read all the same. */
function hookReads(response: object, call: Call): void {
  const onError = (error: unknown) => (error instanceof SyntaxError ? call.succeed() : call.fail(error));
  for (const key of ['arrayBuffer', 'blob', 'bytes', 'formData', 'json', 'text']) {
    hook(
      response,
      key,
      (original) =>
        function (this: unknown, ...args) {
          const result = Reflect.apply(original, this, args);
          const isPromise = typeof result === 'object' && result !== null && isPlainPromise(result);
          return isPromise ? derivePromise(result, { onValue: () => call.succeed(), onError }) : result;
        },
    );
  }
}
