const UNSIGNED_64 = 2n ** 64n;

/**
 * A 64-bit nanosecond time of OTLP JSON as decimal digits; undefined for what is no time. A number that is too large
 * to be exact is taken at the value it has.
 */
export function readNanoseconds(value: unknown): string | undefined {
  if (typeof value === 'string') {
    if (/^(0|[1-9]\d{0,18})$/.test(value)) return value;
    return /^\d{1,20}$/.test(value) && BigInt(value) < UNSIGNED_64 ? String(BigInt(value)) : undefined;
  }
  if (typeof value !== 'number' || !(value >= 0 && value < 2 ** 64)) return undefined;
  return Number.isSafeInteger(value) ? String(value) : String(BigInt(Math.round(value)));
}

/**
 * A time in microseconds, a number or text, as decimal digits of nanoseconds: exact, what is below a nanosecond cut
 * off. Undefined for what is no time.
 */
export function microsToNanos(value: unknown): string | undefined {
  if (isWhole(value)) return value === 0 ? '0' : `${value}000`;
  const nanos = exactNanos(value);
  return nanos === undefined || nanos < 0n ? undefined : String(nanos);
}

/** The end of something that lasted from `start`; 0 where that lies before 1970, which OTLP has no number for. */
export function addMicros(start: unknown, duration: unknown): string | undefined {
  if (isWhole(start) && isWhole(duration) && isWhole(start + duration)) return microsToNanos(start + duration);
  const [from, length] = [exactNanos(start), exactNanos(duration)];
  if (from === undefined || length === undefined) return undefined;
  return String(from + length < 0n ? 0n : from + length);
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < 1e16;
}

function exactNanos(value: unknown): bigint | undefined {
  const text = typeof value === 'number' ? decimalText(value) : value;
  if (typeof text !== 'string') return undefined;
  const [, sign, whole, fraction = ''] = /^(-?)(\d{1,16})(?:\.(\d{1,40}))?$/.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const nanos = BigInt(whole + fraction.slice(0, 3).padEnd(3, '0'));
  return sign === '-' ? -nanos : nanos;
}

/** Without an exponent. */
function decimalText(value: number): string | undefined {
  if (!(Math.abs(value) < 1e16)) return undefined;
  const text = String(value);
  return text.includes('e') ? value.toFixed(3) : text;
}
