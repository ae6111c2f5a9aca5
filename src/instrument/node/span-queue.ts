import { context, ROOT_CONTEXT, TraceFlags } from '@opentelemetry/api';
import { ExportResultCode, suppressTracing } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-node';
import { telemetryFailed } from '../telemetry-errors.ts';

const BATCH_SPANS = 512;
/** Held at once, about 1 kB each: a burst far above anything an agent does in one turn of the event loop. */
const MAX_SPANS = 65_536;
/** Below the exporter's own limit (30), above which it refuses. */
const MAX_EXPORTS = 4;
const DELAY_MS = 1000;
/** For so long after a batch that got no answer, nobody expects one for the next. */
const UNREACHABLE_MS = 5000;

/** What became of the spans that ended. */
export interface DeliveryCounts {
  readonly delivered: number;
  /** Refused by the receiver, or not taken by it in time. */
  readonly failed: number;
  /** Ended while the queue was full or after `shutdown`. */
  readonly dropped: number;
  /** Waiting or on their way. */
  readonly pending: number;
}

interface Batch {
  readonly spans: readonly ReadableSpan[];
  readonly settle: () => void;
}

/**
 * Spans on their way to an exporter, batch by batch. The stock batch processor loses what ends faster than it exports
 * and does not wait for what is under way; this one loses nothing below `MAX_SPANS`. Keeps no process alive, save
 * while a batch is being sent.
 */
export class SpanQueue implements SpanProcessor {
  readonly #exporter: SpanExporter;
  readonly #counts = { delivered: 0, failed: 0, dropped: 0, pending: 0 };
  /** One promise for each batch that is waiting or on its way. */
  readonly #unsettled = new Set<Promise<void>>();
  #waiting: Batch[] = [];
  #open: ReadableSpan[] = [];
  #exports = 0;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #isHurried = false;
  #unansweredAt = Number.NEGATIVE_INFINITY;

  constructor(exporter: SpanExporter) {
    this.#exporter = exporter;
  }

  get counts(): DeliveryCounts {
    return { ...this.#counts };
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
    if (this.#isClosed || this.#counts.pending >= MAX_SPANS) {
      this.#counts.dropped++;
      return;
    }
    this.#counts.pending++;
    this.#open.push(span);
    if (this.#open.length >= BATCH_SPANS) {
      this.#closeBatch();
      // Not in the turn of whoever ended the span: a batch takes milliseconds to write.
      setImmediate(() => this.#sendWaiting()).unref();
    } else this.#scheduleSend();
  }

  /** Waits until all that ended before has been delivered or given up. Never rejects. */
  async forceFlush(): Promise<void> {
    this.#sendAll();
    await Promise.all(this.#unsettled);
  }

  /**
   * The process is about to end: the first batch that gets no answer takes with it what waits behind it, until the
   * queue is empty. Otherwise each would be tried anew for as long, and hold the process up for minutes.
   */
  hurry(): void {
    this.#isHurried = this.#counts.pending > 0;
  }

  /** The process has nothing else to do. Sends what it has, unless the receiver has just been found out of reach. */
  leave(): void {
    this.#closeBatch();
    if (performance.now() - this.#unansweredAt < UNREACHABLE_MS) this.#giveUp();
    this.hurry();
    this.#sendWaiting();
  }

  async shutdown(): Promise<void> {
    this.#isClosed = true;
    this.hurry();
    await this.forceFlush();
    await this.#exporter.shutdown();
  }

  #scheduleSend(): void {
    this.#timer ??= setTimeout(() => this.#sendAll(), DELAY_MS).unref();
  }

  /** Once no export is under way, and not at once: that would keep the process alive for as long as anything waits. */
  #sendLater(): void {
    this.#unansweredAt = performance.now();
    if (this.#exports === 0 && this.#waiting.length > 0) this.#scheduleSend();
  }

  #sendAll(): void {
    this.#closeBatch();
    this.#sendWaiting();
  }

  #closeBatch(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#open.length === 0) return;
    const spans = this.#open;
    this.#open = [];
    let settle: () => void = () => undefined;
    const settled = new Promise<void>((resolve) => {
      settle = resolve;
    });
    this.#unsettled.add(settled);
    void settled.then(() => this.#unsettled.delete(settled));
    this.#waiting.push({ spans, settle });
  }

  #sendWaiting(): void {
    while (this.#exports < MAX_EXPORTS && this.#waiting.length > 0) this.#send(this.#waiting.shift()!);
  }

  #settle({ spans, settle }: Batch, isDelivered: boolean): void {
    this.#counts.pending -= spans.length;
    this.#counts[isDelivered ? 'delivered' : 'failed'] += spans.length;
    if (this.#counts.pending === 0) this.#isHurried = false;
    settle();
  }

  #giveUp(): void {
    const given = this.#waiting;
    this.#waiting = [];
    for (const batch of given) this.#settle(batch, false);
  }

  #send(batch: Batch): void {
    this.#exports++;
    const done = (isDelivered: boolean, error?: Error) => {
      this.#exports--;
      const isUnanswered = !isDelivered && !isAnswered(error);
      if (isUnanswered && this.#isHurried) this.#giveUp();
      this.#settle(batch, isDelivered);
      if (isUnanswered) this.#sendLater();
      else this.#sendWaiting();
    };
    try {
      // Where HTTP is instrumented, an export must not be a span that has to be exported.
      context.with(suppressTracing(ROOT_CONTEXT), () => {
        this.#exporter.export([...batch.spans], ({ code, error }) => done(code === ExportResultCode.SUCCESS, error));
      });
    } catch (error) {
      telemetryFailed(error);
      done(false);
    }
  }
}

/** A receiver that refuses one batch, by an HTTP status, may take the next. */
function isAnswered(error: Error | undefined): boolean {
  return typeof (error as { code?: unknown } | undefined)?.code === 'number';
}
