import type { Method } from './watch.ts';

/** Does the work of a method in its place; `call` is the original, bound to the client's own object. */
export type Interceptor = (call: (...args: unknown[]) => unknown, args: unknown[], self: object) => unknown;

/** Which methods of a client are intercepted: by their names, at any depth. */
export interface MethodTree {
  readonly [name: string]: MethodTree | Interceptor;
}

/**
 * A view of a client with some methods intercepted; the client itself stays as it is. All else goes to the client, with
 * the client as `this`, so that private fields work; what a method returns in place of `this` is the view.
 */
export function proxied<T extends object>(target: T, tree: MethodTree): T {
  const views = new WeakMap<object, object>();
  const toTarget = (self: unknown) => (self === view ? target : self);
  const toView = (value: unknown) => (value === target ? view : value);
  const viewOf = <V extends object>(value: V, make: () => V): V => {
    let found = views.get(value) as V | undefined;
    if (found === undefined) {
      found = make();
      views.set(value, found);
    }
    return found;
  };
  const method = (original: Method, interceptor: Interceptor | undefined): Method =>
    new Proxy(original, {
      apply: (fn, self, args) => {
        const call = (...given: unknown[]) => Reflect.apply(fn, toTarget(self), given);
        return toView(interceptor === undefined ? call(...args) : interceptor(call, args, target));
      },
    });
  const view: T = new Proxy(target, {
    get(holder, key) {
      const value: unknown = Reflect.get(holder, key, holder);
      if (key === 'constructor' || isFixed(holder, key)) return value;
      const branch = typeof key === 'string' && Object.hasOwn(tree, key) ? tree[key] : undefined;
      if (typeof value === 'function') {
        const interceptor = typeof branch === 'function' ? branch : undefined;
        return viewOf(value as Method, () => method(value as Method, interceptor));
      }
      if (typeof branch !== 'object' || typeof value !== 'object' || value === null) return value;
      return viewOf(value, () => proxied(value, branch));
    },
    set: (holder, key, value) => Reflect.set(holder, key, value, holder),
  });
  return view;
}

/** A proxy has to answer these with what the target has. */
function isFixed(holder: object, key: PropertyKey): boolean {
  const property = Object.getOwnPropertyDescriptor(holder, key);
  return property?.configurable === false && property.writable === false;
}
