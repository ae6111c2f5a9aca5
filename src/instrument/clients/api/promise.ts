import { derivePromise, isPlainPromise, listenTo, type Settlement, watchEagerPromise } from '../../observe-promise.ts';
import { hookMethod } from './hook-method.ts';
import { shapeOf } from './shape.ts';

/**
 * What the clients of several vendors return for a request: a promise of the response, and a way to read it that is
 * gone only where the host asks for the data. Everything that gives out data goes through these two.
 */
export interface RequestPromise {
  responsePromise: Promise<unknown>;
  readonly parseResponse: (...args: unknown[]) => unknown;
}

/** Told before the host is. Must not throw. */
export interface RequestWatcher {
  /** Headers are here; with what the client knows about the exchange. */
  responded(exchange: unknown): void;
  /** The host took the response to read it by itself. */
  handedOver(): void;
  /** The client took the response to read its stream elsewhere. Only for requests of streams: it takes another hook. */
  readonly shared?: (exchange: unknown) => void;
  onValue(value: unknown): void;
  onError(error: unknown): void;
}

export function isRequestPromise(value: unknown): value is RequestPromise {
  if (!(value instanceof Promise)) return false;
  const { responsePromise, parseResponse } = value as Partial<RequestPromise>;
  return typeof parseResponse === 'function' && responsePromise instanceof Promise && isPlainPromise(responsePromise);
}

/** Nothing is asked for that the host does not ask for, and the host's promise keeps its class, keys and timing. */
export function watchRequest(promise: RequestPromise, watcher: RequestWatcher): void {
  const reading = { isParsed: false, promise };
  watchParsing(promise, reading, watcher);
  const response = watchResponse(promise, {
    onValue: (exchange) => watcher.responded(exchange),
    onError: (error) => watcher.onError(error),
  });
  const handOver = (onResponse: unknown) => (exchange: unknown) => {
    const result = (onResponse as (exchange: unknown) => unknown)(exchange);
    if (!reading.isParsed) watcher.handedOver();
    return result;
  };
  if (watcher.shared !== undefined) watchSharing(promise, response, watcher.shared);
  hookMethod(response, 'then', (original, self, [onResponse, ...rest]) => {
    const handler = typeof onResponse === 'function' ? handOver(onResponse) : onResponse;
    return Reflect.apply(original, self, [handler, ...rest]);
  });
}

/**
 * The promise of the response is replaced: no hook would see an `await` of the client's own, and a failure that it handles
 * would be reported as unhandled. Not where copies are made by a function of their own, which keeps the first one.
 */
function watchResponse(promise: RequestPromise, settlement: Settlement): Promise<unknown> {
  const { responsePromise } = promise;
  if (Object.hasOwn(promise, '_thenUnwrap')) {
    watchEagerPromise(responsePromise, settlement);
    return responsePromise;
  }
  promise.responsePromise = derivePromise(responsePromise, settlement);
  return promise.responsePromise;
}

function watchSharing(promise: RequestPromise, response: Promise<unknown>, shared: (exchange: unknown) => void): void {
  const told = (exchange: unknown) => {
    shared(exchange);
    return exchange;
  };
  hookMethod(promise, '_responseProps', (original, self, args) => {
    const result = Reflect.apply(original, self, args);
    return result === response ? Reflect.apply(Promise.prototype.then, response, [told]) : result;
  });
}

interface Reading {
  isParsed: boolean;
  /** Kept alive by its copies: while the host has one of them, the answer may still be asked for. */
  readonly promise: RequestPromise;
}

function watchParsing(promise: RequestPromise, reading: Reading, settlement: Settlement): void {
  hookMethod(promise, 'parseResponse', (original, self, args) => {
    reading.isParsed = true;
    const parsed = Reflect.apply(original, self, args);
    if (parsed instanceof Promise) listenTo(parsed, settlement);
    else settlement.onValue(parsed);
    return parsed;
  });
  // Copies of a promise parse through the original's method, unless they are made by a function of their own.
  if (Object.hasOwn(promise, '_thenUnwrap')) watchCopies(promise, reading, settlement);
}

function watchCopies(promise: RequestPromise, reading: Reading, settlement: Settlement): void {
  const { onError } = settlement;
  hookMethod(promise, '_thenUnwrap', (original, self, [transform, ...rest]) => {
    const seen = (value: unknown, ...more: unknown[]) => {
      settlement.onValue(value);
      return Reflect.apply(transform as (...args: unknown[]) => unknown, undefined, [value, ...more]);
    };
    const copy = Reflect.apply(original, self, [typeof transform === 'function' ? seen : transform, ...rest]);
    if (isCopy(copy, promise)) watchParsing(copy, reading, { onValue: () => undefined, onError });
    return copy;
  });
}

function isCopy(value: unknown, promise: RequestPromise): value is RequestPromise {
  const { responsePromise, parseResponse } = shapeOf(value) as Partial<RequestPromise>;
  return typeof parseResponse === 'function' && responsePromise === promise.responsePromise;
}
