const ALPHANUMERIC = new Uint8Array(128);
for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789') {
  ALPHANUMERIC[char.charCodeAt(0)] = 1;
}

const BACKSLASH = 92;

/** A letter or digit of ASCII, by its code. */
export function isAlphanumeric(code: number): boolean {
  return code < 128 && ALPHANUMERIC[code] === 1;
}

/**
 * Whether a word may begin here: at the start, after anything that is no letter or digit, and after an escape as JSON
 * has them, whose last letter belongs to no word. The same as `WORD_START`.
 */
export function isWordStart(text: string, at: number): boolean {
  if (at === 0) return true;
  const before = text.charCodeAt(at - 1);
  if (before === BACKSLASH) return false;
  if (!isAlphanumeric(before)) return true;
  if (text.charCodeAt(at - 2) === BACKSLASH) return 'bfnrt'.includes(text.charAt(at - 1));
  return text.charCodeAt(at - 6) === BACKSLASH && /^u[0-9a-fA-F]{4}$/.test(text.slice(at - 5, at));
}

/** How many `pairAt` there are. */
export const PAIRS = 128 * 128;

/** A character of ASCII and the next one as one number; 0 where one of them is none. */
export function pairAt(text: string, at: number): number {
  if (at + 1 >= text.length) return 0;
  const first = text.charCodeAt(at);
  const second = text.charCodeAt(at + 1);
  return first > 127 || second > 127 ? 0 : first * 128 + second;
}
