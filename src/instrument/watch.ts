import type { Call } from './call.ts';
import { telemetryFailed } from './telemetry-errors.ts';

/** How something that the host reads piece by piece comes to its end. */
export interface Consumption {
  /** Runs the part of the work that one read asks for, inside the call. */
  run<T>(body: () => T): T;
  chunk(value: unknown): void;
  finished(): void;
  failed(error: unknown): void;
  /** The host will read no further. */
  stopped(): void;
}

/**
 * The open calls that one value belongs to: most often one, several where a wrapped function returns what another one
 * returned (an agent that hands on a model's stream). The first is the innermost. Empty: the value is left alone.
 */
export class Watch implements Consumption {
  /** Keeps the value alive while something made from it, such as an iterator, is in use. */
  readonly target: object;
  #calls: Call[] = [];

  constructor(target: object) {
    this.target = target;
  }

  join(call: Call): void {
    if (!this.#calls.includes(call)) this.#calls.push(call);
  }

  /** Hands the open calls over, for instance from a promise to the stream it resolved to. */
  take(): Call[] {
    const calls = this.#calls;
    this.#calls = [];
    return calls;
  }

  run<T>(body: () => T): T {
    const innermost = this.#calls.find((call) => !call.done);
    return innermost === undefined ? body() : innermost.run(body);
  }

  chunk(value: unknown): void {
    for (const call of this.#calls) call.chunk(value);
  }

  finished(): void {
    for (const call of this.take()) call.succeed();
  }

  failed(error: unknown): void {
    for (const call of this.take()) call.fail(error);
  }

  stopped(): void {
    for (const call of this.take()) call.stopEarly();
  }
}

const watches = new WeakMap<object, Watch>();

/** Makes the value belong to the call, too. `install` hooks it, once for the value's whole life. */
export function watch(value: object, call: Call, install: (watch: Watch) => void): void {
  let found = watches.get(value);
  if (found === undefined) {
    found = new Watch(value);
    install(found);
    watches.set(value, found);
  }
  found.join(call);
}

/** The same for a stream: its call may have to be ended without the host's help. */
export function watchStream(stream: object, call: Call, install: (watch: Watch) => void): void {
  watch(stream, call, install);
  call.startStream(stream);
}

/** For hooks that are put in place while the host runs: what cannot be watched is let go, and its call ends. */
export function attempt(consumption: Consumption, install: () => void): void {
  try {
    install();
  } catch (error) {
    telemetryFailed(error);
    consumption.finished();
  }
}

export type Method = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Puts a method of this one object in place of the one it has. The object itself stays the host's: identity, class,
 * private fields and all else are as they were. Throws where the object refuses (frozen, a strict proxy).
 */
export function hook(target: object, key: PropertyKey, around: (original: Method) => Method): void {
  const original = (target as Record<PropertyKey, unknown>)[key];
  if (typeof original !== 'function') return;
  const enumerable = Object.getOwnPropertyDescriptor(target, key)?.enumerable ?? false;
  const value = around(original as Method);
  Object.defineProperty(target, key, { value, writable: true, configurable: true, enumerable });
}
