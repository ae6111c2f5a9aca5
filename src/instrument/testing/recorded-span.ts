import { type Attributes, type AttributeValue, type HrTime, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';

/** A span that has ended, as plain data. `parent` is not enumerable: spans can be compared and printed as they are. */
export interface RecordedSpan {
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** `unset` is what a span has that did not fail. */
  readonly status: 'unset' | 'ok' | 'error';
  /** The text of the status; empty where there is none. */
  readonly statusMessage: string;
  readonly events: readonly RecordedEvent[];
  readonly links: readonly RecordedLink[];
  readonly traceId: string;
  readonly id: string;
  /** Absent for the root of a trace. */
  readonly parentId?: string;
  /** Whether the parent is a span of another process, or was handed over as if it were. */
  readonly hasRemoteParent: boolean;
  /** Unix time in milliseconds, with fractions. */
  readonly startMs: number;
  readonly durationMs: number;
  /** The name of the instrumentation scope: who made the span. */
  readonly scope: string;
  /** Undefined for a root, and where the parent was not recorded. */
  readonly parent: RecordedSpan | undefined;
  /** Those that have ended, in the order of their starts. */
  readonly children: readonly RecordedSpan[];
}

export interface RecordedEvent {
  readonly name: string;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** Milliseconds from the start of the span. */
  readonly atMs: number;
}

export interface RecordedLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/** A span with the place of its start among all starts: clocks are too coarse to tell. */
export interface Ended {
  readonly span: ReadableSpan;
  readonly order: number;
}

/** All of them at once, so that parents and children refer to each other; in the order of their starts. */
export function recordedSpans(ended: readonly Ended[]): RecordedSpan[] {
  const inOrder = [...ended].sort((a, b) => a.order - b.order);
  const children = new Map<string, RecordedSpan[]>();
  const byId = new Map<string, RecordedSpan>();
  const spans = inOrder.map(({ span }) => {
    const own: RecordedSpan[] = [];
    const recorded = plain(span, own);
    const key = keyOf(recorded.traceId, recorded.id);
    children.set(key, own);
    byId.set(key, recorded);
    return recorded;
  });
  for (const span of spans) {
    const key = span.parentId === undefined ? undefined : keyOf(span.traceId, span.parentId);
    const parent = key === undefined ? undefined : byId.get(key);
    if (key !== undefined) children.get(key)?.push(span);
    Object.defineProperty(span, 'parent', { value: parent, enumerable: false });
  }
  return spans;
}

function keyOf(traceId: string, spanId: string): string {
  return `${traceId}:${spanId}`;
}

function plain(span: ReadableSpan, children: readonly RecordedSpan[]): RecordedSpan {
  const { traceId, spanId } = span.spanContext();
  const startMs = milliseconds(span.startTime);
  const { parentSpanContext } = span;
  const data: Omit<RecordedSpan, 'parent'> = {
    name: span.name,
    kind: SpanKind[span.kind]!.toLowerCase() as RecordedSpan['kind'],
    attributes: valuesOf(span.attributes),
    status: SpanStatusCode[span.status.code]!.toLowerCase() as RecordedSpan['status'],
    statusMessage: span.status.message ?? '',
    events: span.events.map(({ name, attributes, time }) => ({
      name,
      attributes: valuesOf(attributes),
      atMs: milliseconds(time) - startMs,
    })),
    links: span.links.map(({ context, attributes }) => ({
      traceId: context.traceId,
      spanId: context.spanId,
      attributes: valuesOf(attributes),
    })),
    traceId,
    id: spanId,
    ...(parentSpanContext === undefined ? {} : { parentId: parentSpanContext.spanId }),
    hasRemoteParent: parentSpanContext?.isRemote === true,
    startMs,
    durationMs: milliseconds(span.duration),
    scope: span.instrumentationScope.name,
    children,
  };
  return data as RecordedSpan;
}

function valuesOf(attributes: Attributes = {}): Record<string, AttributeValue> {
  const known = Object.entries(attributes).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known) as Record<string, AttributeValue>;
}

function milliseconds([seconds, nanoseconds]: HrTime): number {
  return seconds * 1000 + nanoseconds / 1e6;
}
