import { type SipKey, sipHash } from './siphash.ts';

interface HasEnvironment {
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> };
}

/** Two fixed keys that make one of a salt. They are no secret; the salt is. */
const HALVES: readonly SipKey[] = [
  [0, 0, 0, 0],
  [1, 0, 0, 0],
];

/**
 * What arguments and results are hashed with: of `TRACE_ANALYZE_HASH_SALT`, so that processes and runs with the same
 * salt have the same hashes; else random, for this process alone. Undefined: `TRACE_ANALYZE_HASHES` is `off`, or there
 * is no source of random numbers.
 */
export const hashKey: SipKey | undefined = readKey();

function readKey(): SipKey | undefined {
  try {
    const env = (globalThis as HasEnvironment).process?.env;
    if (isOff(env?.TRACE_ANALYZE_HASHES)) return undefined;
    const salt = env?.TRACE_ANALYZE_HASH_SALT?.trim();
    return salt ? keyOf(salt) : randomKey();
  } catch {
    // Deno asks for leave to read it, and may not get it.
    return undefined;
  }
}

function isOff(value: string | undefined): boolean {
  return ['off', 'false', '0'].includes(value?.trim().toLowerCase() ?? '');
}

/** Any text as 128 bits. */
export function keyOf(salt: string): SipKey {
  const bytes = new TextEncoder().encode(salt);
  const view = new DataView(bytes.buffer);
  const [first, second] = HALVES.map((half) => sipHash(half, view, bytes.length)) as [string, string];
  return [wordOf(first, 8), wordOf(first, 0), wordOf(second, 8), wordOf(second, 0)];
}

function wordOf(hex: string, start: number): number {
  return Number.parseInt(hex.slice(start, start + 8), 16) | 0;
}

function randomKey(): SipKey {
  const [a, b, c, d] = crypto.getRandomValues(new Int32Array(4)) as unknown as [number, number, number, number];
  return [a, b, c, d];
}
