import type { TextMapGetter, TextMapSetter } from '@opentelemetry/api';

/**
 * What context travels in: headers, message properties, metadata. A `Headers` or `Map`, a plain object, a list of pairs
 * (`[['a', '1']]`) or a flat list (`['a', '1']`). Names are compared without regard to case, as those of HTTP are.
 */
export type Carrier = object;

/** Beyond these nothing is read: nobody sends that much, save to do harm. */
const MAX_FIELDS = 1000;
const MAX_VALUE = 16_384;

interface Keyed {
  get(name: string): unknown;
  set(name: string, value: string): unknown;
  keys?(): Iterable<unknown>;
}

/** Reads any carrier: strings, or bytes that are UTF-8; of several values of one name all. Never throws. */
export const CARRIER_GETTER: TextMapGetter<unknown> = {
  keys: (carrier) => attempt(() => namesOf(carrier)) ?? [],
  get: (carrier, name) => attempt(() => bounded(valueIn(carrier, name.toLowerCase()))),
};

/** Writes to any carrier, in place of what has the name already. Throws where the carrier does not let itself be written. */
export const CARRIER_SETTER: TextMapSetter<object> = {
  set(carrier, name, value) {
    if (Array.isArray(carrier)) return setInList(carrier, name, value);
    if (isKeyed(carrier)) carrier.set(sameName(namesOf(carrier), name), value);
    else (carrier as Record<string, string>)[sameName(Object.keys(carrier), name)] = value;
  },
};

/** A carrier of the same form with the same content, to be written to in its place. */
export function copyOf(carrier: Carrier): Carrier {
  if (Array.isArray(carrier)) return carrier.map((item: unknown) => (Array.isArray(item) ? [...item] : item));
  if (carrier instanceof Map) return new Map(carrier);
  if (typeof Headers === 'function' && carrier instanceof Headers) return new Headers(carrier);
  if (Symbol.iterator in carrier) return [...(carrier as Iterable<[string, string]>)];
  return { ...carrier };
}

/** Several carriers, as against the lists that are one carrier. */
export function carriersOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) return value === undefined || value === null ? [] : [value];
  const isOne = value.every((item) => typeof item === 'string' || isPair(item));
  return isOne ? [value] : value;
}

function isPair(item: unknown): boolean {
  return Array.isArray(item) && item.length === 2 && typeof item[0] === 'string';
}

function isKeyed(carrier: unknown): carrier is Keyed {
  const { get, set } = carrier as Partial<Keyed>;
  return typeof get === 'function' && typeof set === 'function';
}

function namesOf(carrier: unknown): string[] {
  const names: string[] = [];
  for (const [name] of fieldsOf(carrier)) names.push(name);
  return names;
}

function valueIn(carrier: unknown, wanted: string): unknown {
  if (typeof carrier !== 'object' || carrier === null) return undefined;
  if (!Array.isArray(carrier) && isKeyed(carrier)) {
    const found = carrier.get(wanted);
    // Headers of some message brokers know case, and say '' for what they do not have.
    if (found !== undefined && found !== null && found !== '') return found;
  } else if (Object.hasOwn(carrier, wanted)) return (carrier as Record<string, unknown>)[wanted];
  const found: unknown[] = [];
  for (const [name, value] of fieldsOf(carrier)) if (name.toLowerCase() === wanted) found.push(value);
  return found.length > 1 ? found.flat() : found[0];
}

function* fieldsOf(carrier: unknown): Generator<[string, unknown]> {
  let left = MAX_FIELDS;
  for (const [name, value] of rawFields(carrier)) {
    if (left-- === 0) return;
    if (typeof name === 'string') yield [name, value];
  }
}

function* rawFields(carrier: unknown): Generator<[unknown, unknown]> {
  if (typeof carrier !== 'object' || carrier === null) return;
  if (!Array.isArray(carrier)) {
    if (isKeyed(carrier)) {
      for (const name of carrier.keys?.() ?? []) yield [name, carrier.get(name as string)];
    } else for (const name of Object.keys(carrier)) yield [name, (carrier as Record<string, unknown>)[name]];
    return;
  }
  for (let i = 0; i < carrier.length; i++) {
    const item: unknown = carrier[i];
    if (Array.isArray(item)) yield [item[0], item[1]];
    else yield [item, carrier[++i]];
  }
}

function bounded(value: unknown): string | string[] | undefined {
  if (!Array.isArray(value)) return textOf(value);
  const texts = value
    .slice(0, MAX_FIELDS)
    .map(textOf)
    .filter((one) => one !== undefined);
  return texts.length > 1 ? texts : texts[0];
}

/** Clients of message brokers give headers as bytes. */
function textOf(value: unknown): string | undefined {
  const text = value instanceof Uint8Array && value.length <= MAX_VALUE ? new TextDecoder().decode(value) : value;
  return typeof text === 'string' && text.length <= MAX_VALUE ? text : undefined;
}

function setInList(list: unknown[], name: string, value: string): void {
  const wanted = name.toLowerCase();
  const isFlat = typeof list[0] === 'string';
  for (let i = 0; i < list.length; i += isFlat ? 2 : 1) {
    const item = isFlat ? list[i] : (list[i] as unknown[])[0];
    if (typeof item !== 'string' || item.toLowerCase() !== wanted) continue;
    if (isFlat) list[i + 1] = value;
    else list[i] = [item, value];
    return;
  }
  if (isFlat) list.push(name, value);
  else list.push([name, value]);
}

function sameName(names: readonly string[], name: string): string {
  const wanted = name.toLowerCase();
  return names.find((one) => one.toLowerCase() === wanted) ?? name;
}

/** Carriers come from anywhere: getters and proxies may throw. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
