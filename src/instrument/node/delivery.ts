import { trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { endOpenCalls } from '../open-calls.ts';
import { telemetryErrors, telemetryFailed } from '../telemetry-errors.ts';
import { type InitOptions, isDisabled, readSettings } from './settings.ts';
import { type DeliveryCounts, SpanQueue } from './span-queue.ts';

/**
 * `started`: spans are exported. `existing`: the program has a provider, which is used as it is. `disabled`: by
 * `OTEL_SDK_DISABLED`, or because the endpoint is no HTTP URL, about which a warning is emitted.
 */
export type InitResult = 'started' | 'existing' | 'disabled';

export interface Stats extends DeliveryCounts {
  /** How often telemetry itself failed, without harm to the program. */
  readonly telemetryErrors: number;
}

interface Flushable {
  forceFlush?(): Promise<unknown>;
}

let provider: NodeTracerProvider | undefined;
let queue: SpanQueue | undefined;
let isListening = false;

/**
 * Starts delivering spans over OTLP/HTTP. Does nothing where it did before or where the program has a provider of its
 * own. Does not keep the process alive; a process that ends by itself delivers what it has.
 */
export function init(options: InitOptions = {}): InitResult {
  if (provider !== undefined) return 'started';
  try {
    return start(options);
  } catch (error) {
    telemetryFailed(error);
    const reason = error instanceof Error ? error.message : String(error);
    process.emitWarning(`trace-analyze: no spans are exported: ${reason}`, 'TraceAnalyzeWarning');
    return 'disabled';
  }
}

function start(options: InitOptions): InitResult {
  if (isDisabled(process.env)) return 'disabled';
  listenForExit();
  if (existingProvider() !== undefined) {
    queue = undefined;
    return 'existing';
  }
  const settings = readSettings(options, process.env);
  queue = settings.isExporting ? new SpanQueue(new OTLPTraceExporter(settings.exporter)) : undefined;
  provider = new NodeTracerProvider({ resource: settings.resource, spanProcessors: queue ? [queue] : [] });
  provider.register();
  return 'started';
}

/**
 * Waits until every span that has ended is delivered; of a provider that is the program's own, until it has flushed.
 * False where that failed or took longer than `timeoutMs`. Never rejects.
 */
export async function flush(timeoutMs = 10_000): Promise<boolean> {
  if (queue === undefined) return inTime(flushExisting(), timeoutMs);
  const failed = queue.counts.failed;
  const isInTime = await inTime(queue.forceFlush(), timeoutMs);
  return isInTime && queue.counts.failed === failed;
}

/**
 * `flush`, after ending the spans of streams that nobody reads any more; then nothing is recorded any longer, until
 * the next `init`. A provider that is the program's own is only flushed.
 */
export async function shutdown(timeoutMs = 10_000): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  endOpenCalls('exit');
  queue?.hurry();
  const isDelivered = await flush(timeoutMs);
  if (provider === undefined) return isDelivered;
  const ended = provider;
  if (existingProvider() === ended) trace.disable();
  provider = undefined;
  const isShut = await inTime(ended.shutdown(), Math.max(0, deadline - performance.now()));
  return isDelivered && isShut;
}

/** What became of the spans since `init`. */
export function stats(): Stats {
  const none = { delivered: 0, failed: 0, dropped: 0, pending: 0 };
  return { ...(queue?.counts ?? none), telemetryErrors: telemetryErrors() };
}

async function flushExisting(): Promise<void> {
  await (existingProvider() as Flushable | undefined)?.forceFlush?.();
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

/** Once for all: a script that simply ends delivers its spans. */
function listenForExit(): void {
  if (isListening) return;
  isListening = true;
  process.on('beforeExit', () => {
    endOpenCalls('exit');
    // Sending brings the event loop back to life, and this event again when it is done.
    if (queue !== undefined && queue.counts.pending > 0) queue.leave();
  });
}

async function inTime(work: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  const done = work.then(
    () => true,
    (error: unknown) => {
      telemetryFailed(error);
      return false;
    },
  );
  try {
    return await Promise.race([done, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
