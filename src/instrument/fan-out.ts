import type { Call } from './call.ts';
import type { Details } from './details.ts';

/** Calls that were started together, as `Promise.all` does it: without waiting for each other. */
export interface FanOut {
  /** Span id of the first. */
  readonly id: string;
  size: number;
}

const READY = Promise.resolve();
const nativeThen = Promise.prototype.then;

/** Which stretch of code without an `await` is running. Ends with the microtask that its first call asks for. */
let stretch = 0;
let isEnding = false;
const current: Together[] = [];

function endStretch(): void {
  isEnding = false;
  stretch++;
  for (const together of current) together.forget();
  current.length = 0;
}

function currentStretch(): number {
  if (!isEnding) {
    isEnding = true;
    Reflect.apply(nativeThen, READY, [endStretch]);
  }
  return stretch;
}

/** Whether a call that was started in a stretch is over before the stretch is: it was synchronous. */
export function endsAtOnce(started: number): boolean {
  return started === stretch;
}

/** The last calls that were started below one parent, within one stretch. */
export class Together {
  #stretch = -1;
  #first: Call | undefined;
  #group: FanOut | undefined;

  /** The stretch is over. A call must not be kept: its reader may refer to what the host may throw away. */
  forget(): void {
    this.#first = undefined;
  }

  /**
   * Those of a group are started one after the other while the first has not ended: not by one synchronous call after
   * another, nor with an `await` in between.
   */
  join(call: Call, details: Details): void {
    const now = currentStretch();
    details.stretch = now;
    const first = this.#first;
    if (this.#stretch !== now || first === undefined || (first.done && this.#group === undefined)) {
      this.#stretch = now;
      if (this.#first === undefined) current.push(this);
      this.#first = call;
      this.#group = undefined;
      return;
    }
    if (this.#group === undefined) {
      this.#group = { id: first.span.spanContext().spanId, size: 1 };
      if (first.details !== undefined) first.details.fanOut = this.#group;
    }
    this.#group.size++;
    details.fanOut = this.#group;
  }
}
