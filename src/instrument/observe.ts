import type { Call } from './call.ts';
import { watchAsyncIterable, watchIterator } from './observe-iterator.ts';
import { watchNodeStream } from './observe-node-stream.ts';
import { derivePromise, isPlainPromise, isThenable, type Settlement, watchThenable } from './observe-promise.ts';
import { watchWebStream } from './observe-web-stream.ts';
import { telemetryFailed } from './telemetry-errors.ts';

/**
 * Ends the call when its result does: now, when a promise settles, or when a stream has been read. Returns what the
 * host gets, which is the result itself, save that a plain promise is replaced by one derived from it: a promise that
 * is listened to counts as handled, and a rejection that nobody handles would no longer be reported. `isFresh`: it comes
 * from an `async` function, so nobody can have put anything on it.
 */
export function observe(result: unknown, call: Call, isFresh = false): unknown {
  if (!isObject(result)) {
    call.succeed(result);
    return result;
  }
  try {
    if (isPlainPromise(result)) return derivePromise(result, new CallSettlement(call), isFresh);
    if (isThenable(result)) watchThenable(result, call, observeValue);
    else observeValue(result, call);
  } catch (error) {
    telemetryFailed(error);
    call.succeed();
  }
  return result;
}

class CallSettlement implements Settlement {
  readonly #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  onValue(value: unknown): void {
    observeValue(value, this.#call);
  }

  onError(error: unknown): void {
    this.#call.fail(error);
  }
}

/** The same for a value that is certainly no promise. Never throws. */
function observeValue(value: unknown, call: Call): void {
  try {
    if (isObject(value) && watchStreamOf(value, call)) return;
  } catch (error) {
    telemetryFailed(error);
  }
  call.succeed(value);
}

function watchStreamOf(value: object, call: Call): boolean {
  const shape = value as Record<PropertyKey, unknown>;
  if (has(shape, 'getReader') && has(shape, 'tee')) return watchWebStream(value, call);
  if (has(shape, 'pipe') && has(shape, 'on') && has(shape, 'read')) return watchNodeStream(value, call);
  if (has(shape, Symbol.asyncIterator)) return watchAsyncIterable(value, call);
  if (!has(shape, 'next')) return false;
  const tag = Object.prototype.toString.call(value);
  // Lists, maps and sets are iterable, too, but done when they are returned.
  if (tag === '[object Generator]' || tag === '[object Iterator Helper]') return watchIterator(value, call);
  return false;
}

function has(shape: Record<PropertyKey, unknown>, key: PropertyKey): boolean {
  return typeof shape[key] === 'function';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
