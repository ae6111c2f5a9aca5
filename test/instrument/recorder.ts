import { type Attributes, context, propagation, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';

/** The spans that ended, in a registered provider of the real SDK. */
export interface Recorder {
  readonly spans: ReadableSpan[];
  /** The one span of that name; throws if there is not exactly one. */
  span(name: string): ReadableSpan;
  stop(): Promise<void>;
}

export function startRecorder(sampler?: Sampler): Recorder {
  const memory = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(memory)],
    ...(sampler === undefined ? {} : { sampler }),
  });
  provider.register();
  return {
    get spans() {
      return memory.getFinishedSpans();
    },
    span(name) {
      const found = memory.getFinishedSpans().filter((span) => span.name === name);
      if (found.length !== 1) throw new Error(`${found.length} spans are named "${name}"`);
      return found[0]!;
    },
    async stop() {
      await provider.shutdown();
      trace.disable();
      context.disable();
      propagation.disable();
    },
  };
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A span of some other instrumentation, where it is called. */
export function foreignSpan(name: string): void {
  trace.getTracer('other').startSpan(name).end();
}

export function durationMs(span: ReadableSpan): number {
  return span.duration[0] * 1000 + span.duration[1] / 1e6;
}

/** `unset`, `ok` or `error`, and whether an exception was recorded. */
export function outcome(span: ReadableSpan): string {
  const status = SpanStatusCode[span.status.code].toLowerCase();
  return span.events.some((event) => event.name === 'exception') ? `${status} + exception` : status;
}

/** Without what the process did meanwhile, which is only there of calls that take long: on a busy machine, any. */
export function attributesOf({ attributes }: ReadableSpan): Attributes {
  const { 'ta.cpu_time': _cpu, 'ta.event_loop_utilization': _loop, 'ta.concurrent_runs': _runs, ...rest } = attributes;
  return rest;
}

export function parentIdOf(span: ReadableSpan): string | undefined {
  return span.parentSpanContext?.spanId;
}

export function idOf(span: ReadableSpan): string {
  return span.spanContext().spanId;
}
