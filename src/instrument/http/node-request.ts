import type { Context } from '@opentelemetry/api';
import type { Call } from '../call.ts';
import type { AnyFunction } from '../options.ts';
import { telemetryFailed } from '../telemetry-errors.ts';
import { answered, type ClientCall, type HttpRequest, openClientCall } from './client-call.ts';
import { hookDestroy, hookEmit } from './hook-emitter.ts';
import type { HttpClientOptions } from './options.ts';
import { clientAttributes, parsed } from './url.ts';
import { withHeaders } from './with-headers.ts';

type Fields = Readonly<Record<string, unknown>>;

const traced = new WeakSet<object>();

/**
 * `http.request`, `http.get`, `https.request` or `https.get` with a CLIENT span for every request, until the answer has
 * been read, and the context in its headers. Takes the same arguments, which it does not change, and returns the same
 * object. No listener is added, so that an error that nobody listens to is thrown as before.
 */
export function tracedRequest<F extends AnyFunction>(request: F, options: HttpClientOptions = {}): F {
  if (traced.has(request)) return request;
  const wrapped = new Proxy(request as AnyFunction as (...args: unknown[]) => unknown, {
    apply: (target, self, args: unknown[]) => requestIn(target, self, args, options),
  });
  traced.add(wrapped);
  return wrapped as AnyFunction as F;
}

function requestIn(
  request: (...args: unknown[]) => unknown,
  self: unknown,
  args: unknown[],
  options: HttpClientOptions,
): unknown {
  const opened = openClientCall(() => requestOf(args), options);
  if (opened === undefined) return Reflect.apply(request, self, args);
  const { call, caller } = opened;
  const sent = withContext(args, opened);
  let result: unknown;
  try {
    result = call.run(() => Reflect.apply(request, self, sent));
  } catch (error) {
    call.fail(error);
    throw error;
  }
  try {
    correctScheme(call, args, result as Fields);
    watchRequest(result as object, call, caller);
  } catch (error) {
    telemetryFailed(error);
    call.succeed();
  }
  return result;
}

/** The forms are `(url, options?, callback?)` and `(options, callback?)`. */
function formOf([first, second]: readonly unknown[]): { url: URL | undefined; options: Fields | undefined } {
  const isUrl = typeof first === 'string' || isUrlLike(first);
  const options = (isUrl ? second : first) as Fields | undefined;
  return {
    url: isUrl ? parsed(typeof first === 'string' ? first : String((first as Fields).href)) : undefined,
    options: typeof options === 'object' && options !== null ? options : undefined,
  };
}

/** As Node tells them from options, also those of other realms. */
function isUrlLike(value: unknown): boolean {
  const { href, protocol, auth, path } = (value ?? {}) as Fields;
  return Boolean(href && protocol && auth === undefined && path === undefined);
}

function requestOf(args: readonly unknown[], scheme?: string): HttpRequest {
  const { url, options = {} } = formOf(args);
  const { agent, method, hostname, host, port, path } = options;
  const { protocol, defaultPort } = (agent ?? {}) as Fields;
  const usedScheme = String(scheme ?? options.protocol ?? url?.protocol ?? protocol ?? 'http:');
  const usedHost = String(hostname ?? host ?? url?.hostname ?? 'localhost');
  const usedPort = String(port ?? url?.port ?? options.defaultPort ?? defaultPort ?? '');
  const usedPath = String(path ?? (url === undefined ? '/' : `${url.pathname}${url.search}`));
  const bracketed = usedHost.includes(':') && !usedHost.startsWith('[') ? `[${usedHost}]` : usedHost;
  return {
    method: String(method ?? 'GET').toUpperCase(),
    url: parsed(`${usedScheme}//${bracketed}${usedPort === '' ? '' : `:${usedPort}`}${usedPath}`),
  };
}

/** Whether it is HTTPS is only known afterwards, where neither the URL nor the options say so. */
function correctScheme(call: Call, args: readonly unknown[], { protocol }: Fields): void {
  if (typeof protocol !== 'string' || requestOf(args).url?.protocol === protocol) return;
  const { url } = requestOf(args, protocol);
  if (url !== undefined) call.tell((span) => span.setAttributes(clientAttributes(url)));
}

function withContext(args: unknown[], { headersFrom }: ClientCall): unknown[] {
  try {
    const { url, options } = formOf(args);
    if (url === undefined && options === undefined) return args;
    const headers = headersFrom(options?.headers);
    if (headers === undefined) return args;
    const changed = withHeaders(options, headers);
    if (options !== undefined) return args.map((arg) => (arg === options ? changed : arg));
    const [first, second] = args;
    return [first, changed, ...args.slice(typeof second === 'function' ? 1 : 2)];
  } catch (error) {
    telemetryFailed(error);
    return args;
  }
}

/** Events are the program's: its listeners run where the request was made, not inside the call. */
function watchRequest(request: object, call: Call, caller: Context): void {
  let isAnswered = false;
  hookEmit(request, caller, (event, value) => {
    if (event === 'error') return call.fail(value);
    if (event === 'response') {
      isAnswered = true;
      answered(call, (value as Fields).statusCode);
      watchResponse(value as object, call, caller);
    } else if (event === 'upgrade' || event === 'connect') {
      answered(call, (value as Fields).statusCode);
      call.succeed();
    } else if (event === 'close' && !isAnswered) call.stopEarly();
  });
  hookDestroy(request, (error) => {
    if (isAnswered) leave(call, error);
  });
  call.leaveOpen(request);
}

function watchResponse(response: object, call: Call, caller: Context): void {
  hookEmit(response, caller, (event, value) => {
    if (event === 'end') call.succeed();
    else if (event === 'data' || (event === 'readable' && isReadBy(response))) call.chunk();
    else if (event === 'error') call.fail(value);
    else if (event === 'close') call.stopEarly();
  });
  hookDestroy(response, (error) => leave(call, error));
}

/** Node says that an answer is readable also where nobody wants to read it. */
function isReadBy(response: object): boolean {
  return (response as { listenerCount(event: string): number }).listenerCount('readable') > 0;
}

/** Node destroys an answer with an error where the server broke off, and without one where the program leaves. */
function leave(call: Call, error: unknown): void {
  if (error === undefined || error === null) call.stopEarly();
  else call.fail(error);
}
