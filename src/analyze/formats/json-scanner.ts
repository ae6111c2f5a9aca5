import { Buffer } from 'node:buffer';

/**
 * What to do with a value of a document, by where it stands. A value without a shape is passed over unread. A shape
 * with `take` is parsed alone and handed over; any other is entered and its parts are looked at one by one.
 */
export interface Shape {
  /** What to call such a value in a reason: `span`. */
  readonly noun?: string;
  /** Gets the parsed value and the key it stood under; says why it cannot be used, if it cannot. */
  readonly take?: (value: unknown, key: string) => string | undefined;
  /** Shapes of an object's members. */
  readonly members?: ReadonlyMap<string, Shape>;
  /** The shape of every other member. */
  readonly anyMember?: Shape;
  /** The shape of an array's elements. */
  readonly elements?: Shape;
  /** Called when an object of this shape begins. */
  readonly open?: () => void;
}

export interface ScannerOptions {
  /** Applied to a value's text before `JSON.parse` where it holds a number too long for a double. */
  readonly quoteNumbers: (text: string) => string;
  readonly onSkip: (reason: string, byte: number) => void;
}

/** Deeper values are passed over: what is read must be safe to walk and to write again. */
export const MAX_DEPTH = 1024;
/** Larger values are passed over, so that memory stays bounded. */
export const MAX_VALUE_BYTES = 64 * 1024 * 1024;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const NINE = 0x39;

/** What a byte means outside of strings. */
const Class = { other: 0, digit: 1, dot: 2, quote: 3, open: 4, close: 5 } as const;
const CLASS_OF = byteTable([
  ['0123456789', Class.digit],
  ['.', Class.dot],
  ['"', Class.quote],
  ['{[', Class.open],
  ['}]', Class.close],
]);
/** Bytes that a string does not simply run over. */
const STOPS_STRING = byteTable([['"\\', 1]]);
const STOPS_SCALAR = byteTable([[' \t\r\n,:{}[]"', 1]]);
const IS_SPACE = byteTable([[' \t\r\n', 1]]);

function byteTable(classes: readonly (readonly [string, number])[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const [bytes, value] of classes) for (const byte of Buffer.from(bytes)) table[byte] = value;
  return table;
}

/** Where in the grammar the scanner is, outside of the values that it passes as a whole. */
const Expect = { top: 0, value: 1, firstValue: 2, key: 3, firstKey: 4, colon: 5, comma: 6, rest: 7 } as const;
type Expect = (typeof Expect)[keyof typeof Expect];
type Purpose = 'key' | 'take' | 'pass';

interface Frame {
  readonly shape: Shape;
  readonly isObject: boolean;
}

/**
 * Walks JSON text that comes in pieces, one or more values after one another, and takes out of it what the shapes ask
 * for. It knows the outline of the document only; what it takes is checked by `JSON.parse`, what it passes is not.
 */
export class JsonScanner {
  /** The document went wrong at some byte; nothing is read until `reset`. */
  failed = false;
  /** Values of the top level that are complete. */
  values = 0;
  readonly #root: Shape;
  readonly #options: ScannerOptions;
  readonly #frames: Frame[] = [];
  #expect: Expect = Expect.top;
  #key = '';
  #shape: Shape | undefined;
  // The value being passed or taken:
  #purpose: Purpose = 'pass';
  #isScalar = false;
  #inString = false;
  #isEscaped = false;
  #depth = 0;
  #deepest = 0;
  #digits = 0;
  #firstDigit = 0;
  #hasLongNumber = false;
  /** Offset of its first byte in the document. */
  #valueByte = 0;
  /** Where it begins in the current chunk. */
  #start = 0;
  readonly #held: Buffer[] = [];
  #heldBytes = 0;

  constructor(root: Shape, options: ScannerOptions) {
    this.#root = root;
    this.#options = options;
  }

  /** Between two values of the top level. */
  get isIdle(): boolean {
    return this.#expect === Expect.top;
  }

  get isInString(): boolean {
    return this.#expect === Expect.rest && this.#inString;
  }

  /** Forgets the value that was begun. */
  reset(): void {
    this.failed = false;
    this.#frames.length = 0;
    this.#expect = Expect.top;
    this.#clearHeld();
  }

  /** Reads `chunk[from … to)`; `base` is the offset of `chunk[0]` in the document. Keeps no reference to the chunk. */
  feed(chunk: Buffer, from: number, to: number, base: number): void {
    let at = from;
    this.#start = from;
    while (at < to && !this.failed) {
      at = this.#expect === Expect.rest ? this.#pass(chunk, at, to) : this.#step(chunk, at, base);
    }
    if (this.#expect === Expect.rest && this.#purpose !== 'pass' && !this.failed)
      this.#hold(chunk.subarray(this.#start, to));
  }

  #step(chunk: Buffer, at: number, base: number): number {
    const byte = chunk[at] as number;
    if (IS_SPACE[byte] === 1) return at + 1;
    switch (this.#expect) {
      case Expect.top:
        if (byte !== OPEN_BRACE && byte !== OPEN_BRACKET) return this.#fail(base + at);
        this.#key = '';
        this.#shape = this.#root;
        return this.#begin(byte, at, base);
      case Expect.firstValue:
      case Expect.value:
        if (byte === CLOSE_BRACKET && this.#expect === Expect.firstValue) return this.#leave(at);
        return this.#begin(byte, at, base);
      case Expect.firstKey:
      case Expect.key:
        if (byte === QUOTE) return this.#startValue('key', byte, at, base);
        if (byte === CLOSE_BRACE && this.#expect === Expect.firstKey) return this.#leave(at);
        return this.#fail(base + at);
      case Expect.colon:
        if (byte !== COLON) return this.#fail(base + at);
        this.#expect = Expect.value;
        return at + 1;
      default:
        return this.#afterValue(byte, at, base);
    }
  }

  #afterValue(byte: number, at: number, base: number): number {
    const frame = this.#frames.at(-1) as Frame;
    if (byte === (frame.isObject ? CLOSE_BRACE : CLOSE_BRACKET)) return this.#leave(at);
    if (byte !== COMMA) return this.#fail(base + at);
    this.#expect = frame.isObject ? Expect.key : Expect.value;
    if (!frame.isObject) this.#shape = frame.shape.elements;
    return at + 1;
  }

  #leave(at: number): number {
    this.#frames.pop();
    this.#endValue();
    return at + 1;
  }

  #fail(byte: number): number {
    this.failed = true;
    this.#options.onSkip('not JSON from here on', byte);
    return Number.POSITIVE_INFINITY;
  }

  /** A value begins: enters it, or starts to pass it. */
  #begin(byte: number, at: number, base: number): number {
    const shape = this.#shape;
    if (shape === undefined) return this.#startValue('pass', byte, at, base);
    if (shape.take !== undefined) return this.#startValue('take', byte, at, base);
    const isObject = byte === OPEN_BRACE && (shape.members !== undefined || shape.anyMember !== undefined);
    const isArray = byte === OPEN_BRACKET && shape.elements !== undefined;
    if (!isObject && !isArray) {
      // null is a way to say nothing.
      if (byte !== 0x6e) this.#options.onSkip(`unexpected value of "${this.#key.slice(0, 40)}"`, base + at);
      return this.#startValue('pass', byte, at, base);
    }
    this.#frames.push({ shape, isObject });
    if (isObject) shape.open?.();
    else this.#shape = shape.elements;
    this.#expect = isObject ? Expect.firstKey : Expect.firstValue;
    return at + 1;
  }

  #startValue(purpose: Purpose, byte: number, at: number, base: number): number {
    const isContainer = byte === OPEN_BRACE || byte === OPEN_BRACKET;
    const isScalar = !isContainer && byte !== QUOTE;
    if (isScalar && STOPS_SCALAR[byte] === 1) return this.#fail(base + at);
    this.#expect = Expect.rest;
    this.#purpose = purpose;
    this.#isScalar = isScalar;
    this.#inString = byte === QUOTE;
    this.#isEscaped = false;
    this.#depth = 0;
    this.#deepest = 0;
    this.#digits = 0;
    this.#hasLongNumber = false;
    this.#valueByte = base + at;
    this.#start = at;
    return this.#inString ? at + 1 : at;
  }

  /** Goes on to the end of the value, or of what there is of it. */
  #pass(chunk: Buffer, from: number, to: number): number {
    if (this.#isScalar) return this.#passScalar(chunk, from, to);
    let at = from;
    let inString = this.#inString;
    let depth = this.#depth;
    if (this.#isEscaped) at++;
    while (at < to) {
      if (inString) {
        while (at < to && STOPS_STRING[chunk[at] as number] === 0) at++;
        if (at >= to) break;
        if (chunk[at] === BACKSLASH) {
          at += 2;
          continue;
        }
        at++;
        inString = false;
        if (depth === 0) return this.#finish(chunk, at);
        continue;
      }
      const byte = chunk[at++] as number;
      const kind = CLASS_OF[byte];
      if (kind === Class.other) this.#digits = 0;
      else if (kind === Class.quote) inString = true;
      else if (kind === Class.open) {
        if (++depth > this.#deepest) this.#deepest = depth;
      } else if (kind === Class.close) {
        if (--depth === 0) return this.#finish(chunk, at);
      } else if (kind === Class.digit) this.#countDigit(byte);
    }
    this.#isEscaped = at > to;
    this.#inString = inString;
    this.#depth = depth;
    return to;
  }

  #passScalar(chunk: Buffer, from: number, to: number): number {
    let at = from;
    for (; at < to && STOPS_SCALAR[chunk[at] as number] === 0; at++) {
      if (CLASS_OF[chunk[at] as number] === Class.digit) this.#countDigit(chunk[at] as number);
    }
    return at < to ? this.#finish(chunk, at) : to;
  }

  /** A double holds every number of 15 digits, and those of 16 below 2^53. */
  #countDigit(byte: number): void {
    if (this.#digits === 0) this.#firstDigit = byte;
    if (++this.#digits > 16 || (this.#digits === 16 && this.#firstDigit === NINE)) this.#hasLongNumber = true;
  }

  #hold(piece: Uint8Array): void {
    this.#heldBytes += piece.length;
    if (this.#heldBytes <= MAX_VALUE_BYTES) {
      this.#held.push(Buffer.from(piece));
      return;
    }
    this.#refuse(`is larger than ${MAX_VALUE_BYTES / 1024 / 1024} MiB`);
  }

  #refuse(why: string): void {
    const noun = this.#purpose === 'key' ? 'key' : (this.#shape?.noun ?? 'value');
    this.#options.onSkip(`a ${noun} ${why}`, this.#valueByte);
    if (this.#purpose === 'key') this.failed = true;
    this.#purpose = 'pass';
    this.#clearHeld();
  }

  #clearHeld(): void {
    this.#held.length = 0;
    this.#heldBytes = 0;
  }

  #finish(chunk: Buffer, end: number): number {
    const purpose = this.#purpose;
    if (purpose === 'key') this.#finishKey(chunk, end);
    else {
      if (purpose === 'take') this.#finishTaken(chunk, end);
      this.#endValue();
    }
    return end;
  }

  #endValue(): void {
    this.#expect = this.#frames.length === 0 ? Expect.top : Expect.comma;
    if (this.#frames.length === 0) this.values++;
  }

  #finishKey(chunk: Buffer, end: number): void {
    const parsed = this.#parse(chunk, end);
    if (typeof parsed?.value !== 'string') {
      this.#fail(this.#valueByte);
      return;
    }
    const { shape } = this.#frames.at(-1) as Frame;
    this.#key = parsed.value;
    this.#shape = shape.members?.get(this.#key) ?? shape.anyMember;
    this.#expect = Expect.colon;
  }

  #finishTaken(chunk: Buffer, end: number): void {
    if (this.#deepest > MAX_DEPTH) return this.#refuse(`is nested more than ${MAX_DEPTH} levels deep`);
    if (this.#heldBytes + end - this.#start > MAX_VALUE_BYTES) return this.#hold(chunk.subarray(this.#start, end));
    const parsed = this.#parse(chunk, end);
    if (parsed === undefined) return this.#refuse('is not valid JSON');
    const reason = this.#shape?.take?.(parsed.value, this.#key);
    if (reason !== undefined) this.#options.onSkip(reason, this.#valueByte);
  }

  #parse(chunk: Buffer, end: number): { readonly value: unknown } | undefined {
    let text: string;
    if (this.#held.length === 0) text = chunk.toString('utf8', this.#start, end);
    else {
      text = Buffer.concat([...this.#held, chunk.subarray(this.#start, end)]).toString('utf8');
      this.#clearHeld();
    }
    try {
      return { value: JSON.parse(this.#hasLongNumber ? this.#options.quoteNumbers(text) : text) };
    } catch {
      return undefined;
    }
  }
}
