import { currentContext } from './framework-context.ts';
import type { AnyFunction } from './options.ts';
import { runIn } from './run-in.ts';

/**
 * A function that runs in the context of this moment, whoever calls it and whenever: for callbacks of timers, event
 * emitters, pools and queues that were set up elsewhere. `this`, arguments, name, length, properties and `new` are those
 * of `fn`; only its identity is another. The body of a generator runs where it is read, as ever.
 */
export function bind<F extends AnyFunction>(fn: F): F {
  if (typeof fn !== 'function') throw new TypeError('bind() needs a function');
  const active = currentContext();
  return new Proxy(fn, {
    apply: (target, self, args) => runIn(active, () => Reflect.apply(target, self, args)),
    construct: (target, args, newTarget) => runIn(active, () => Reflect.construct(target, args, newTarget) as object),
  });
}
