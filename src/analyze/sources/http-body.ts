import { performance } from 'node:perf_hooks';

/**
 * Slower than this many bytes an idle time counts as silence: a peer that drips a few bytes a second would otherwise
 * hold a run for ever, as there is no limit on the total time (a big trace over a slow line is fine).
 */
const MIN_BYTES_PER_IDLE_TIME = 4096;

/** The peer sent nothing, or next to nothing, for too long. */
export class IdleError extends Error {
  override readonly name = 'IdleError';
}

/**
 * Aborts one exchange when the peer is silent for `idleMs`. Only the time spent waiting for the peer counts: a slow
 * consumer of the body is no fault of the peer's.
 */
export class IdleWatch {
  readonly #abort: AbortController;
  readonly #idleMs: number;
  #waitedMs = 0;
  #received = 0;

  constructor(abort: AbortController, idleMs: number) {
    this.#abort = abort;
    this.#idleMs = idleMs;
  }

  /** Waits for the peer's next move; `sizeOf` says how many bytes it was. */
  async wait<T>(next: Promise<T>, sizeOf: (value: T) => number): Promise<T> {
    const since = performance.now();
    const left = Math.max(1, this.#idleMs - this.#waitedMs);
    const timer = setTimeout(() => this.#abort.abort(new IdleError('idle')), left);
    try {
      const value = await next;
      this.#waitedMs += performance.now() - since;
      this.#received += sizeOf(value);
      if (this.#received >= MIN_BYTES_PER_IDLE_TIME) this.reset();
      return value;
    } finally {
      clearTimeout(timer);
    }
  }

  reset(): void {
    this.#waitedMs = 0;
    this.#received = 0;
  }
}

/** The body's pieces, decompressed. Leaving the loop early lets go of the connection. */
export async function* watchedChunks(response: Response, watch: IdleWatch): AsyncGenerator<Uint8Array, void, void> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await watch.wait(reader.read(), (read) => read.value?.byteLength ?? 0);
      if (done) return;
      if (value.byteLength > 0) yield value;
    }
  } finally {
    // Not awaited and never rejected into the caller: the connection is given up either way.
    reader.cancel().catch(() => undefined);
  }
}

/** Adds up pieces to text, at most `maxBytes` of them. */
export async function readText(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<{ readonly text: string; readonly tooLarge: boolean }> {
  const kept: Uint8Array[] = [];
  let bytes = 0;
  let tooLarge = false;
  for await (const chunk of chunks) {
    const room = maxBytes - bytes;
    tooLarge = chunk.byteLength > room;
    kept.push(tooLarge ? chunk.subarray(0, room) : chunk);
    bytes += chunk.byteLength;
    if (tooLarge) break;
  }
  return { text: Buffer.concat(kept).toString('utf8'), tooLarge };
}
