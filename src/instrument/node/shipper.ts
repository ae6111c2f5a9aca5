import { clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } from 'node:timers';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { telemetryFailed } from '../telemetry-errors.ts';
import { type Load, leftBehind, loadOf, type Part, partOf, spansOf, withResource } from './load.ts';
import { lossAttributes } from './otlp-line.ts';
import type { FromShipper, ShipperOptions, ToShipper } from './protocol.ts';
import { LineReader } from './read-span.ts';
import type { Losses } from './recorded-span.ts';
import { Recovery, remove, touch } from './recovery.ts';
import type { Outcome, Sender } from './sender.ts';
import { TOUCH_MS } from './spool-files.ts';

const MAX_SENDING = 4;
const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 5000;
/** A receiver that wants to be left alone for longer is as good as away. */
const MAX_FLUSH_MS = 10_000;
/** For what the receiver denies: that takes a person to set right. */
const MAX_DENIED_WAIT_MS = 30_000;
/** A receiver may ask for years; a timer of more than 24 days would go off at once. */
const MAX_TIMER_MS = 3_600_000;

interface Flush {
  readonly id: number;
  readonly loads: Set<Load>;
  isDone: boolean;
}

/**
 * Brings spans to a receiver: four batches at a time while it answers, one at a time while it does not. Nothing is
 * given up but what the receiver refuses, span by span. Runs in a worker thread, or where there is none in the program's.
 */
export class Shipper {
  readonly #sender: Pick<Sender, 'send'>;
  readonly #reply: (message: FromShipper) => void;
  readonly #onLeft: () => void;
  readonly #deliveryId: string;
  readonly #reader = new LineReader();
  readonly #loads = new Set<Load>();
  readonly #touching: NodeJS.Timeout;
  #recovery: Recovery | undefined;
  #waiting: Part[] = [];
  #flushes: Flush[] = [];
  #losses: Losses = { dropped: 0, refused: 0 };
  #sending = 0;
  #failures = 0;
  #pausedUntil = 0;
  /** The receiver has said when it wants more. */
  #isTold = false;
  #isAway = false;
  #isLeaving = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    options: ShipperOptions,
    sender: Pick<Sender, 'send'>,
    reply: (message: FromShipper) => void,
    onLeft: () => void = () => undefined,
  ) {
    this.#sender = sender;
    this.#reply = reply;
    this.#onLeft = onLeft;
    this.#deliveryId = options.deliveryId;
    if (options.recovery !== undefined) this.#recovery = new Recovery(options.recovery);
    this.#touching = setInterval(() => this.#touch(), TOUCH_MS).unref();
    setImmediate(() => this.#pump());
  }

  handle(message: ToShipper): void {
    if (message.type === 'losses') {
      const { dropped, refused, sampledOut = 0 } = message.losses;
      this.#losses = { dropped, sampledOut, refused: Math.max(refused, this.#losses.refused) };
    } else if (message.type === 'parcel') {
      this.#add(loadOf(message.parcel), 'last');
    } else if (message.type === 'flush') {
      this.#flushes.push({ id: message.id, loads: new Set(this.#own()), isDone: true });
      this.#hurry();
      this.#endFlushes();
    } else {
      this.#isLeaving = true;
      for (const part of this.#waiting) part.isLast = false;
      this.#hurry();
    }
    this.#pump();
  }

  /** Sends nothing any more. What is on its way is not waited for. */
  close(): void {
    clearInterval(this.#touching);
    clearTimeout(this.#timer);
    this.#waiting = [];
    this.#recovery = undefined;
  }

  #own(): Load[] {
    return [...this.#loads].filter(({ id }) => id !== undefined);
  }

  #add(load: Load, where: 'first' | 'last'): void {
    this.#loads.add(load);
    if (where === 'first') this.#waiting.unshift(partOf(load));
    else this.#waiting.push(partOf(load));
  }

  /** Forgets what it waits for, unless the receiver has asked for that. */
  #hurry(): void {
    for (const part of this.#waiting) part.notBefore = 0;
    if (!this.#isTold) this.#pausedUntil = 0;
  }

  #pump(): void {
    clearTimeout(this.#timer);
    const limit = this.#failures > 0 ? 1 : MAX_SENDING;
    while (this.#sending < limit && performance.now() >= this.#pausedUntil) {
      const part = this.#nextPart();
      if (part === undefined) break;
      this.#send(part).catch(telemetryFailed);
    }
    if (this.#isLeaving) this.#leaveIfDone();
    else this.#wakeLater();
  }

  #nextPart(): Part | undefined {
    const now = performance.now();
    const at = this.#waiting.findIndex((part) => part.notBefore <= now && !(this.#isLeaving && part.isLast));
    if (at >= 0) return this.#waiting.splice(at, 1)[0];
    return this.#isLeaving ? undefined : this.#nextRecovered();
  }

  #nextRecovered(): Part | undefined {
    // One at a time, so that it does not come before what is new.
    if (this.#recovery === undefined || this.#loads.size > this.#own().length) return undefined;
    const file = this.#recovery.next();
    const trimmed = this.#recovery.takeTrimmed();
    if (trimmed > 0) this.#reply({ type: 'recovered', delivered: 0, lost: trimmed });
    if (file === undefined) {
      this.#reply({ type: 'recoveryDone', ...this.#recovery.skipped });
      this.#recovery = undefined;
      return undefined;
    }
    this.#add(leftBehind(file), 'first');
    return this.#waiting.shift();
  }

  #wakeLater(): void {
    if (this.#waiting.length === 0) return;
    const soonest = this.#waiting.reduce((min, { notBefore }) => Math.min(min, notBefore), Number.POSITIVE_INFINITY);
    const at = Math.max(this.#pausedUntil, soonest);
    // What is on its way comes back here by itself.
    if (this.#sending > 0 && at <= performance.now()) return;
    const wait = Math.min(Math.max(1, at - performance.now()), MAX_TIMER_MS);
    this.#timer = setTimeout(() => this.#pump(), wait).unref();
  }

  async #send(part: Part): Promise<void> {
    this.#sending++;
    part.isLast = this.#isLeaving;
    const spans = part.spans ?? spansOf(part.load, this.#reader);
    if (spans.length === 0) this.#settle(part, 0, 0);
    else this.#judge(part, spans, await this.#sender.send(this.#stamped(part, spans)));
    this.#sending--;
    this.#pump();
  }

  #judge(part: Part, spans: readonly ReadableSpan[], outcome: Outcome): void {
    if (outcome.type === 'away') {
      this.#nobodyThere(part, outcome.isBroken);
      return;
    }
    this.#reach(false);
    if (outcome.type === 'busy') {
      this.#isTold = outcome.retryAfterMs !== undefined;
      this.#pause(outcome.retryAfterMs);
      this.#waiting.unshift(part);
      if ((outcome.retryAfterMs ?? 0) > MAX_FLUSH_MS) this.#giveUpFlushes();
      return;
    }
    this.#failures = 0;
    if (performance.now() >= this.#pausedUntil) this.#isTold = false;
    if (outcome.type === 'delivered') {
      const rejected = Math.min(outcome.rejected, spans.length);
      this.#settle(part, spans.length - rejected, rejected);
    } else if (outcome.type === 'denied') this.#denied(part, outcome.status);
    else if (spans.length === 1) this.#settle(part, 0, 1);
    else this.#split(part, spans);
  }

  #nobodyThere(part: Part, isBroken: boolean): void {
    this.#waiting.unshift(part);
    if (isBroken && !part.wasBroken) {
      part.wasBroken = true;
      part.isLast = false;
      return;
    }
    this.#isTold = false;
    this.#pause(undefined);
    this.#reach(true);
    this.#giveUpFlushes();
  }

  /** Whoever waits need not wait for this: what is in the spool is safe. */
  #giveUpFlushes(): void {
    for (const flush of this.#flushes) flush.isDone = false;
    this.#endFlushes(true);
  }

  #pause(ms: number | undefined): void {
    const wait = ms ?? waitMs(this.#failures, MAX_WAIT_MS);
    this.#failures++;
    this.#pausedUntil = Math.max(this.#pausedUntil, performance.now() + wait);
  }

  #reach(isAway: boolean): void {
    if (!isAway && !this.#isTold) this.#pausedUntil = 0;
    if (isAway === this.#isAway) return;
    this.#isAway = isAway;
    this.#reply({ type: 'reach', isAway });
  }

  /** Behind everything else: the receiver may take that. */
  #denied(part: Part, status: number): void {
    this.#reply({ type: 'denied', status });
    part.notBefore = performance.now() + waitMs(part.denials++, MAX_DENIED_WAIT_MS);
    this.#waiting.push(part);
    for (const flush of this.#flushes) if (flush.loads.delete(part.load)) flush.isDone = false;
    this.#endFlushes();
  }

  #split({ load }: Part, spans: readonly ReadableSpan[]): void {
    const half = Math.ceil(spans.length / 2);
    load.text = undefined;
    load.parts++;
    this.#waiting.unshift(partOf(load, spans.slice(0, half)), partOf(load, spans.slice(half)));
  }

  #settle({ load }: Part, delivered: number, refused: number): void {
    load.delivered += delivered;
    load.refused += refused;
    if (--load.parts > 0) return;
    if (load.path !== undefined) remove(load.path);
    this.#loads.delete(load);
    if (load.id === undefined) {
      this.#reply({ type: 'recovered', delivered: load.delivered, lost: load.refused + load.unreadable });
      return;
    }
    this.#losses = { ...this.#losses, refused: this.#losses.refused + load.refused };
    this.#reply({ type: 'settled', id: load.id, delivered: load.delivered, refused: load.refused });
    for (const flush of this.#flushes) flush.loads.delete(load);
    this.#endFlushes();
  }

  #endFlushes(areAllOver = false): void {
    const open: Flush[] = [];
    for (const flush of this.#flushes) {
      if (flush.loads.size > 0 && !areAllOver) open.push(flush);
      else this.#reply({ type: 'flushed', id: flush.id, isDone: flush.isDone });
    }
    this.#flushes = open;
  }

  #leaveIfDone(): void {
    const now = performance.now();
    const isOver = this.#isAway || now < this.#pausedUntil;
    if (this.#sending > 0 || (!isOver && this.#waiting.some(({ isLast }) => !isLast))) return;
    // What is in no file is worth another try for as long as the process waits.
    const isAllSafe = this.#waiting.every(({ load }) => load.path !== undefined);
    if (isAllSafe || this.#isAway || this.#isTold) {
      this.#isLeaving = false;
      this.#onLeft();
      this.#wakeLater();
    } else {
      for (const part of this.#waiting) part.isLast = false;
      this.#wakeLater();
    }
  }

  /** Says on the resource what was lost before, so that whoever looks at the spans knows. */
  #stamped({ load }: Part, spans: readonly ReadableSpan[]): readonly ReadableSpan[] {
    const attributes = lossAttributes(this.#losses, this.#deliveryId);
    if (load.id === undefined || Object.keys(attributes).length === 0) return spans;
    return withResource(spans, attributes);
  }

  #touch(): void {
    for (const { path } of this.#loads) if (path !== undefined) touch(path);
  }
}

/** Twice as long each time, and never in step with others. */
function waitMs(failures: number, max: number): number {
  return Math.min(max, FIRST_WAIT_MS * 2 ** failures) * (0.8 + Math.random() * 0.4);
}
