/** Controls, line separators, halves of surrogate pairs, and marks that hide or reorder text; joiners of emoji and scripts stay. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const JOINERS = new Set(['\u200c', '\u200d']);
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Text from a trace as a terminal may show it: what could move the cursor, colour, hide or reorder is spelled out. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (char) => (JOINERS.has(char) ? char : spelledOut(char)));
}

const TYPOGRAPHY: Readonly<Record<string, string>> = {
  '×': 'x',
  '−': '-',
  '–': '-',
  '·': '-',
  '›': '>',
  '…': '~',
  µ: 'u',
};

/** Printable text for terminals without Unicode: one character each for our own signs, other characters spelled out. */
export function asciiOnly(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, (char) => TYPOGRAPHY[char] ?? spelledOut(char));
}

function spelledOut(char: string): string {
  const code = char.codePointAt(0) as number;
  return SHORT[char] ?? (code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`);
}
