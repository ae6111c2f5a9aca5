const UNSIGNED_64 = 2n ** 64n;

/**
 * A 64-bit nanosecond time of OTLP JSON as decimal digits; undefined for what is no time. A number that is too large
 * to be exact is taken at the value it has.
 */
export function readNanoseconds(value: unknown): string | undefined {
  if (typeof value === 'string') {
    if (/^\d{1,19}$/.test(value)) return value;
    return /^\d{20}$/.test(value) && BigInt(value) < UNSIGNED_64 ? value : undefined;
  }
  if (typeof value !== 'number' || !(value >= 0 && value < 2 ** 64)) return undefined;
  return Number.isSafeInteger(value) ? String(value) : String(BigInt(Math.round(value)));
}

/**
 * Microseconds, as a number or as text, in nanoseconds: exact, digits beyond the third of a fraction dropped. Undefined
 * for what is no number, or too large to be a time.
 */
export function microsToNanos(value: unknown): bigint | undefined {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value) * 1000n;
  const text = typeof value === 'number' ? decimalText(value) : value;
  if (typeof text !== 'string') return undefined;
  const [, sign, whole, fraction = ''] = /^(-?)(\d{1,17})(?:\.(\d{1,40}))?$/.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const nanos = BigInt(whole + fraction.slice(0, 3).padEnd(3, '0'));
  return sign === '-' ? -nanos : nanos;
}

/** Without an exponent. */
function decimalText(value: number): string | undefined {
  if (!(Math.abs(value) < 1e17)) return undefined;
  const text = String(value);
  return text.includes('e') ? value.toFixed(3) : text;
}
