import { randomBytes } from 'node:crypto';
import { TraceFlags } from '@opentelemetry/api';
import type { Incomplete } from '../call.ts';
import { telemetryFailed } from '../telemetry-errors.ts';
import { EarlySpans } from './early-spans.ts';
import { forgetAtExit, type Leaver, saveAtExit } from './exit.ts';
import { inTime } from './in-time.ts';
import { OpenSpans } from './open-spans.ts';
import { LineWriter } from './otlp-line.ts';
import { type DeliveryCounts, Outbox } from './outbox.ts';
import type { RecordedSpan } from './recorded-span.ts';
import { Spool, spoolDirectories } from './spool.ts';
import { endpointKey } from './spool-files.ts';

export interface DeliveryOptions {
  /**
   * A directory where spans are kept until they are delivered, readable by its owner alone (default: `trace-analyze/spool`
   * in the user's state directory); `false`: nowhere. The environment wins: `TRACE_ANALYZE_SPOOL`, a directory or `off`.
   */
  readonly spool?: string | false;
  /**
   * How long a process that ends is held up at most by a receiver that does not answer, in milliseconds (default 1500).
   * One that is not there holds it up no longer than it takes to find out. The environment wins:
   * `TRACE_ANALYZE_EXIT_FLUSH_MS`.
   */
  readonly exitFlushMs?: number;
}

/** Where to, as it was found out from options and environment. */
export interface Destination {
  /** The whole URL. */
  readonly url: string;
  /** What the exporter is told; the rest it reads from the environment itself. */
  readonly exporter: { readonly url?: string; readonly headers?: Readonly<Record<string, string>> };
}

type Environment = Readonly<Record<string, string | undefined>>;

const EXIT_FLUSH_MS = 1500;
/** As much as a process may keep on disk, and what is kept of earlier ones. */
const MAX_DISK_BYTES = 256 * 1024 * 1024;
const FLUSH_MS = 10_000;

/**
 * A span processor that loses nothing: each span is on disk before whoever ended it goes on, and stays there until the
 * receiver has it. Works in a provider of any SDK from 2.0 on.
 */
export class SpanDelivery implements Leaver {
  readonly exitFlushMs: number;
  readonly #outbox: Outbox;
  readonly #writer: LineWriter;
  readonly #open = new OpenSpans();
  readonly #early: EarlySpans;
  #isWarm = false;
  #isClosed = false;

  constructor({ url, exporter }: Destination, options: DeliveryOptions, env: Environment) {
    this.exitFlushMs = exitFlushMs(options, env);
    const directories = spoolDirectories(options.spool, env);
    const endpoint = endpointKey(url);
    const deliveryId = randomBytes(4).toString('hex');
    const recovery = directories.length === 0 ? undefined : { directories, endpoint, maxBytes: MAX_DISK_BYTES };
    const spool = new Spool(directories, endpoint);
    this.#outbox = new Outbox({ spool, maxDiskBytes: MAX_DISK_BYTES, shipper: { exporter, deliveryId, recovery } });
    this.#writer = new LineWriter(() => this.#outbox.losses, deliveryId);
    this.#early = new EarlySpans(spool, (span) => this.#add(span));
    saveAtExit(this);
    this.#outbox.recover().catch(telemetryFailed);
  }

  get counts(): DeliveryCounts {
    const { made, pending, ...counts } = this.#outbox.counts;
    return { ...counts, made: made + this.#early.size, pending: pending + this.#early.size };
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get isLocal(): boolean {
    return this.#outbox.isLocal;
  }

  onStart(span: object): void {
    this.#open.started(span as Parameters<OpenSpans['started']>[0]);
    if (this.#isWarm) return;
    this.#isWarm = true;
    // By the time that the span ends, there is somebody to take it; and the caller is not held up.
    setImmediate(() => {
      if (!this.#isClosed) this.#outbox.start();
    }).unref();
  }

  onEnd(span: RecordedSpan): void {
    this.#open.ended(span);
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
    if (!this.#isClosed && this.#early.take(span, () => this.#writer.line(span))) return;
    this.#add(span);
  }

  #add(span: RecordedSpan): void {
    try {
      this.#outbox.add(this.#writer.line(span));
    } catch (error) {
      telemetryFailed(error);
      this.#outbox.addLost();
    }
  }

  endOpenSpans(why: Incomplete): void {
    this.#open.endAll(why);
  }

  leave(ms: number): void {
    this.#early.releaseAll();
    this.#outbox.leave(ms);
  }

  /** Whether everything that has ended before is settled. False at once where the receiver is out of reach. */
  async flush(): Promise<boolean> {
    await this.#early.settled();
    return this.#outbox.flush();
  }

  async forceFlush(): Promise<void> {
    await inTime(this.flush(), FLUSH_MS);
  }

  async shutdown(): Promise<void> {
    if (this.#isClosed) return;
    await this.forceFlush();
    this.close();
  }

  /** What is not delivered stays on disk, for the next process. What ends from now on is dropped. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    forgetAtExit(this);
    this.#early.releaseAll();
    this.#outbox.close();
  }
}

function exitFlushMs(options: DeliveryOptions, env: Environment): number {
  const text = env.TRACE_ANALYZE_EXIT_FLUSH_MS?.trim();
  const ms = text ? Number(text) : (options.exitFlushMs ?? EXIT_FLUSH_MS);
  return ms >= 0 ? ms : EXIT_FLUSH_MS;
}
