import type { HrTime, SpanContext, SpanStatus } from '@opentelemetry/api';

/** A set of attributes with whatever values an SDK lets through. */
export type AnyAttributes = Readonly<Record<string, unknown>>;

export interface RecordedResource {
  readonly attributes: AnyAttributes;
  readonly schemaUrl?: string | undefined;
  /** Some of the attributes are not known yet. */
  readonly asyncAttributesPending?: boolean | undefined;
  waitForAsyncAttributes?(): Promise<void> | undefined;
}

export interface RecordedScope {
  readonly name: string;
  readonly version?: string | undefined;
  readonly schemaUrl?: string | undefined;
  readonly attributes?: AnyAttributes | undefined;
  readonly droppedAttributesCount?: number | undefined;
}

export interface RecordedEvent {
  readonly time: HrTime;
  readonly name: string;
  readonly attributes?: AnyAttributes | undefined;
  readonly droppedAttributesCount?: number | undefined;
}

export interface RecordedLink {
  readonly context: SpanContext;
  readonly attributes?: AnyAttributes | undefined;
  readonly droppedAttributesCount?: number | undefined;
}

/** A span that has ended, as every SDK from 2.0 on gives it to its processors. */
export interface RecordedSpan {
  readonly name: string;
  readonly kind: number;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly status: SpanStatus;
  readonly attributes: AnyAttributes;
  readonly links: readonly RecordedLink[];
  readonly events: readonly RecordedEvent[];
  readonly resource: RecordedResource;
  readonly instrumentationScope: RecordedScope;
  readonly parentSpanContext?: SpanContext | undefined;
  readonly droppedAttributesCount: number;
  readonly droppedEventsCount: number;
  readonly droppedLinksCount: number;
  spanContext(): SpanContext;
}

/** What is missing of a process's spans so far. */
export interface Losses {
  /** For want of room. */
  readonly dropped: number;
  /** By the receiver. */
  readonly refused: number;
  /** By sampling. Only said of what is sent, as it changes all the time. */
  readonly sampledOut?: number;
}
