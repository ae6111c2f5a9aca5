import { Buffer } from 'node:buffer';

/** Bytes of JSON's grammar. */
export const Byte = {
  quote: 0x22,
  comma: 0x2c,
  colon: 0x3a,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  n: 0x6e,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const;

/** What a byte means outside of strings. */
export const Class = { other: 0, digit: 1, dot: 2, quote: 3, open: 4, close: 5 } as const;
export const CLASS_OF = byteTable([
  ['0123456789', Class.digit],
  ['.', Class.dot],
  ['"', Class.quote],
  ['{[', Class.open],
  ['}]', Class.close],
]);
/** Bytes that a string does not simply run over. */
export const STOPS_STRING = byteTable([['"\\', 1]]);
/** Bytes that cannot be part of a number or a literal. */
export const STOPS_SCALAR = byteTable([[' \t\r\n,:{}[]"', 1]]);
export const IS_SPACE = byteTable([[' \t\r\n', 1]]);

function byteTable(classes: readonly (readonly [string, number])[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const [bytes, value] of classes) for (const byte of Buffer.from(bytes)) table[byte] = value;
  return table;
}
