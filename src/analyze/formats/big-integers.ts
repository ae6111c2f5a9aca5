/** Integers of fewer digits are exact in a double. */
const UNSAFE_DIGITS = 16;
const MAYBE_UNSAFE = /[:[,\s]-?\d{16}/;

/**
 * Turns integers that a double cannot hold (`"startTimeUnixNano": 1700000000000000001`, as older exporters write
 * them) into strings, which OTLP's JSON mapping allows everywhere, so that `JSON.parse` keeps every digit. Text that
 * has none, nearly every request, is returned as it is. What is not JSON stays not JSON.
 */
export function quoteBigIntegers(text: string): string {
  return MAYBE_UNSAFE.test(text) ? quoteNumbers(text, isBigInteger) : text;
}

/** The same for decimal fractions too: microseconds with nanoseconds behind the point (`1700000000000001.234`). */
export function quoteLongNumbers(text: string): string {
  return quoteNumbers(text, (whole, start, end) => isBigInteger(whole, start, end) || isLongDecimal(whole, start, end));
}

function quoteNumbers(text: string, isTooLong: (text: string, start: number, end: number) => boolean): string {
  const pieces: string[] = [];
  let copied = 0;
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      at = endOfString(text, at);
    } else if (code === 0x2d || isDigit(code)) {
      const end = endOfNumber(text, at);
      if (isTooLong(text, at, end)) {
        pieces.push(text.slice(copied, at), '"', text.slice(at, end), '"');
        copied = end;
      }
      at = end;
    } else at++;
  }
  pieces.push(text.slice(copied));
  return pieces.join('');
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Just behind the closing quote, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5c) at++;
    else if (code === 0x22) return at + 1;
  }
  return text.length;
}

function endOfNumber(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && '0123456789.eE+-'.includes(text[at]!)) at++;
  return at;
}

function isBigInteger(text: string, start: number, end: number): boolean {
  const first = text[start] === '-' ? start + 1 : start;
  if (end - first < UNSAFE_DIGITS || text[first] === '0') return false;
  for (let at = first; at < end; at++) if (!isDigit(text.charCodeAt(at))) return false;
  return true;
}

/** Digits on both sides of a point, and more of them than a double keeps. */
function isLongDecimal(text: string, start: number, end: number): boolean {
  const first = text[start] === '-' ? start + 1 : start;
  return end - first > UNSAFE_DIGITS && text[first] !== '0' && /^\d+\.\d+$/.test(text.slice(first, end));
}
