import type { Losses } from './recorded-span.ts';

/** What a shipper needs to know; goes to a worker thread as it is. Headers go nowhere else. */
export interface ShipperOptions {
  /** The rest the exporter reads from the environment itself. */
  readonly exporter: { readonly url?: string; readonly headers?: Readonly<Record<string, string>> };
  readonly deliveryId: string;
  /** Where what earlier processes left is looked for; undefined: nowhere. */
  readonly recovery: RecoveryOptions | undefined;
}

export interface RecoveryOptions {
  readonly directories: readonly string[];
  /** `endpointKey` of what it must be meant for; undefined: whatever it is. */
  readonly endpoint: string | undefined;
  /** Bytes in all; the oldest above that are deleted. */
  readonly maxBytes: number;
}

/** Some spans on their way: as text, or all of them in a file, or both. The file is deleted when they are settled. */
export interface Parcel {
  readonly id: number;
  readonly spans: number;
  /** Lines of `LineWriter`. */
  readonly text?: string | undefined;
  readonly path?: string | undefined;
}

export type ToShipper =
  | { readonly type: 'parcel'; readonly parcel: Parcel }
  /** So far; goes on the resource of what is sent from now on. */
  | { readonly type: 'losses'; readonly losses: Losses }
  /** Try everything now, and tell when it is done, or when the receiver is out of reach. */
  | { readonly type: 'flush'; readonly id: number }
  /** The process ends: try everything once, then say so by waking it up. */
  | { readonly type: 'leave' };

export type FromShipper =
  | { readonly type: 'settled'; readonly id: number; readonly delivered: number; readonly refused: number }
  /** `isDone`: nothing that came before is waiting. */
  | { readonly type: 'flushed'; readonly id: number; readonly isDone: boolean }
  | { readonly type: 'reach'; readonly isAway: boolean }
  /** Spans of earlier processes; `lost`: refused, or not readable, or the oldest of too many. */
  | { readonly type: 'recovered'; readonly delivered: number; readonly lost: number }
  /** `running`, `elsewhere`: files of processes that run, or that are meant for another endpoint. */
  | { readonly type: 'recoveryDone'; readonly running: number; readonly elsewhere: number }
  /** The receiver answers, and wants nothing of this: wrong credentials, or no receiver of spans. */
  | { readonly type: 'denied'; readonly status: number };

/** How a worker is started. `flag`: one 32-bit integer, set to 1 when it has done what it could at `leave`. */
export interface WorkerStart {
  readonly traceAnalyze: ShipperOptions;
  readonly flag: SharedArrayBuffer;
}
