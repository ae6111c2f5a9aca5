import { hook, type Method } from '../../watch.ts';

/** As `hook`; the method in place looks like the one that was there, whatever is asked of it but to be called. */
export function hookMethod(
  target: object,
  key: PropertyKey,
  apply: (original: Method, self: unknown, args: unknown[]) => unknown,
): void {
  hook(target, key, (original) => new Proxy(original, { apply }));
}
