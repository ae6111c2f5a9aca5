import type { Context } from '@opentelemetry/api';
import { runIn } from '../run-in.ts';
import { telemetryFailed } from '../telemetry-errors.ts';
import { hook } from '../watch.ts';

/**
 * Sees the events of one emitter of Node before its listeners do, which run in the given context. Adds no listener:
 * how many there are decides whether an error is thrown, and whether an answer is thrown away.
 */
export function hookEmit(emitter: object, active: Context, see: (event: unknown, value: unknown) => void): void {
  hook(
    emitter,
    'emit',
    (original) =>
      function (this: unknown, ...args) {
        seen(() => see(args[0], args[1]));
        return runIn(active, () => Reflect.apply(original, this, args));
      },
  );
}

/** Sees with which error, if any, a stream or request is destroyed. */
export function hookDestroy(target: object, see: (error: unknown) => void): void {
  hook(
    target,
    'destroy',
    (original) =>
      function (this: unknown, ...args) {
        seen(() => see(args[0]));
        return Reflect.apply(original, this, args);
      },
  );
}

/** What goes wrong in there is counted, and goes no further. */
export function seen(see: () => void): void {
  try {
    see();
  } catch (error) {
    telemetryFailed(error);
  }
}
