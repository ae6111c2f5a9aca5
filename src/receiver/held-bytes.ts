import { Rejection } from './rejection.ts';

/** The bytes of all bodies held at once: many large requests together must not exhaust the memory either. */
export class HeldBytes {
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** One request's share. */
  open(): ByteBudget {
    let taken = 0;
    return {
      take: (bytes) => {
        if (this.#bytes + bytes > this.#maxBytes) {
          throw new Rejection(503, 'too many requests at once', { headers: { 'retry-after': '1' } });
        }
        this.#bytes += bytes;
        taken += bytes;
      },
      release: () => {
        this.#bytes -= taken;
        taken = 0;
      },
    };
  }
}

export interface ByteBudget {
  /** Throws a `Rejection` when the receiver holds too much already. */
  take(bytes: number): void;
  release(): void;
}
