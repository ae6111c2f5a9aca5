import { randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers';
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
import type { HeadSampler, SamplingPlan } from './sampling.ts';
import { type StartedSpan, TailSampling } from './sampling-tail.ts';
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

/** Where to and what of it, as it was found out from options and environment. */
export interface Destination {
  /** The whole URL. */
  readonly url: string;
  /** What counts the spans that the provider does not make. */
  readonly head?: HeadSampler | undefined;
  /** What to keep of the spans that the provider makes; undefined: everything. */
  readonly tail?: SamplingPlan | undefined;
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
  readonly #head: HeadSampler | undefined;
  readonly #tail: TailSampling | undefined;
  #isWarm = false;
  #isClosed = false;

  constructor({ url, exporter, head, tail }: Destination, options: DeliveryOptions, env: Environment) {
    this.exitFlushMs = exitFlushMs(options, env);
    const directories = spoolDirectories(options.spool, env);
    const endpoint = endpointKey(url);
    const deliveryId = randomBytes(4).toString('hex');
    const recovery = directories.length === 0 ? undefined : { directories, endpoint, maxBytes: MAX_DISK_BYTES };
    const spool = new Spool(directories, endpoint);
    const shipper = { exporter, deliveryId, recovery };
    this.#head = head;
    this.#tail = tail && new TailSampling({ plan: tail, keep: (span) => this.#deliver(span) });
    const sampledOut = () => this.#sampledOut;
    this.#outbox = new Outbox({ spool, maxDiskBytes: MAX_DISK_BYTES, shipper, sampledOut });
    this.#writer = new LineWriter(() => this.#outbox.losses, deliveryId);
    this.#early = new EarlySpans(spool, (span) => this.#add(span));
    saveAtExit(this);
    this.#outbox.recover().catch(telemetryFailed);
  }

  get counts(): DeliveryCounts {
    const { made, pending, ...counts } = this.#outbox.counts;
    const waiting = this.#early.size + (this.#tail?.held ?? 0);
    return { ...counts, made: made + waiting + counts.sampledOut, pending: pending + waiting };
  }

  get #sampledOut(): number {
    return (this.#head?.sampledOut ?? 0) + (this.#tail?.sampledOut ?? 0);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get isLocal(): boolean {
    return this.#outbox.isLocal;
  }

  onStart(span: object): void {
    this.#open.started(span as Parameters<OpenSpans['started']>[0]);
    if (!this.#isClosed) this.#tail?.started(span as StartedSpan);
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
    if (this.#tail === undefined || this.#isClosed) this.#deliver(span);
    else this.#tail.ended(span);
  }

  #deliver(span: RecordedSpan): void {
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
    this.keepUndecided();
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
    this.keepUndecided();
    await this.forceFlush();
    this.close();
  }

  /** What sampling holds is kept: nobody will know how it ends. */
  keepUndecided(): void {
    this.#tail?.keepAll();
  }

  /** What is not delivered stays on disk, for the next process. What ends from now on is dropped. */
  close(): void {
    if (this.#isClosed) return;
    this.keepUndecided();
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
