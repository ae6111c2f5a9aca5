import { context } from '@opentelemetry/api';
import type { Call } from './call.ts';
import { hook, type Watch, watch } from './watch.ts';

/** Told how a promise ended, before the host is. Must not throw. */
export interface Settlement {
  onValue(value: unknown): void;
  onError(error: unknown): void;
}

type Handler = ((value: unknown) => unknown) | null | undefined;

const nativeThen = Promise.prototype.then;

/** A promise of this realm with nothing of its own about it: awaiting it never looks at its `then`. */
export function isPlainPromise(value: object): value is Promise<unknown> {
  return value instanceof Promise && value.constructor === Promise && hasUsualThen(value);
}

/** The one that promises have, also where something replaced it for all of them after this module was loaded. */
function hasUsualThen(promise: Promise<unknown>): boolean {
  return promise.then === nativeThen || promise.then === Promise.prototype.then;
}

export function isThenable(value: object): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown }).then === 'function';
}

/**
 * Tells how a promise ends whose only other listener passes its end on: nobody else will call it unhandled. Takes no
 * time from that listener, if it is there first.
 */
export function listenTo(promise: Promise<unknown>, { onValue, onError }: Settlement): void {
  Reflect.apply(nativeThen, promise, [onValue, onError]);
}

/**
 * A promise that ends as `promise` does, with the same reason, and is reported if nobody handles it. `isFresh`: nobody can
 * have put anything on it.
 */
export function derivePromise<T>(promise: Promise<T>, settlement: Settlement, isFresh = false): Promise<T> {
  const derived = promise.then(
    (value) => {
      settlement.onValue(value);
      return value;
    },
    (error: unknown) => {
      settlement.onError(error);
      throw error;
    },
  );
  if (isFresh) return derived;
  // What was put on it by hand, such as `cancel`. Symbols are left out: Node keeps async contexts under some.
  for (const key of Object.getOwnPropertyNames(promise)) {
    Object.defineProperty(derived, key, Object.getOwnPropertyDescriptor(promise, key)!);
  }
  return derived;
}

/** How promises ended that may be given out again, as caches do. */
const ended = new WeakMap<object, (call: Call) => void>();

/** `onValue` is told a call whose promise was fulfilled, and with what. */
type OnValue = (value: unknown, call: Call) => void;

/**
 * A promise subclass or any other object with a `then`. It stays what it is; its `then` is watched, because that is
 * what `await` and all methods of promises go through. One that has a `then` of its own may start its work only there
 * (query builders, clients' request promises), so nothing is called that the host does not call.
 */
export function watchThenable(thenable: PromiseLike<unknown>, call: Call, onValue: OnValue): void {
  const settlementOf = (found: Watch): Settlement => ({
    onValue: (value) => {
      for (const one of found.take()) onValue(value, one);
    },
    onError: (error) => found.failed(error),
  });
  const end = ended.get(thenable);
  if (end !== undefined) {
    end(call);
    return;
  }
  const isEager = thenable instanceof Promise && hasUsualThen(thenable);
  watch(thenable, call, (found) => {
    const settlement = settlementOf(found);
    if (isEager) watchEagerPromise(thenable as Promise<unknown>, remembered(thenable, settlement, onValue));
    else watchLazyThenable(thenable, found, settlement);
  });
  if (!isEager) call.leaveOpen(thenable);
}

function remembered(thenable: object, settlement: Settlement, onValue: OnValue): Settlement {
  return {
    onValue: (value) => {
      ended.set(thenable, (call) => onValue(value, call));
      settlement.onValue(value);
    },
    onError: (error) => {
      ended.set(thenable, (call) => call.fail(error));
      settlement.onError(error);
    },
  };
}

/**
 * Listening makes a promise count as handled. Whether the host handles it is seen on its `then`; if it has not by the
 * time of a rejection, another promise is rejected in its place with the same reason, and taken back by a late handler.
 */
export function watchEagerPromise(promise: Promise<unknown>, { onValue, onError }: Settlement): void {
  let isHandled = false;
  let standIn: Promise<never> | undefined;
  hook(
    promise,
    'then',
    (original) =>
      function (this: unknown, ...handlers) {
        isHandled = true;
        standIn?.catch(() => undefined);
        return Reflect.apply(original, this, handlers);
      },
  );
  Reflect.apply(nativeThen, promise, [
    onValue,
    (error: unknown) => {
      onError(error);
      if (!isHandled) standIn = Promise.reject(error);
    },
  ]);
}

function watchLazyThenable(thenable: PromiseLike<unknown>, found: Watch, settlement: Settlement): void {
  hook(
    thenable,
    'then',
    (original) =>
      function (this: unknown, ...handlers) {
        const [onValue, onError] = hostHandlers(handlers);
        return found.run(() =>
          Reflect.apply(original, this, [
            (value: unknown) => {
              settlement.onValue(value);
              return typeof onValue === 'function' ? onValue(value) : value;
            },
            (error: unknown) => {
              settlement.onError(error);
              if (typeof onError === 'function') return onError(error);
              throw error;
            },
          ]),
        );
      },
  );
  if (thenable instanceof Promise) watchOtherWays(thenable, found, settlement);
  else watchOwnCatch(thenable, found, settlement);
}

/** The `catch` and `finally` of what is no promise need not go through its `then`. */
function watchOwnCatch(thenable: PromiseLike<unknown>, found: Watch, settlement: Settlement): void {
  const around = (key: 'catch' | 'finally', wrapHandler: (handler: Handler) => Handler) =>
    hook(
      thenable,
      key,
      (original) =>
        function (this: unknown, ...handlers) {
          const bound = hostHandlers(handlers).map(wrapHandler);
          const result = found.run(() => Reflect.apply(original, this, bound));
          const isAnswer = typeof result === 'object' && result !== null && isPlainPromise(result);
          return isAnswer ? derivePromise(result, settlement) : result;
        },
    );
  around('catch', (handler) => {
    if (typeof handler !== 'function') return handler;
    return (error) => {
      settlement.onError(error);
      return handler(error);
    };
  });
  around('finally', (handler) => handler);
}

/** The work belongs to the call, what the host does with the result does not. */
function hostHandlers(handlers: readonly unknown[]): readonly Handler[] {
  const active = context.active();
  return handlers.map((handler) => context.bind(active, handler) as Handler);
}

/** Further ways to a result of a promise subclass, such as `withResponse()`: the call ends with what they return. */
function watchOtherWays(promise: Promise<unknown>, found: Watch, settlement: Settlement): void {
  const keys = new Set<string>();
  for (let holder: object | null = promise; holder !== null && holder !== Promise.prototype; ) {
    for (const key of Object.getOwnPropertyNames(holder)) if (isMethod(holder, key)) keys.add(key);
    holder = Object.getPrototypeOf(holder) as object | null;
  }
  for (const key of ['constructor', 'then', 'catch', 'finally']) keys.delete(key);
  for (const key of keys) {
    hook(
      promise,
      key,
      (original) =>
        function (this: unknown, ...args) {
          const result = found.run(() => Reflect.apply(original, this, args));
          const isAnswer = typeof result === 'object' && result !== null && isPlainPromise(result);
          return isAnswer ? derivePromise(result, settlement) : result;
        },
    );
  }
}

function isMethod(holder: object, key: string): boolean {
  return typeof Object.getOwnPropertyDescriptor(holder, key)?.value === 'function';
}
