/** Bounds on what one value may put on a span. */
const MAX_CHARS = 8192;
const MAX_DEPTH = 6;
const MAX_ITEMS = 64;

/** A text as it is, cut where it is longer. */
export function captureText(value: string): string {
  return value.length <= MAX_CHARS ? value : `${value.slice(0, MAX_CHARS)}…`;
}

interface Budget {
  chars: number;
  /** Objects on the way down to here: meeting one again is a cycle. */
  readonly path: object[];
}

/**
 * A value as valid JSON of at most some 8,000 characters, cut where it is larger. Runs no getter and no `toJSON`, so it
 * has no effect on the host; works on cycles, BigInt and hostile proxies.
 */
export function captureJson(value: unknown): string {
  return JSON.stringify(plain(value, { chars: MAX_CHARS, path: [] })) ?? 'null';
}

function plain(value: unknown, budget: Budget): unknown {
  if (budget.chars <= 0) return '[cut]';
  budget.chars -= 8;
  if (typeof value === 'string') return text(value, budget);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'boolean' || value === null) return value;
  if (typeof value !== 'object') return typeof value === 'function' ? '[function]' : String(value);
  try {
    return ofObject(value, budget);
  } catch {
    return '[unreadable]';
  }
}

function text(value: string, budget: Budget): string {
  // Quotes and control characters grow up to six times when written.
  const room = Math.max(0, budget.chars);
  const kept = value.length <= room ? value : `${value.slice(0, room)}…`;
  budget.chars -= JSON.stringify(kept).length;
  return kept;
}

function ofObject(value: object, budget: Budget): unknown {
  if (budget.path.includes(value)) return '[circular]';
  if (budget.path.length >= MAX_DEPTH) return '[deep]';
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  budget.path.push(value);
  try {
    return Array.isArray(value) ? items(value, budget) : members(value, budget);
  } finally {
    budget.path.pop();
  }
}

function items(list: readonly unknown[], budget: Budget): unknown[] {
  const kept: unknown[] = [];
  const count = Math.min(list.length, MAX_ITEMS);
  for (let i = 0; i < count && budget.chars > 0; i++) kept.push(plain(dataValue(list, i), budget));
  if (list.length > kept.length) kept.push(`[${list.length - kept.length} more]`);
  return kept;
}

function members(value: object, budget: Budget): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  let count = 0;
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue;
    if (count++ >= MAX_ITEMS || budget.chars <= 0) {
      kept['…'] = '[more]';
      break;
    }
    Object.defineProperty(kept, text(key, budget), {
      value: plain(dataValue(value, key), budget),
      enumerable: true,
      configurable: true,
    });
  }
  return kept;
}

/** Own data only: a getter may be slow or have effects. */
function dataValue(holder: object, key: PropertyKey): unknown {
  const property = Object.getOwnPropertyDescriptor(holder, key);
  return property === undefined || 'value' in property ? property?.value : '[getter]';
}
