import { notice } from './notice.ts';
import type { Method } from './watch.ts';

/** Does the work of a method in its place; `call` is the original, bound to the client's own object. */
export type Interceptor = (call: (...args: unknown[]) => unknown, args: unknown[], self: object) => unknown;

/**
 * A method that calls other methods of its client: it runs with the view as `this`, so that those are intercepted.
 * Not for methods that use private fields of their own object.
 */
export const THROUGH_VIEW = Symbol('through view');

/** Which methods of a client are intercepted: by their names, at any depth. */
export interface MethodTree {
  readonly [name: string]: MethodTree | Interceptor | typeof THROUGH_VIEW;
}

const VIEW = Symbol.for('trace-analyze.view');

/**
 * A view of a client with some methods intercepted; the client itself stays as it is. All else goes to the client, with
 * the client as `this`, so that private fields work; what a method returns in place of `this` is the view, and so is
 * what a viewed part of the client knows as its client.
 */
export function proxied<T extends object>(target: T, tree: MethodTree): T {
  const root = { target: target as object, view: undefined as object | undefined };
  const view = viewOf(target, tree, root);
  root.view = view;
  return view;
}

/** Whether `proxied` made it, this or another copy of it. */
export function isView(value: object): boolean {
  try {
    return (value as { [VIEW]?: unknown })[VIEW] === true;
  } catch {
    return false;
  }
}

interface Root {
  readonly target: object;
  view: object | undefined;
}

function viewOf<T extends object>(target: T, tree: MethodTree, root: Root): T {
  const parts = new WeakMap<object, object>();
  const partOf = <V extends object>(value: V, make: () => V): V => {
    let found = parts.get(value) as V | undefined;
    if (found === undefined) {
      found = make();
      parts.set(value, found);
    }
    return found;
  };
  const view: T = new Proxy(target, {
    get(holder, key, receiver) {
      if (key === VIEW) return true;
      const value: unknown = Reflect.get(holder, key, own(receiver));
      const branch = typeof key === 'string' && Object.hasOwn(tree, key) ? tree[key] : undefined;
      if (key === 'constructor') return value;
      if (isFixed(holder, key)) {
        if (branch !== undefined) notice('a client or a part of it is frozen; its calls are not traced');
        return value;
      }
      if (value === root.target && root.view !== undefined) return root.view;
      if (typeof value === 'function') {
        return partOf(value as Method, () => methodOf(value as Method, branch, target, () => view));
      }
      if (typeof branch !== 'object' || typeof value !== 'object' || value === null) return value;
      return partOf(value, () => viewOf(value, branch, root));
    },
    set: (holder, key, value, receiver) => Reflect.set(holder, key, value, own(receiver)),
  });
  // What inherits from the view (`Object.create(view)`) keeps what it is given to itself.
  const own = (receiver: unknown) => (receiver === view ? target : receiver);
  return view;
}

function methodOf(
  original: Method,
  branch: MethodTree[string] | undefined,
  target: object,
  view: () => object,
): Method {
  return new Proxy(original, {
    apply: (fn, self, args) => {
      const isView = self === view();
      if (branch === THROUGH_VIEW) return Reflect.apply(fn, self, args);
      const call = (...given: unknown[]) => Reflect.apply(fn, isView ? target : self, given);
      const result = typeof branch === 'function' ? branch(call, args, target) : call(...args);
      return result === target ? view() : result;
    },
  });
}

/** A proxy has to answer these with what the target has. */
function isFixed(holder: object, key: PropertyKey): boolean {
  const property = Object.getOwnPropertyDescriptor(holder, key);
  return property?.configurable === false && property.writable === false;
}
