import type { Buffer } from 'node:buffer';
import { GrowingBytes } from './growing-bytes.ts';
import { Byte, CLASS_OF, Class, STOPS_SCALAR, STOPS_STRING } from './json-bytes.ts';

const NINE = 0x39;

/** Finds the end of one JSON value in bytes that come in pieces, and can keep the bytes. Checks nothing else. */
export class JsonValueScan {
  /** Offset of the value's first byte in the document. */
  startByte = 0;
  /** Levels of objects and arrays, the value itself included. */
  deepest = 0;
  /** It holds a number that a double may not. */
  hasLongNumber = false;
  inString = false;
  #isScalar = false;
  #isEscaped = false;
  #depth = 0;
  #digits = 0;
  #firstDigit = 0;
  /** Where the value begins in the current chunk. */
  #start = 0;
  readonly #held = new GrowingBytes();

  /** The value begins at `chunk[at]`, whose offset in the document is `startByte`; `pass` goes on from there. */
  begin(chunk: Buffer, at: number, startByte: number): void {
    const byte = chunk[at];
    this.startByte = startByte;
    this.deepest = 0;
    this.hasLongNumber = false;
    this.inString = false;
    this.#isScalar = byte !== Byte.quote && byte !== Byte.openBrace && byte !== Byte.openBracket;
    this.#isEscaped = false;
    this.#depth = 0;
    this.#digits = 0;
    this.#start = at;
    this.forget();
  }

  /** The value goes on at `chunk[at]`, the beginning of a new piece. */
  resume(at: number): void {
    this.#start = at;
  }

  /** Passes on within `chunk[from … to)`; returns the index behind the value's end, or -1 if that lies further on. */
  pass(chunk: Buffer, from: number, to: number): number {
    if (this.#isScalar) return this.#passScalar(chunk, from, to);
    let at = this.#isEscaped ? from + 1 : from;
    let inString = this.inString;
    let depth = this.#depth;
    while (at < to) {
      if (inString) {
        while (at < to && STOPS_STRING[chunk[at] as number] === 0) at++;
        if (at >= to) break;
        if (chunk[at] === Byte.backslash) {
          at += 2;
          continue;
        }
        at++;
        inString = false;
        if (depth === 0) return this.#ended(at);
        continue;
      }
      const byte = chunk[at++] as number;
      const kind = CLASS_OF[byte];
      if (kind === Class.other) this.#digits = 0;
      else if (kind === Class.quote) inString = true;
      else if (kind === Class.open) {
        if (++depth > this.deepest) this.deepest = depth;
      } else if (kind === Class.close) {
        if (--depth === 0) return this.#ended(at);
      } else if (kind === Class.digit) this.#countDigit(byte);
    }
    this.#isEscaped = at > to;
    this.inString = inString;
    this.#depth = depth;
    return -1;
  }

  /** Keeps what the current piece, which ends at `to`, has of the value. */
  hold(chunk: Buffer, to: number): void {
    this.#held.append(chunk.subarray(this.#start, to));
  }

  /** Lets go of what is kept. */
  forget(): void {
    if (this.#held.length > 0) this.#held.drop(this.#held.length);
  }

  /** Bytes of the value up to `end` in the current piece. */
  bytesUpTo(end: number): number {
    return this.#held.length + end - this.#start;
  }

  /** The text of the value, which ends at `end` in the current piece. */
  text(chunk: Buffer, end: number): string {
    if (this.#held.length === 0) return chunk.toString('utf8', this.#start, end);
    this.hold(chunk, end);
    const text = this.#held.view().toString('utf8');
    this.forget();
    return text;
  }

  #ended(end: number): number {
    this.inString = false;
    return end;
  }

  #passScalar(chunk: Buffer, from: number, to: number): number {
    let at = from;
    for (; at < to && STOPS_SCALAR[chunk[at] as number] === 0; at++) {
      if (CLASS_OF[chunk[at] as number] === Class.digit) this.#countDigit(chunk[at] as number);
    }
    return at < to ? at : -1;
  }

  /** A double holds every number of 15 digits, and those of 16 below 2^53. */
  #countDigit(byte: number): void {
    if (this.#digits === 0) this.#firstDigit = byte;
    if (++this.#digits > 16 || (this.#digits === 16 && this.#firstDigit === NINE)) this.hasLongNumber = true;
  }
}
