type AnyFunction = (...args: unknown[]) => unknown;

/** Runs in place of a function that the host assigned; `fn` is that function. */
export type Around = (fn: AnyFunction, self: unknown, args: unknown[]) => unknown;

/**
 * Puts `around` between an object and whatever function is assigned to one of its properties, now or later. Reading the
 * property gives a stand-in with the name, length and properties of that function; assigning a stand-in assigns what it
 * stands for. A getter and setter of the object's class go on working.
 */
export function hookAssigned(target: object, key: string, around: Around): void {
  const standIns = new WeakMap<object, AnyFunction>();
  const originals = new WeakMap<object, unknown>();
  const standInOf = (value: unknown): unknown => {
    if (typeof value !== 'function' || originals.has(value)) return value;
    let standIn = standIns.get(value);
    if (standIn === undefined) {
      standIn = new Proxy(value as AnyFunction, { apply: (fn, self, args) => around(fn, self, args) });
      standIns.set(value, standIn);
      originals.set(standIn, value);
    }
    return standIn;
  };
  const originalOf = (value: unknown): unknown => originals.get(value as object) ?? value;
  const { isAccessor, read, write } = storageOf(target, key);
  const define = (enumerable: boolean) => {
    Object.defineProperty(target, key, {
      configurable: true,
      enumerable,
      get: () => standInOf(read()),
      set: (value: unknown) => {
        write(isAccessor ? standInOf(originalOf(value)) : originalOf(value));
        // As it would be had it been assigned to.
        if (!isAccessor) define(true);
      },
    });
  };
  const own = Object.getOwnPropertyDescriptor(target, key);
  if (isAccessor && read() !== undefined) write(standInOf(read()));
  define(own?.enumerable ?? false);
}

interface Storage {
  /** The class keeps the value where it likes, and calls it from there. */
  readonly isAccessor: boolean;
  read(): unknown;
  write(value: unknown): void;
}

function storageOf(target: object, key: string): Storage {
  const accessor = accessorOf(target, key);
  if (accessor !== undefined) {
    return {
      isAccessor: true,
      read: () => (accessor.get === undefined ? undefined : Reflect.apply(accessor.get, target, [])),
      write: (value) => {
        if (accessor.set !== undefined) Reflect.apply(accessor.set, target, [value]);
      },
    };
  }
  let stored = (target as Record<string, unknown>)[key];
  return {
    isAccessor: false,
    read: () => stored,
    write: (value) => {
      stored = value;
    },
  };
}

function accessorOf(target: object, key: string): PropertyDescriptor | undefined {
  for (let holder: object | null = target; holder !== null; holder = Object.getPrototypeOf(holder) as object | null) {
    const property = Object.getOwnPropertyDescriptor(holder, key);
    if (property !== undefined) return 'value' in property ? undefined : property;
  }
  return undefined;
}

/** Whether the object lets its properties be hooked. */
export function canHook(target: object, keys: readonly string[]): boolean {
  const isOpen = (key: string) => Object.getOwnPropertyDescriptor(target, key)?.configurable ?? true;
  return Object.isExtensible(target) && keys.every(isOpen);
}
