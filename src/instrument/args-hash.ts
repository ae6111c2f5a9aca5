import { VOLATILE, writeArguments, writeValue, written } from './canonical.ts';
import { hashKey } from './hash-key.ts';
import { sipHash } from './siphash.ts';

/** Characters that a text has at least when it is too large to be hashed, as bytes. */
const MAX_BYTES = 65_536;
const MAX_NAMES = 32;
/** What names of arguments look like. Others may be content: the keys of a table. */
const NAME = /^[A-Za-z_$][\w$-]{0,39}$/;

export interface ArgumentFacts {
  /** 16 hex digits, the same for equal arguments; undefined where they cannot be compared. */
  readonly hash: string | undefined;
  /** Of a single argument that is an object: its names, sorted. */
  readonly names: string | undefined;
}

export function argumentFacts(args: readonly unknown[]): ArgumentFacts {
  const length = hashKey === undefined ? undefined : writeArguments(args);
  const hash = typeof length === 'number' ? sipHash(hashKey!, written, length) : undefined;
  return { hash, names: hash === undefined || args.length !== 1 ? undefined : namesOf(args[0]) };
}

export interface ResultFacts {
  readonly hash: string | undefined;
  /** About its size, in bytes; 65,536 is that much or more, unless it is a text or binary data. */
  readonly bytes: number | undefined;
}

export function resultFacts(result: unknown): ResultFacts {
  if (hashKey === undefined) return { hash: undefined, bytes: undefined };
  const length = writeValue(result);
  if (length === 'too large') return { hash: undefined, bytes: Math.max(MAX_BYTES, sizeOf(result)) };
  return { hash: length === undefined ? undefined : sipHash(hashKey, written, length), bytes: length };
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  return value instanceof ArrayBuffer ? value.byteLength : 0;
}

/** Names that were seen, by how they came: the same few again and again. */
const seen = new Map<string, string | undefined>();
const MAX_SEEN = 512;

/** `Object.keys` of what was hashed already, so that no code of the host is run. */
function namesOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const keys = Object.keys(value);
  if (keys.length === 0 || keys.length > MAX_NAMES) return undefined;
  const given = keys.join();
  const known = seen.get(given);
  if (known !== undefined || seen.has(given)) return known;
  if (seen.size >= MAX_SEEN) seen.clear();
  const fit = keys.filter((key) => !VOLATILE.has(key) && NAME.test(key));
  const names = fit.length > 0 ? fit.sort().join() : undefined;
  seen.set(given, names);
  return names;
}
