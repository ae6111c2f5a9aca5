import { hash } from 'node:crypto';
import { configure } from 'safe-stable-stringify';

/** Argument names that differ with every call and say nothing about what was asked. */
const VOLATILE: ReadonlySet<string> = new Set([
  'requestId',
  'request_id',
  'timestamp',
  'traceparent',
  'nonce',
  'idempotencyKey',
]);

const stringify = configure({ maximumDepth: 64, maximumBreadth: 10_000, bigint: true });

/** The first 16 hex digits of the SHA-256 of a text: content as a key, never as content. */
export function digestText(text: string): string {
  return hash('sha256', text).slice(0, 16);
}

/** Arguments beyond these sizes are digested as they stand: they are a document, and parsing it tells nothing more. */
const MAX_PARSED = 65_536;
const MAX_NAMES = 64;

/**
 * Arguments of a call as `<names>|<digest>|<digests>`: the sorted top-level names (its shape), a digest of all values in
 * a canonical order, and one of each value in the order of the names; volatile fields left out. What is no JSON object
 * has no names.
 */
export function digestArguments(text: string): string {
  const value = text.length > MAX_PARSED ? undefined : parseJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return `|${digestText(text)}`;
  const kept = Object.entries(value)
    .filter(([name]) => !VOLATILE.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, part]) => [name, stringify(part) ?? ''] as const);
  const named = kept.slice(0, MAX_NAMES);
  const names = named.map(([name]) => name.slice(0, 40).replace(/[,|]/g, '_'));
  const each = named.map(([, part]) => digestText(part).slice(0, 8));
  return `${names.join(',')}|${digestText(JSON.stringify(kept))}|${each.join(',')}`;
}

/** JSON that may have been quoted twice, as some exporters do. */
function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' && value.startsWith('{') ? JSON.parse(value) : value;
  } catch {
    return undefined;
  }
}
