import { trace } from '@opentelemetry/api';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { isRegistered } from '../api-copies.ts';
import { type ContentOptions, configureContent } from '../content/settings.ts';
import { readOff } from '../off.ts';
import { endOpenCalls } from '../open-calls.ts';
import { telemetryErrors } from '../telemetry-errors.ts';
import { inTime } from './in-time.ts';
import type { DeliveryCounts } from './outbox.ts';
import { HeadSampler } from './sampling.ts';
import { type InitOptions, readSettings, type Settings } from './settings.ts';
import type { DeliveryOptions, Destination, SpanDelivery } from './span-delivery.ts';
import { deliveries, startDelivery, warnNothingIsExported } from './span-processor.ts';

/**
 * `started`: spans are exported. `existing`: the program has a provider, which is used as it is. `disabled`: by
 * `TRACE_ANALYZE_DISABLED` or `OTEL_SDK_DISABLED`, or because the endpoint is no HTTP URL or another copy of the API of
 * OpenTelemetry is in the way, about which a warning is emitted.
 */
export type InitResult = 'started' | 'existing' | 'disabled';

export interface Stats extends DeliveryCounts {
  /** How often telemetry itself failed, without harm to the program. */
  readonly telemetryErrors: number;
}

interface Flushable {
  forceFlush?(): Promise<unknown>;
}

const NOTHING = {
  made: 0,
  delivered: 0,
  refused: 0,
  dropped: 0,
  sampledOut: 0,
  pending: 0,
  spooled: 0,
  recovered: 0,
  unrecovered: 0,
};

let provider: NodeTracerProvider | undefined;
let own: SpanDelivery | undefined;
let isListening = false;

/**
 * Starts delivering spans over OTLP/HTTP. Does nothing where it did before or where the program has a provider of its
 * own. Does not keep the process alive; one that ends, in whatever way, loses nothing.
 */
export function init(options: InitOptions & DeliveryOptions & ContentOptions = {}): InitResult {
  if (provider !== undefined) return 'started';
  try {
    return start(options);
  } catch (error) {
    warnNothingIsExported(error);
    return 'disabled';
  }
}

function start(options: InitOptions & DeliveryOptions & ContentOptions): InitResult {
  if (readOff()) return 'disabled';
  configureContent(options);
  if (existingProvider() !== undefined) {
    endCallsBeforeExit();
    return 'existing';
  }
  const settings = readSettings(options, process.env);
  const sampling = samplingOf(settings);
  const delivery = settings.isExporting ? startDelivery(settings, options, sampling) : undefined;
  const made = new NodeTracerProvider({
    resource: settings.resource,
    spanProcessors: delivery === undefined ? [] : [delivery],
    ...(sampling.head === undefined ? {} : { sampler: sampling.head }),
  });
  made.register();
  if (!isRegistered(made)) {
    delivery?.close();
    return 'disabled';
  }
  own = delivery;
  provider = made;
  return 'started';
}

/** Traces are decided at their start, unless how they end matters. */
function samplingOf({ sampling }: Settings): Pick<Destination, 'head' | 'tail'> {
  if (sampling.ratio === 1) return {};
  return sampling.slowMs === undefined ? { head: new HeadSampler(sampling) } : { tail: sampling };
}

/**
 * Waits until every span that has ended is delivered; of a provider that is the program's own, until it has flushed.
 * False where that failed or took longer than `timeoutMs`, and as soon as the receiver is found out of reach. Never
 * rejects.
 */
export async function flush(timeoutMs = 10_000): Promise<boolean> {
  const { refused, dropped } = stats();
  let isDone = true;
  const work = deliveries().map(async (delivery) => {
    if (!(await delivery.flush())) isDone = false;
  });
  const isInTime = await inTime(Promise.all([...work, flushExisting()]), timeoutMs);
  const now = stats();
  return isInTime && isDone && now.refused === refused && now.dropped === dropped;
}

/**
 * `flush`, after ending the spans of streams that nobody reads any more; then nothing is recorded any longer, until
 * the next `init`. A provider that is the program's own is only flushed.
 */
export async function shutdown(timeoutMs = 10_000): Promise<boolean> {
  endOpenCalls('exit');
  own?.keepUndecided();
  const isDelivered = await flush(timeoutMs);
  if (provider === undefined) return isDelivered;
  const ended = provider;
  if (existingProvider() === ended) trace.disable();
  provider = undefined;
  own?.close();
  return (await inTime(ended.shutdown(), timeoutMs)) && isDelivered;
}

/** What became of the spans since `init`. */
export function stats(): Stats {
  const sum = { ...NOTHING };
  for (const { counts } of deliveries()) {
    for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += counts[key];
  }
  return { ...sum, telemetryErrors: telemetryErrors() };
}

async function flushExisting(): Promise<void> {
  if (provider === undefined) await (existingProvider() as Flushable | undefined)?.forceFlush?.();
}

/** The provider that is registered, unless none is. */
function existingProvider(): unknown {
  const registered = trace.getTracerProvider() as {
    getDelegate?(): unknown;
    getDelegateTracer?(name: string): unknown;
  };
  if (registered.getDelegateTracer === undefined) return registered;
  return registered.getDelegateTracer('trace-analyze') === undefined ? undefined : registered.getDelegate?.();
}

/** Once for all: the program's own provider gets the spans of calls that are open when there is nothing left to do. */
function endCallsBeforeExit(): void {
  if (isListening) return;
  isListening = true;
  process.on('beforeExit', () => {
    if (deliveries().length === 0) endOpenCalls('exit');
  });
}
