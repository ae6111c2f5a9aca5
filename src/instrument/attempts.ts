/** A call that failed, until it is made again. */
export interface Failed {
  readonly attempt: number;
  readonly turn: number | undefined;
}

/** A parent whose calls fail for ever, each time with other arguments, must not grow for that. */
const MAX_KEYS = 1024;
const MAX_EACH = 64;

/** The calls below one parent that failed, by what they were: kind, name and arguments. */
export class Failures {
  #byKey: Map<string, Failed[]> | undefined;

  add(key: string, failed: Failed): void {
    this.#byKey ??= new Map();
    const before = this.#byKey.get(key);
    if (before === undefined) {
      if (this.#byKey.size < MAX_KEYS) this.#byKey.set(key, [failed]);
    } else if (before.length < MAX_EACH) before.push(failed);
  }

  /** The earliest that a call which starts now is another attempt at. It counts once: each failure has one successor. */
  take(key: () => string): Failed | undefined {
    if (this.#byKey === undefined) return undefined;
    const made = key();
    const failed = this.#byKey.get(made);
    const first = failed?.shift();
    if (failed?.length === 0) this.#byKey.delete(made);
    return first;
  }
}
