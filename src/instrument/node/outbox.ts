import { clearTimeout, setTimeout } from 'node:timers';
import { telemetryFailed } from '../telemetry-errors.ts';
import { type Link, localLink, threadLink } from './link.ts';
import type { FromShipper, Parcel, ShipperOptions } from './protocol.ts';
import type { Losses } from './recorded-span.ts';
import { hasAbandoned, remove } from './recovery.ts';
import type { Segment, Spool } from './spool.ts';

const BATCH_SPANS = 512;
const BATCH_CHARS = 1024 * 1024;
const DELAY_MS = 1000;
/** While nobody is there to take it: fewer, fuller files. */
const AWAY_DELAY_MS = 10_000;
/** Held in memory, whether or not they are on disk, too. What comes on top is on disk alone. */
const MAX_SPANS = 65_536;
const MAX_CHARS = 64 * 1024 * 1024;

export interface DeliveryCounts {
  /** Spans that have ended, and those that were not made because of sampling; the sum of the next five. */
  readonly made: number;
  readonly delivered: number;
  /** Not taken by the receiver, although it was there. */
  readonly refused: number;
  /** Lost for want of room, in memory and on disk, or made after `shutdown`. */
  readonly dropped: number;
  /** Left out by sampling. */
  readonly sampledOut: number;
  /** Waiting or on their way, or held until sampling is decided. */
  readonly pending: number;
  /** Of those pending, what is on disk, and so survives this process. */
  readonly spooled: number;
  /** Delivered for earlier processes, which had left them on disk. */
  readonly recovered: number;
  /** Of earlier processes, and gone: refused, unreadable, or the oldest of too many. */
  readonly unrecovered: number;
}

interface Batch {
  /** Undefined where memory is full: then they are on disk alone. */
  readonly lines: string[] | undefined;
  readonly segment: Segment | undefined;
  spans: number;
  chars: number;
  /** All of them are on disk. */
  isOnDisk: boolean;
}

interface Held {
  /** What another shipper would be given. */
  readonly parcel: Parcel;
  readonly spansInMemory: number;
  readonly chars: number;
  readonly bytes: number;
  /** A file that has only some of them. */
  readonly scrap: string | undefined;
}

export interface OutboxOptions {
  readonly spool: Spool;
  /** Of this process's files, together. */
  readonly maxDiskBytes: number;
  readonly shipper: ShipperOptions;
  /** How many spans were left out so far, which never come here. */
  sampledOut?(): number;
}

/** Spans of this thread between their end and their delivery. Never throws. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #counts = { made: 0, delivered: 0, refused: 0, dropped: 0, recovered: 0, unrecovered: 0 };
  readonly #held = new Map<number, Held>();
  readonly #flushes = new Map<number, (isDone: boolean) => void>();
  #batch: Batch | undefined;
  #timer: NodeJS.Timeout | undefined;
  #link: Link | undefined;
  #ids = 0;
  #spansInMemory = 0;
  #charsInMemory = 0;
  #bytesOnDisk = 0;
  #toldLosses = 0;
  #isAway = false;
  #isClosed = false;
  #isRecovering = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Of what came here: in `made`, what was left out is not. */
  get counts(): DeliveryCounts {
    const { made, delivered, refused, dropped } = this.#counts;
    let spooled = this.#batch?.isOnDisk ? this.#batch.spans : 0;
    for (const { parcel } of this.#held.values()) if (parcel.path !== undefined) spooled += parcel.spans;
    return { ...this.#counts, sampledOut: this.#sampledOut, pending: made - delivered - refused - dropped, spooled };
  }

  get losses(): Losses {
    return this.#counts;
  }

  get #sampledOut(): number {
    return this.#options.sampledOut?.() ?? 0;
  }

  /** Whether it must be waited for with the event loop running, or not at all. */
  get isLocal(): boolean {
    return this.#link?.isThread === false;
  }

  add(line: string): void {
    this.#counts.made++;
    if (!this.#keep(line)) this.#counts.dropped++;
  }

  /** A span that has come to harm before it was a line. */
  addLost(): void {
    this.#counts.made++;
    this.#counts.dropped++;
  }

  #keep(line: string): boolean {
    if (this.#isClosed) return false;
    const batch = this.#batch ?? this.#openBatch();
    const isWritten = batch.segment?.write(line) ?? false;
    if (batch.lines === undefined && !isWritten) {
      this.#cut();
      return false;
    }
    batch.lines?.push(line);
    batch.isOnDisk &&= isWritten;
    batch.spans++;
    batch.chars += line.length;
    if (batch.spans >= BATCH_SPANS || batch.chars >= BATCH_CHARS) this.#cut();
    return true;
  }

  #openBatch(): Batch {
    const hasRoom = this.#spansInMemory < MAX_SPANS && this.#charsInMemory < MAX_CHARS;
    const segment = this.#bytesOnDisk < this.#options.maxDiskBytes ? this.#options.spool.open() : undefined;
    const batch = { lines: hasRoom ? [] : undefined, segment, spans: 0, chars: 0, isOnDisk: segment !== undefined };
    this.#batch = batch;
    this.#timer = setTimeout(() => this.#cut(), this.#isAway ? AWAY_DELAY_MS : DELAY_MS).unref();
    return batch;
  }

  /** Hands over what has come together. */
  #cut(): void {
    clearTimeout(this.#timer);
    const batch = this.#batch;
    this.#batch = undefined;
    if (batch === undefined) return;
    const { lines, segment, spans, isOnDisk } = batch;
    segment?.close();
    if (spans === 0) {
      if (segment !== undefined) remove(segment.path);
      return;
    }
    const path = isOnDisk ? segment?.path : undefined;
    const parcel: Parcel = { id: this.#ids++, spans, text: lines?.join(''), path };
    const held: Held = {
      // The other thread has the text now; whoever comes after it can read the file.
      parcel: path === undefined ? parcel : { ...parcel, text: undefined },
      spansInMemory: lines === undefined ? 0 : spans,
      chars: lines === undefined ? 0 : batch.chars,
      bytes: segment?.size ?? 0,
      scrap: isOnDisk ? undefined : segment?.path,
    };
    this.#held.set(parcel.id, held);
    this.#spansInMemory += held.spansInMemory;
    this.#charsInMemory += held.chars;
    this.#bytesOnDisk += held.bytes;
    this.#post(parcel);
  }

  #post(parcel: Parcel): void {
    this.#tellLosses();
    this.start().post({ type: 'parcel', parcel });
  }

  #tellLosses(): void {
    const { dropped, refused } = this.#counts;
    const sampledOut = this.#sampledOut;
    if (dropped + refused + sampledOut === this.#toldLosses) return;
    this.#toldLosses = dropped + refused + sampledOut;
    this.start().post({ type: 'losses', losses: { dropped, refused, sampledOut } });
  }

  /** Starts the thread, so that it is ready when there is something to ship. */
  start(): Link {
    this.#link ??= this.#newLink();
    return this.#link;
  }

  #newLink(): Link {
    const onReply = (message: FromShipper) => this.#onReply(message);
    try {
      return threadLink(this.#options.shipper, { onReply, onBroken: () => this.#relink() });
    } catch {
      return localLink(this.#options.shipper, { onReply });
    }
  }

  #relink(): void {
    this.#link = localLink(this.#options.shipper, { onReply: (message) => this.#onReply(message) });
    this.#toldLosses = 0;
    for (const { parcel } of this.#held.values()) this.#post(parcel);
    for (const id of this.#flushes.keys()) this.#link.post({ type: 'flush', id });
  }

  #onReply(message: FromShipper): void {
    if (message.type === 'settled') this.#settled(message.id, message.delivered, message.refused);
    else if (message.type === 'reach') this.#isAway = message.isAway;
    else if (message.type === 'flushed') this.#flushes.get(message.id)?.(message.isDone);
    else if (message.type === 'recoveryDone') this.#isRecovering = false;
    else if (message.type === 'recovered') {
      this.#counts.recovered += message.delivered;
      this.#counts.unrecovered += message.lost;
    }
  }

  #settled(id: number, delivered: number, refused: number): void {
    const held = this.#held.get(id);
    if (held === undefined) return;
    this.#forget(id, held);
    this.#counts.delivered += delivered;
    this.#counts.refused += refused;
    // A file that somebody has deleted, or a line that the disk has lost.
    this.#counts.dropped += Math.max(0, held.parcel.spans - delivered - refused);
  }

  #forget(id: number, { spansInMemory, chars, bytes, scrap }: Held): void {
    this.#held.delete(id);
    this.#spansInMemory -= spansInMemory;
    this.#charsInMemory -= chars;
    this.#bytesOnDisk -= bytes;
    if (scrap !== undefined) remove(scrap);
  }

  /** Ships what earlier processes have left, should there be any. */
  async recover(): Promise<void> {
    const { recovery } = this.#options.shipper;
    if (recovery === undefined || !(await hasAbandoned(recovery)) || this.#isClosed) return;
    this.#isRecovering = true;
    this.start();
  }

  /** True once all that came before is settled; false where the receiver is out of reach. Never rejects. */
  flush(): Promise<boolean> {
    this.#cut();
    if (this.#held.size === 0) return Promise.resolve(true);
    // What is left is on disk, and nobody is there any more to ship it.
    if (this.#isClosed) return Promise.resolve(false);
    const id = this.#ids++;
    return new Promise((resolve) => {
      this.#flushes.set(id, (isDone) => {
        this.#flushes.delete(id);
        resolve(isDone);
      });
      this.#tellLosses();
      this.start().post({ type: 'flush', id });
    });
  }

  /** The process ends. Waits, at most so long, until everything was tried once; what is left is on disk. */
  leave(ms: number): void {
    try {
      this.#cut();
      if (this.#held.size === 0 && !this.#isRecovering) return;
      this.#tellLosses();
      this.start().leave(ms);
    } catch (error) {
      telemetryFailed(error);
    }
  }

  close(): void {
    this.#cut();
    this.#isClosed = true;
    this.#link?.close();
    for (const [id, held] of this.#held) {
      if (held.parcel.path !== undefined) continue;
      this.#forget(id, held);
      this.#counts.dropped += held.parcel.spans;
    }
    for (const end of this.#flushes.values()) end(this.#held.size === 0);
  }
}
