import type { Call } from './call.ts';
import { hookIterator } from './observe-iterator.ts';
import { derivePromise } from './observe-promise.ts';
import { attempt, type Consumption, hook, type Method, watchStream } from './watch.ts';

interface WebStream {
  readonly locked: boolean;
  getReader(): Reader;
  pipeTo(writable: unknown, options?: unknown): Promise<void>;
}

interface Reader {
  readonly closed: Promise<unknown>;
  releaseLock(): void;
}

interface Transform {
  readonly writable: { readonly locked: boolean };
  readonly readable: unknown;
}

/**
 * A `ReadableStream`. One that somebody else is reading already is no result that the host could read: false.
 * `consumedAs`: what is made of its chunks and its end, where that is not what they are.
 */
export function watchWebStream(
  value: object,
  call: Call,
  consumedAs: (found: Consumption) => Consumption = (found) => found,
): boolean {
  const stream = value as WebStream;
  if (stream.locked) return false;
  watchStream(stream, call, (found) => hookStream(stream, consumedAs(found)));
  return true;
}

/** All ways to read a stream, which stays the host's object: byte streams and `instanceof` work as ever. */
function hookStream(stream: WebStream, consumption: Consumption): void {
  const { getReader } = stream;
  const around = (key: PropertyKey, then: (result: unknown, args: readonly unknown[]) => unknown) =>
    hook(
      stream,
      key,
      (original) =>
        function (this: unknown, ...args) {
          // On a locked stream all of these fail, whatever the state of the reading.
          if (stream.locked) return Reflect.apply(original, this, args);
          return then(
            consumption.run(() => Reflect.apply(original, this, args)),
            args,
          );
        },
    );
  around('getReader', (reader) => {
    attempt(consumption, () => hookReader(reader as Reader, consumption));
    return reader;
  });
  const iterate = (iterator: unknown, [options]: readonly unknown[]) => {
    attempt(consumption, () => hookIterator(iterator, keepsStream(options) ? neverStopped(consumption) : consumption));
    return iterator;
  };
  around('values', iterate);
  around(Symbol.asyncIterator, iterate);
  around('cancel', (cancelled) => whenCancelled(cancelled, consumption));
  around('tee', (branches) => {
    attempt(consumption, () => hookBranches(branches as WebStream[], consumption));
    return branches;
  });
  around('pipeTo', (piped) => {
    const onValue = () => consumption.finished();
    const onError = (error: unknown) => whenPipeBroke(() => getReader.call(stream), error, consumption);
    return derivePromise(piped as Promise<unknown>, { onValue, onError });
  });
  hook(stream, 'pipeThrough', (original) => pipeThrough(stream, original));
}

/** The stream may have failed itself, have been given up with its destination, or have been left to be read further. */
function whenPipeBroke(getReader: () => Reader, error: unknown, consumption: Consumption): void {
  attempt(consumption, () => {
    const reader = getReader();
    const { closed } = reader;
    reader.releaseLock();
    const failed = (reason: unknown) => {
      if (reason === error) consumption.failed(error);
    };
    closed.then(() => consumption.stopped(), failed);
  });
}

/** As the standard defines it, over the stream's watched `pipeTo`. */
function pipeThrough(stream: WebStream, original: Method): Method {
  return function (this: unknown, ...args) {
    const [transform, options] = args as [Transform | undefined, { readonly signal?: unknown } | undefined];
    const isUsable = !stream.locked && transform?.writable?.locked === false && transform.readable !== undefined;
    const signal = options?.signal;
    if (!isUsable || !(signal === undefined || signal instanceof AbortSignal))
      return Reflect.apply(original, this, args);
    stream.pipeTo(transform.writable, options).catch(() => undefined);
    return transform.readable;
  };
}

/** The source has been read when one branch has; it is given up when all are. */
function hookBranches(branches: readonly WebStream[], whole: Consumption): void {
  let reading = branches.length;
  for (const branch of branches) {
    let isStopped = false;
    const stopped = () => {
      if (!isStopped && --reading === 0) whole.stopped();
      isStopped = true;
    };
    hookStream(branch, { ...neverStopped(whole), stopped });
  }
}

function hookReader(reader: Reader, consumption: Consumption): void {
  // From then on its promises tell about the reader, not about the stream.
  let isDetached = false;
  const finished = () => {
    if (!isDetached) consumption.finished();
  };
  const failed = (error: unknown) => {
    if (!isDetached) consumption.failed(error);
  };
  hook(
    reader,
    'read',
    (original) =>
      function (this: unknown, ...args) {
        const chunk = consumption.run(() => Reflect.apply(original, this, args)) as Promise<{ readonly done: boolean }>;
        const onValue = (value: unknown) => {
          const { done, value: piece } = value as { done: boolean; value?: unknown };
          if (done) finished();
          else consumption.chunk(piece);
        };
        return derivePromise(chunk, { onValue, onError: failed });
      },
  );
  hook(
    reader,
    'releaseLock',
    (original) =>
      function (this: unknown, ...args) {
        isDetached = true;
        return Reflect.apply(original, this, args);
      },
  );
  hook(
    reader,
    'cancel',
    (original) =>
      function (this: unknown, ...args) {
        isDetached = true;
        return whenCancelled(
          consumption.run(() => Reflect.apply(original, this, args)),
          consumption,
        );
      },
  );
  // A host that knows the length may never read as far as `done`. These rejections count as handled from the start.
  reader.closed.then(finished, failed);
}

function whenCancelled(cancelled: unknown, consumption: Consumption): Promise<unknown> {
  const onValue = () => consumption.stopped();
  return derivePromise(cancelled as Promise<unknown>, { onValue, onError: (error) => consumption.failed(error) });
}

function keepsStream(options: unknown): boolean {
  return (options as { preventCancel?: boolean } | undefined)?.preventCancel === true;
}

function neverStopped(consumption: Consumption): Consumption {
  return {
    run: (body) => consumption.run(body),
    chunk: (value) => consumption.chunk(value),
    finished: () => consumption.finished(),
    failed: (error) => consumption.failed(error),
    stopped: () => undefined,
  };
}
