import type { Call } from '../call.ts';
import { runIn } from '../run-in.ts';
import { telemetryFailed } from '../telemetry-errors.ts';
import { answered, type ClientCall, type HttpRequest, openClientCall } from './client-call.ts';
import { seen } from './hook-emitter.ts';
import type { HttpClientOptions } from './options.ts';
import { keepOneContext } from './undici-headers.ts';
import { parsed } from './url.ts';
import { withHeaders } from './with-headers.ts';

type Fields = Readonly<Record<string, unknown>>;
type Dispatch = (options: never, handler: never) => boolean;
type Told = (call: Call, args: readonly unknown[]) => void;

/**
 * An interceptor for undici: `dispatcher.compose(tracedInterceptor())`. A CLIENT span for every request that the
 * dispatcher is given, until the answer has come whole, and the context in its headers.
 */
export function tracedInterceptor(options: HttpClientOptions = {}): <D extends Dispatch>(dispatch: D) => D {
  return <D extends Dispatch>(dispatch: D) =>
    ((given: Fields, handler: object) => dispatchIn(dispatch as never, given, handler, options)) as unknown as D;
}

function dispatchIn(
  dispatch: (options: object, handler: object) => boolean,
  given: Fields,
  handler: object,
  options: HttpClientOptions,
): boolean {
  const opened = openClientCall(() => requestOf(given), options);
  if (opened === undefined) return dispatch(given, handler);
  const { call } = opened;
  try {
    return call.run(() => dispatch(withContext(given, opened), watched(handler, opened)));
  } catch (error) {
    call.fail(error);
    throw error;
  }
}

function requestOf({ origin, path, method }: Fields): HttpRequest {
  return { method: String(method ?? 'GET').toUpperCase(), url: parsed(String(path), String(origin)) };
}

function withContext(given: Fields, { headersFrom }: ClientCall): object {
  try {
    const headers = headersFrom(flat(given.headers));
    if (headers === undefined) return given;
    keepOneContext();
    return withHeaders(given, headers);
  } catch (error) {
    telemetryFailed(error);
    return given;
  }
}

/** Undici takes a list of names and values in turn, but none of pairs. */
function flat(headers: unknown): unknown {
  const isOther = typeof headers === 'object' && headers !== null && !Array.isArray(headers);
  return isOther && Symbol.iterator in headers ? [...(headers as Iterable<unknown[]>)].flat() : headers;
}

const headersCame = (call: Call, status: unknown) => {
  if (typeof status !== 'number' || status >= 200 || status === 101) answered(call, status);
};

/** What a handler is told; the first half are the names of undici 7 and later, the second half those before. */
const EVENTS: Readonly<Record<string, Told>> = {
  onResponseStart: (call, [, status]) => headersCame(call, status),
  onResponseData: (call) => call.chunk(),
  onResponseEnd: (call) => call.succeed(),
  onResponseError: (call, [, error]) => call.fail(error),
  onRequestUpgrade: (call, [, status]) => {
    headersCame(call, status);
    call.succeed();
  },
  onHeaders: (call, [status]) => headersCame(call, status),
  onData: (call) => call.chunk(),
  onComplete: (call) => call.succeed(),
  onError: (call, [error]) => call.fail(error),
  onUpgrade: (call, [status]) => {
    headersCame(call, status);
    call.succeed();
  },
};

/** The handler, with its events seen first. Its methods run on itself, in the context that made the request. */
function watched(handler: object, { call, caller }: ClientCall): object {
  const wrapped = new Map<PropertyKey, unknown>();
  return new Proxy(handler, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      if (wrapped.has(key)) return wrapped.get(key);
      const told = typeof key === 'string' && Object.hasOwn(EVENTS, key) ? EVENTS[key] : undefined;
      const method = (...args: unknown[]): unknown => {
        seen(() => told?.(call, args));
        return runIn(caller, () => Reflect.apply(value, target, args) as unknown);
      };
      wrapped.set(key, method);
      return method;
    },
  });
}
