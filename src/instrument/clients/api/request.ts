import type { Call, CallReader } from '../../call.ts';
import { notice } from '../../notice.ts';
import { observe } from '../../observe.ts';
import { isThenable } from '../../observe-promise.ts';
import { activeTracer, type CallSpec, openSpec } from '../../open-call.ts';
import { ATTR } from '../../semconv.ts';
import { telemetryFailed } from '../../telemetry-errors.ts';
import { described } from './error.ts';
import { isRequestPromise, watchRequest } from './promise.ts';
import { shapeOf } from './shape.ts';
import { isEventStream, type StreamWatcher, watchEventBody, watchEventStream } from './stream.ts';

/** Reads the answer to one request. */
export interface AnswerReader extends CallReader {
  /** Whether a stream's last event has been seen: one that ends without it was cut short. */
  isComplete(): boolean;
}

export interface RequestSpec extends CallSpec {
  readonly reader: AnswerReader;
}

/**
 * Traces one request of a client: `send` is run once, and what it returns or throws goes to the host. `spec` is asked
 * only where somebody records; should it throw, the request goes untraced.
 */
export function tracedRequest(spec: () => RequestSpec, send: () => unknown): unknown {
  if (activeTracer() === undefined) return send();
  let call: Call | undefined;
  let asked: RequestSpec | undefined;
  try {
    asked = spec();
    call = openSpec(asked);
  } catch (error) {
    telemetryFailed(error);
  }
  if (call === undefined || asked === undefined) return send();
  let result: unknown;
  try {
    result = call.run(send);
  } catch (error) {
    call.fail(described(error, call));
    throw error;
  }
  return observeRequest(result, call, asked);
}

function observeRequest(result: unknown, call: Call, { reader, args }: RequestSpec): unknown {
  if (!isRequestPromise(result)) return observeUnknown(result, call);
  try {
    call.leaveOpen(result);
    const isStream = shapeOf(args?.[0]).stream === true;
    watchRequest(result, {
      ...(isStream ? { shared: (exchange: unknown) => observeShared(exchange, call, reader) } : {}),
      responded: (exchange) => noteExchange(exchange, call),
      handedOver: () => call.succeed(),
      onValue: (value) => observeAnswer(value, call, reader),
      onError: (error) => call.fail(described(error, call)),
    });
  } catch (error) {
    telemetryFailed(error);
    call.succeed();
  }
  return result;
}

/** A promise of some other kind is still a promise. What is none was not expected. */
function observeUnknown(result: unknown, call: Call): unknown {
  const isPromise = typeof result === 'object' && result !== null && isThenable(result);
  if (!isPromise) notice('a client answered a request with no promise; the time of its requests is not known');
  return observe(result, call);
}

function observeAnswer(value: unknown, call: Call, reader: AnswerReader): void {
  if (call.done) return;
  try {
    if (isEventStream(value)) watchEventStream(value, call, watcherOf(call, reader));
    else call.succeed(value);
  } catch (error) {
    telemetryFailed(error);
    call.succeed();
  }
}

function observeShared(exchange: unknown, call: Call, reader: AnswerReader): void {
  if (call.done) return;
  try {
    if (!watchEventBody(shapeOf(exchange), call, watcherOf(call, reader))) call.succeed();
  } catch (error) {
    telemetryFailed(error);
    call.succeed();
  }
}

function watcherOf(call: Call, reader: AnswerReader): StreamWatcher {
  return { isComplete: () => reader.isComplete(), describe: (error) => described(error, call) };
}

/** A client that tried again says so, and when its last attempt began (Unix milliseconds); not how many there were. */
function noteExchange(exchange: unknown, call: Call): void {
  call.touch();
  const { retryOfRequestLogID, startTime } = shapeOf(exchange);
  if (typeof retryOfRequestLogID !== 'string') return;
  call.tell((span) => {
    span.setAttribute(ATTR.retried, true);
    if (typeof startTime === 'number') span.addEvent('ta.last_attempt', undefined, startTime);
  });
}
