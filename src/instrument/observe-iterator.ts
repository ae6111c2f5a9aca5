import type { Call } from './call.ts';
import { derivePromise, isPlainPromise, isThenable } from './observe-promise.ts';
import { attempt, type Consumption, hook, watchStream } from './watch.ts';

type Result = IteratorResult<unknown> | undefined;

/** Anything with `Symbol.asyncIterator`: an async generator, a client's stream of chunks. */
export function watchAsyncIterable(iterable: object, call: Call): true {
  watchStream(iterable, call, (found) => {
    // Iterators are most often their own iterables, and are also driven by hand.
    hookIterator(iterable, found);
    hook(
      iterable,
      Symbol.asyncIterator,
      (original) =>
        function (this: unknown, ...args) {
          const iterator = guarded(found, () => Reflect.apply(original, this, args));
          attempt(found, () => hookIterator(iterator, found));
          return iterator;
        },
    );
  });
  return true;
}

/** A synchronous generator: it does its work while the host iterates, as well. */
export function watchIterator(iterator: object, call: Call): true {
  watchStream(iterator, call, (found) => hookIterator(iterator, found));
  return true;
}

const hooked = new WeakSet<object>();

/** Every step runs inside the call; the end, an error and an early `return` are told. */
export function hookIterator(iterator: unknown, consumption: Consumption): void {
  if (typeof iterator !== 'object' || iterator === null || hooked.has(iterator)) return;
  if (typeof (iterator as { next?: unknown }).next !== 'function') return;
  hooked.add(iterator);
  const told = (onDone: () => void) => (result: Result) => {
    if (result?.done === true) onDone();
    else consumption.chunk(result?.value);
  };
  const finished = told(() => consumption.finished());
  const stopped = told(() => consumption.stopped());
  const stepWith = (onResult: (result: Result) => void) => (original: (...args: unknown[]) => unknown) =>
    function (this: unknown, ...args: unknown[]) {
      const step = guarded(consumption, () => Reflect.apply(original, this, args));
      return whenSettled(step, consumption, onResult);
    };
  hook(iterator, 'next', stepWith(finished));
  hook(iterator, 'throw', stepWith(finished));
  if (typeof (iterator as { return?: unknown }).return === 'function') hook(iterator, 'return', stepWith(stopped));
  else defineReturn(iterator, consumption);
}

/** Without a `return` of its own, an iterator is not told when a loop over it is left. */
function defineReturn(iterator: object, consumption: Consumption): void {
  const isAsync = typeof (iterator as { [Symbol.iterator]?: unknown })[Symbol.iterator] !== 'function';
  const value = (returned?: unknown) => {
    consumption.stopped();
    const result = { done: true, value: returned };
    return isAsync ? Promise.resolve(result) : result;
  };
  Object.defineProperty(iterator, 'return', { value, writable: true, configurable: true, enumerable: false });
}

function guarded<T>(consumption: Consumption, body: () => T): T {
  try {
    return consumption.run(body);
  } catch (error) {
    consumption.failed(error);
    throw error;
  }
}

function whenSettled(step: unknown, consumption: Consumption, onResult: (result: Result) => void): unknown {
  if (typeof step !== 'object' || step === null) return step;
  const settlement = {
    onValue: (value: unknown) => onResult(value as Result),
    onError: (error: unknown) => consumption.failed(error),
  };
  if (isPlainPromise(step)) return derivePromise(step, settlement);
  if (isThenable(step)) return derivePromise(Promise.resolve(step), settlement);
  onResult(step as Result);
  return step;
}
