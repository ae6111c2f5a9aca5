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
import { isEventStream, watchEventStream } from './stream.ts';

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
  let reader: AnswerReader | undefined;
  try {
    const asked = spec();
    reader = asked.reader;
    call = openSpec(asked);
  } catch (error) {
    telemetryFailed(error);
  }
  if (call === undefined || reader === undefined) return send();
  let result: unknown;
  try {
    result = call.run(send);
  } catch (error) {
    call.fail(described(error, call));
    throw error;
  }
  return observeRequest(result, call, reader);
}

function observeRequest(result: unknown, call: Call, reader: AnswerReader): unknown {
  if (!isRequestPromise(result)) return observeUnknown(result, call);
  try {
    call.leaveOpen(result);
    watchRequest(result, {
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
    const watcher = { isComplete: () => reader.isComplete(), describe: (error: unknown) => described(error, call) };
    if (isEventStream(value)) watchEventStream(value, call, watcher);
    else call.succeed(value);
  } catch (error) {
    telemetryFailed(error);
    call.succeed();
  }
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
