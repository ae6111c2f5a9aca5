import type { Call } from '../../call.ts';
import { hookIterator } from '../../observe-iterator.ts';
import { derivePromise, isPlainPromise } from '../../observe-promise.ts';
import { activeTracer, type CallSpec, openSpec } from '../../open-call.ts';
import { telemetryFailed } from '../../telemetry-errors.ts';
import { attempt, type Consumption, hook, watchStream } from '../../watch.ts';
import { described } from './error.ts';

/** How the answer of one client is to be understood. */
export interface AnswerShape {
  /** The stream in what the promise was fulfilled with, if there is one. */
  streamOf(value: unknown): object | undefined;
  /** What the call fails with for an error of the client. */
  describe?(error: unknown, call: Call): unknown;
}

/**
 * Traces one request of a client whose methods return plain promises: `send` is run once, and what it returns or throws
 * goes to the host. `spec` is asked only where somebody records; should it throw, the request goes untraced. `opened`
 * is told of the call before the request is sent.
 */
export function tracedAnswer(
  spec: () => CallSpec,
  send: () => unknown,
  shape: AnswerShape,
  opened?: (call: Call) => void,
): unknown {
  if (activeTracer() === undefined) return send();
  let call: Call | undefined;
  try {
    call = openSpec(spec());
    if (call !== undefined) opened?.(call);
  } catch (error) {
    telemetryFailed(error);
  }
  return call === undefined ? send() : through(call, send, shape);
}

function through(call: Call, send: () => unknown, shape: AnswerShape): unknown {
  let answer: unknown;
  try {
    answer = call.run(send);
  } catch (error) {
    call.fail(describedBy(shape, error, call));
    throw error;
  }
  if (!(answer instanceof Promise) || !isPlainPromise(answer)) {
    call.succeed();
    return answer;
  }
  return derivePromise(answer, {
    onValue: (value) => observeValue(value, call, shape),
    onError: (error) => call.fail(describedBy(shape, error, call)),
  });
}

function describedBy(shape: AnswerShape, error: unknown, call: Call): unknown {
  return (shape.describe ?? described)(error, call);
}

function observeValue(value: unknown, call: Call, shape: AnswerShape): void {
  try {
    const stream = shape.streamOf(value);
    if (stream === undefined) call.succeed(value);
    else watchIterable(stream, call, shape);
  } catch (error) {
    telemetryFailed(error);
    call.succeed();
  }
}

/** As every stream is watched, save that what breaks it is described as a failed request is. */
export function watchIterable(stream: object, call: Call, shape: AnswerShape): void {
  watchStream(stream, call, (found) => {
    const consumption: Consumption = {
      run: (body) => found.run(body),
      chunk: (value) => found.chunk(value),
      finished: () => found.finished(),
      stopped: () => found.stopped(),
      failed: (error) => found.failed(describedBy(shape, error, call)),
    };
    hookIterator(stream, consumption);
    hook(
      stream,
      Symbol.asyncIterator,
      (original) =>
        function (this: unknown, ...args) {
          const iterator = found.run(() => Reflect.apply(original, this, args));
          attempt(consumption, () => hookIterator(iterator, consumption));
          return iterator;
        },
    );
  });
}

export function isAsyncIterable(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return typeof (value as { [Symbol.asyncIterator]?: unknown })[Symbol.asyncIterator] === 'function';
}
