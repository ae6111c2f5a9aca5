import { byCodeUnit } from '../model/by-code-unit.ts';
import type { Parsed } from './http-address.ts';

/** What to look for in a Jaeger. Times are nanoseconds since the epoch, both ends included. */
export interface JaegerQuery {
  /** Empty: every service but `jaeger` itself, asked one by one. */
  readonly services: readonly string[];
  readonly operation: string | undefined;
  readonly sinceUnixNano: bigint;
  readonly untilUnixNano: bigint;
  readonly minDurationNs: bigint | undefined;
  /** All must hold for one span; sorted by key. */
  readonly tags: readonly (readonly [key: string, value: string])[];
  /** The most traces in all, over all services; the newest are taken. */
  readonly limit: number;
  /** Exactly these traces, and nothing is searched. 32 lower-case hex digits each. */
  readonly traceIds: readonly string[];
}

/** The same as a user types it: the flags of `pull jaeger`, `analyze --jaeger` and `explain --jaeger`. */
export interface JaegerQueryText {
  readonly service?: readonly string[] | undefined;
  readonly operation?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly minDuration?: string | undefined;
  readonly tag?: readonly string[] | undefined;
  readonly limit?: string | number | undefined;
  readonly trace?: readonly string[] | undefined;
}

const DEFAULT_SINCE = '1h';
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000_000;

const UNIT_NS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
  ['d', 86_400_000_000_000n],
  ['w', 604_800_000_000_000n],
]);

/** `1h`, `90m`, `1h30m`, `1.5s`, `250ms`, `7d` in nanoseconds; undefined for anything else. */
export function parseDuration(text: string): bigint | undefined {
  const part = /(\d{1,12})(?:\.(\d{1,9}))?(ns|us|µs|ms|s|m|h|d|w)/y;
  let ns = 0n;
  let at = 0;
  while (at < text.length) {
    part.lastIndex = at;
    const match = part.exec(text);
    if (match === null) return undefined;
    const [whole, integer, fraction = '', unit] = match;
    const scale = UNIT_NS.get(unit!)!;
    ns += BigInt(integer!) * scale + (BigInt(fraction.padEnd(9, '0')) * scale) / 1_000_000_000n;
    at += whole.length;
  }
  return at === 0 ? undefined : ns;
}

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})$/;

/** RFC 3339 (`2026-11-20T14:00:00Z`, to the nanosecond), a duration before now (`1h`), or `now`. */
export function parseInstant(text: string, nowUnixNano: bigint): bigint | undefined {
  if (text === 'now') return nowUnixNano;
  const ago = parseDuration(text);
  if (ago !== undefined) return ago > nowUnixNano ? undefined : nowUnixNano - ago;
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, time, fraction = '', zone] = match;
  const ms = Date.parse(`${year}-${month}-${day}T${time}${zone!.toUpperCase()}`);
  // Date.parse takes the 31st of February for a day in March.
  const lastDay = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  if (Number.isNaN(ms) || ms < 0 || Number(day) > lastDay) return undefined;
  return BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** RFC 3339 with nine decimals, as api_v3 reads it. */
export function formatInstant(unixNano: bigint): string {
  const seconds = new Date(Number(unixNano / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(unixNano % 1_000_000_000n).padStart(9, '0')}Z`;
}

/** 1-32 hex digits, lower-cased and padded with zeros on the left to 32; undefined for anything else. */
export function parseTraceId(text: string): string | undefined {
  const id = text.trim().toLowerCase();
  return /^[0-9a-f]{1,32}$/.test(id) ? id.padStart(32, '0') : undefined;
}

/** Reads the flags; the problem is the text of a usage error. */
export function parseJaegerQuery(text: JaegerQueryText, nowMs: number): Parsed<JaegerQuery> {
  const now = BigInt(Math.trunc(nowMs)) * 1_000_000n;
  const since = parseInstant(text.since ?? DEFAULT_SINCE, now);
  if (since === undefined) return problem('--since', text.since, '1h, 7d or 2026-11-20T14:00:00Z');
  const until = parseInstant(text.until ?? 'now', now);
  if (until === undefined) return problem('--until', text.until, '30m (ago), now or 2026-11-20T14:00:00Z');
  if (since >= until) {
    const given = text.since === undefined ? ` (it is ${DEFAULT_SINCE} ago unless given)` : '';
    return { ok: false, problem: `--since must be before --until${given}` };
  }
  const minDurationNs = text.minDuration === undefined ? undefined : parseDuration(text.minDuration);
  if (minDurationNs === undefined && text.minDuration !== undefined) {
    return problem('--min-duration', text.minDuration, '500ms, 2s or 1m30s');
  }
  const limit = parseLimit(text.limit);
  if (limit === undefined) return problem('--limit', text.limit, `a whole number from 1 to ${MAX_LIMIT}`);
  const tags = parseTags(text.tag ?? []);
  if (!tags.ok) return tags;
  const traceIds = parseTraceIds(text.trace ?? []);
  if (!traceIds.ok) return traceIds;
  const services = [...new Set((text.service ?? []).filter((name) => name !== ''))].sort(byCodeUnit);
  const operation = text.operation === '' ? undefined : text.operation;
  return {
    ok: true,
    value: {
      services,
      operation,
      sinceUnixNano: since,
      untilUnixNano: until,
      minDurationNs,
      tags: tags.value,
      limit,
      traceIds: traceIds.value,
    },
  };
}

function problem(flag: string, got: string | number | undefined, expected: string): { ok: false; problem: string } {
  return { ok: false, problem: `${flag} ${JSON.stringify(String(got))} is not ${expected}` };
}

function parseLimit(limit: string | number | undefined): number | undefined {
  if (limit === undefined) return DEFAULT_LIMIT;
  const value = typeof limit === 'number' ? limit : /^\d{1,7}$/.test(limit.trim()) ? Number(limit) : Number.NaN;
  return Number.isInteger(value) && value >= 1 && value <= MAX_LIMIT ? value : undefined;
}

function parseTags(texts: readonly string[]): Parsed<JaegerQuery['tags']> {
  const tags = new Map<string, string>();
  for (const text of texts) {
    const equals = text.indexOf('=');
    if (equals < 1) return { ok: false, problem: `--tag ${JSON.stringify(text)} is not of the form key=value` };
    const key = text.slice(0, equals);
    if (tags.has(key)) return { ok: false, problem: `--tag ${JSON.stringify(key)} is given twice` };
    tags.set(key, text.slice(equals + 1));
  }
  return { ok: true, value: [...tags].sort(([a], [b]) => byCodeUnit(a, b)) };
}

function parseTraceIds(texts: readonly string[]): Parsed<readonly string[]> {
  const ids = new Set<string>();
  for (const text of texts) {
    const id = parseTraceId(text);
    if (id === undefined) {
      return { ok: false, problem: `--trace ${JSON.stringify(text)} is not a trace id of 1 to 32 hex digits` };
    }
    ids.add(id);
  }
  return { ok: true, value: [...ids].sort(byCodeUnit) };
}
