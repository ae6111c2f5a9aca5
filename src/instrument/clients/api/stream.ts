import type { Call } from '../../call.ts';
import { hookIterator } from '../../observe-iterator.ts';
import { watchWebStream } from '../../observe-web-stream.ts';
import { attempt, type Consumption, type Watch, watchStream } from '../../watch.ts';
import { hookMethod } from './hook-method.ts';
import { type Shape, shapeOf } from './shape.ts';
import { SseEvents } from './sse.ts';

/** A stream of events as several vendors' clients have it. All ways to read it begin with its `iterator`. */
interface EventStream {
  readonly iterator: () => AsyncIterator<unknown>;
  readonly controller: AbortController;
}

export interface StreamWatcher {
  /** Whether the last event that there should be has been seen. */
  isComplete(): boolean;
  /** What the call fails with for an error of the stream. */
  describe(error: unknown): unknown;
}

export function isEventStream(value: unknown): value is EventStream {
  const { iterator, controller } = shapeOf(value);
  return typeof iterator === 'function' && typeof shapeOf(shapeOf(controller).signal).aborted === 'boolean';
}

/** Reading it, `tee()`, `toReadableStream()` and stopping it by its controller all end the call as they should. */
export function watchEventStream(stream: EventStream, call: Call, watcher: StreamWatcher): void {
  watchStream(stream, call, (found) => {
    /** The one iterator that is read; others only fail. */
    const reading: { by?: object } = {};
    hookMethod(stream, 'iterator', (original, self, args) => {
      const iterator = found.run(() => Reflect.apply(original, self, args));
      const consumption = readerOf(found, reading, watcher);
      attempt(consumption, () => hookIterator(iterator, consumption));
      return iterator;
    });
  });
}

function readerOf(found: Watch, reading: { by?: object }, watcher: StreamWatcher): Consumption {
  const isReading = () => reading.by === undefined || reading.by === consumption;
  const consumption: Consumption = {
    run: (body) => {
      reading.by ??= consumption;
      return found.run(body);
    },
    chunk: (value) => found.chunk(value),
    failed: (error) => {
      if (isReading()) found.failed(watcher.describe(error));
    },
    stopped: () => {
      if (isReading()) found.stopped();
    },
    // Stopped by its controller, it ends as if there were no more.
    finished: () => {
      if (!isReading()) return;
      const { signal } = (found.target as EventStream).controller;
      if (signal.aborted && !watcher.isComplete()) found.stopped();
      else found.finished();
    },
  };
  return consumption;
}

/** A response whose events are read from its body by something that cannot be watched. False: there is no such body. */
export function watchEventBody({ response, controller }: Shape, call: Call, watcher: StreamWatcher): boolean {
  const { body } = shapeOf(response);
  if (typeof body !== 'object' || body === null || typeof shapeOf(body).getReader !== 'function') return false;
  const events = new SseEvents();
  const isStopped = () => shapeOf(shapeOf(controller).signal).aborted === true;
  const ended = (found: Consumption) => (watcher.isComplete() || !isStopped() ? found.finished() : found.stopped());
  return watchWebStream(body, call, (found) => ({
    run: (read) => found.run(read),
    chunk: (bytes) => {
      for (const event of events.read(bytes)) found.chunk(event);
    },
    finished: () => ended(found),
    stopped: () => (watcher.isComplete() ? found.finished() : found.stopped()),
    failed: (error) => (isStopped() ? ended(found) : found.failed(watcher.describe(error))),
  }));
}
