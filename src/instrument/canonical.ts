/** Values that are larger than this are not compared: bytes, and levels of objects in objects. */
const MAX_BYTES = 65_536;
const MAX_DEPTH = 32;
/** More names than this are a table, and sorting them would take long. */
const MAX_KEYS = 4096;

/** Arguments that differ with every call and say nothing about what was asked. The analyzer leaves out the same. */
export const VOLATILE: ReadonlySet<string> = new Set([
  'requestId',
  'request_id',
  'timestamp',
  'traceparent',
  'nonce',
  'idempotencyKey',
]);

/** What a value is, before its bytes. Numbers and dates have eight bytes, texts end with `END`, which is in no text. */
const TAG = {
  undefined: 1,
  null: 2,
  false: 3,
  true: 4,
  number: 5,
  bigint: 6,
  text: 7,
  list: 8,
  members: 9,
  date: 10,
  bytes: 11,
  map: 12,
  set: 13,
  url: 14,
  again: 15,
} as const;
const END = 255;

/** Thrown, and caught here: what cannot be compared with other values, for what it is or for its size. */
const UNCOMPARABLE = new Error('a value that cannot be compared');
const TOO_LARGE = new Error('a value that is too large to be compared');

/** Of this realm, as they were when this was loaded: the host may put its own in their place on its own objects. */
const dateTime = Date.prototype.getTime;
const mapForEach = Map.prototype.forEach;
const setForEach = Set.prototype.forEach;
const hrefOf = getter(globalThis.URL?.prototype, 'href');
/** In the text of a class. */
const HIDDEN = /#[\w$]|\[native code\]/;
const sourceOf = Function.prototype.toString;
const isEnumerable = Object.prototype.propertyIsEnumerable;
const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;
const bufferOf = getter(typedArray, 'buffer');
const offsetOf = getter(typedArray, 'byteOffset');
const lengthOf = getter(typedArray, 'byteLength');

function getter(holder: object | undefined, key: string): () => unknown {
  const found = holder && Object.getOwnPropertyDescriptor(holder, key)?.get;
  return found ?? (() => undefined);
}

const bytes = new Uint8Array(MAX_BYTES);
/** What was written last. */
export const written = new DataView(bytes.buffer);
let at = 0;
let isWriting = false;
/** Objects on the way down to here: meeting one again is a cycle. */
const path: object[] = [];

/**
 * Writes a value in one form for all values that are equal as data, and returns how many bytes of `written` it has: the
 * order of names does not matter; functions, `AbortSignal`s and what is undefined are as if they were not there. Runs
 * no getter and no method of the value.
 *
 * Returns `too large` above 64 KiB, 32 levels or 4,096 names in one object, and undefined where a part keeps to itself
 * what it is: an object of a class without data of its own to see or with private fields, one of the runtime's own
 * classes, a getter, a promise, a symbol.
 */
export function writeValue(value: unknown): number | 'too large' | undefined {
  return writing(() => write(value, false));
}

/** The same for the arguments of a call; of those that are objects, without members that differ with every call. */
export function writeArguments(args: readonly unknown[]): number | 'too large' | undefined {
  return writing(() => writeGiven(args));
}

function writing(body: () => void): number | 'too large' | undefined {
  // A trap of a proxy of the host, in which it makes a traced call.
  if (isWriting) return undefined;
  isWriting = true;
  at = 0;
  try {
    body();
    return at;
  } catch (error) {
    path.length = 0;
    return error === TOO_LARGE ? 'too large' : undefined;
  } finally {
    isWriting = false;
  }
}

function writeGiven(args: readonly unknown[]): void {
  let count = args.length;
  while (count > 0 && isNoData(args[count - 1])) count--;
  byte(TAG.list);
  for (let i = 0; i < count; i++) write(args[i], true);
  byte(END);
}

function write(value: unknown, isArgument: boolean): void {
  if (typeof value === 'string') {
    byte(TAG.text);
    writeText(value);
  } else if (typeof value === 'number') {
    byte(TAG.number);
    writeNumber(value);
  } else if (typeof value === 'object' && value !== null) writeObject(value, isArgument);
  else if (typeof value === 'bigint') {
    byte(TAG.bigint);
    writeText(value.toString(16));
  } else if (typeof value === 'symbol') throw UNCOMPARABLE;
  else byte(value === null ? TAG.null : value === true ? TAG.true : value === false ? TAG.false : TAG.undefined);
}

function writeObject(value: object, isArgument: boolean): void {
  const known = path.indexOf(value);
  if (known >= 0) {
    byte(TAG.again);
    byte(known);
    return;
  }
  if (path.length >= MAX_DEPTH) throw TOO_LARGE;
  path.push(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) writeMembers(value, isArgument);
  else if (Array.isArray(value)) writeList(value);
  else if (!writeKnownClass(value)) writeInstance(value, prototype as object);
  path.pop();
}

function writeList(list: readonly unknown[]): void {
  byte(TAG.list);
  for (let i = 0; i < list.length; i++) write(dataOf(list, i), false);
  byte(END);
}

function writeMembers(value: object, isArgument: boolean): number {
  const keys = Object.keys(value);
  if (keys.length > MAX_KEYS) throw TOO_LARGE;
  if (hasSymbolMember(value)) throw UNCOMPARABLE;
  if (!isSorted(keys)) keys.sort();
  byte(TAG.members);
  let count = 0;
  for (const key of keys) {
    if (isArgument && VOLATILE.has(key)) continue;
    const member = dataOf(value, key);
    if (isNoData(member)) continue;
    writeText(key);
    write(member, false);
    count++;
  }
  byte(END);
  return count;
}

/** Such as an operator of Sequelize's: it is data, but not to be written. */
function hasSymbolMember(value: object): boolean {
  const symbols = Object.getOwnPropertySymbols(value);
  return symbols.length > 0 && symbols.some((key) => Reflect.apply(isEnumerable, value, [key]));
}

function isSorted(keys: readonly string[]): boolean {
  for (let i = 1; i < keys.length; i++) if (keys[i - 1]! > keys[i]!) return false;
  return true;
}

/** A class of the host: equal data, equal object, unless more of it is hidden. */
function writeInstance(value: object, prototype: object): void {
  const isPlainElsewhere = Object.getPrototypeOf(prototype) === null;
  if (!isPlainElsewhere && hidesData(prototype)) throw UNCOMPARABLE;
  const count = writeMembers(value, false);
  if (count === 0 && !isPlainElsewhere) throw UNCOMPARABLE;
}

const hiding = new WeakMap<object, boolean>();

/** Whether a class, or one that it extends, has private fields or is the runtime's own: an `Error`, a `RegExp`. */
function hidesData(prototype: object): boolean {
  let hides = hiding.get(prototype);
  if (hides === undefined) {
    hides = false;
    for (let one = prototype; !hides && !isRoot(one); one = Object.getPrototypeOf(one) as object) {
      const maker: unknown = Object.getOwnPropertyDescriptor(one, 'constructor')?.value;
      hides = typeof maker === 'function' && HIDDEN.test(Reflect.apply(sourceOf, maker, []) as string);
    }
    hiding.set(prototype, hides);
  }
  return hides;
}

function isRoot(prototype: object | null): boolean {
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function writeKnownClass(value: object): boolean {
  const isView = ArrayBuffer.isView(value);
  if (!isView && Object.keys(value).length > 0) return false;
  if (value instanceof Date) {
    byte(TAG.date);
    writeNumber(Reflect.apply(dateTime, value, []));
  } else if (isView) {
    if (value instanceof DataView) throw UNCOMPARABLE;
    const [buffer, offset, length] = [bufferOf, offsetOf, lengthOf].map((get) => Reflect.apply(get, value, []));
    writeBytes(new Uint8Array(buffer as ArrayBuffer, offset as number, length as number));
  } else if (value instanceof ArrayBuffer) {
    writeBytes(new Uint8Array(value));
  } else if (value instanceof Map) {
    byte(TAG.map);
    Reflect.apply(mapForEach, value, [writePair]);
    byte(END);
  } else if (value instanceof Set) {
    byte(TAG.set);
    Reflect.apply(setForEach, value, [(item: unknown) => write(item, false)]);
    byte(END);
  } else if (globalThis.URL !== undefined && value instanceof URL) {
    byte(TAG.url);
    writeText(Reflect.apply(hrefOf, value, []) as string);
  } else return false;
  return true;
}

function writePair(value: unknown, key: unknown): void {
  write(key, false);
  write(value, false);
}

function writeBytes(data: Uint8Array): void {
  if (at + data.length + 9 > MAX_BYTES) throw TOO_LARGE;
  byte(TAG.bytes);
  writeNumber(data.length);
  bytes.set(data, at);
  at += data.length;
}

function writeNumber(value: number): void {
  if (at + 8 > MAX_BYTES) throw TOO_LARGE;
  // No number has two forms: neither zero nor "not a number".
  written.setFloat64(at, Number.isNaN(value) ? Number.NaN : value + 0);
  at += 8;
}

/** As UTF-8, save that halves of surrogate pairs stay halves: a text may have one of them alone. */
function writeText(text: string): void {
  if (at + text.length >= MAX_BYTES) throw TOO_LARGE;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) bytes[at++] = code;
    else if (code < 0x800) {
      byte(0xc0 | (code >> 6));
      byte(0x80 | (code & 63));
    } else {
      byte(0xe0 | (code >> 12));
      byte(0x80 | ((code >> 6) & 63));
      byte(0x80 | (code & 63));
    }
  }
  byte(END);
}

function byte(value: number): void {
  if (at >= MAX_BYTES) throw TOO_LARGE;
  bytes[at++] = value;
}

/** Own data only: a getter may be slow or have effects. */
function dataOf(holder: object, key: PropertyKey): unknown {
  const property = Object.getOwnPropertyDescriptor(holder, key);
  if (property === undefined) return undefined;
  if ('value' in property) return property.value;
  throw UNCOMPARABLE;
}

/** What a call is given to work with, and not to work on. */
function isNoData(value: unknown): boolean {
  if (value === undefined || typeof value === 'function') return true;
  return typeof value === 'object' && value !== null && value instanceof AbortSignal;
}
