import type { Buffer } from 'node:buffer';
import { Byte, IS_SPACE, STOPS_SCALAR } from './json-bytes.ts';
import { JsonValueScan } from './json-value-scan.ts';

/**
 * What to do with a value of a document, by where it stands. A value without a shape is passed over unread. A shape
 * with `take` is parsed alone and handed over; any other is entered and its parts are looked at one by one.
 */
export interface Shape {
  /** What to call such a value in a reason: `span`. */
  readonly noun?: string;
  /** Gets the parsed value and the key that it, or the array around it, stood under; says why it cannot be used, if it cannot. */
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
const MAX_DEPTH = 1024;
/** Larger values are passed over, so that memory stays bounded. */
const MAX_VALUE_BYTES = 64 * 1024 * 1024;

/** Where in the grammar the scanner is, outside of the values that it passes as a whole. */
const Expect = { top: 0, value: 1, firstValue: 2, key: 3, firstKey: 4, colon: 5, comma: 6, rest: 7 } as const;
type Expect = (typeof Expect)[keyof typeof Expect];
type Purpose = 'key' | 'take' | 'pass';

interface Frame {
  readonly shape: Shape;
  readonly isObject: boolean;
  /** The key it stands under. */
  readonly key: string;
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
  #purpose: Purpose = 'pass';
  readonly #value = new JsonValueScan();

  constructor(root: Shape, options: ScannerOptions) {
    this.#root = root;
    this.#options = options;
  }

  /** Between two values of the top level. */
  get isIdle(): boolean {
    return this.#expect === Expect.top;
  }

  get isInString(): boolean {
    return this.#expect === Expect.rest && this.#value.inString;
  }

  /** Forgets the value that was begun. */
  reset(): void {
    this.failed = false;
    this.#frames.length = 0;
    this.#expect = Expect.top;
    this.#value.forget();
  }

  /** Reads `chunk[from … to)`; `base` is the offset of `chunk[0]` in the document. Keeps no reference to the chunk. */
  feed(chunk: Buffer, from: number, to: number, base: number): void {
    let at = from;
    this.#value.resume(from);
    while (at < to && !this.failed) {
      if (this.#expect === Expect.rest) {
        at = this.#pass(chunk, at, to);
        continue;
      }
      while (at < to && IS_SPACE[chunk[at] as number] === 1) at++;
      if (at < to) at = this.#step(chunk, at, base);
    }
  }

  #pass(chunk: Buffer, from: number, to: number): number {
    const end = this.#value.pass(chunk, from, to);
    if (end >= 0) {
      this.#finish(chunk, end);
      return end;
    }
    if (this.#purpose === 'pass') return to;
    if (this.#value.bytesUpTo(to) > MAX_VALUE_BYTES) this.#refuseSize();
    else this.#value.hold(chunk, to);
    return to;
  }

  #step(chunk: Buffer, at: number, base: number): number {
    const byte = chunk[at] as number;
    switch (this.#expect) {
      case Expect.top:
        if (byte !== Byte.openBrace && byte !== Byte.openBracket) return this.#fail(base + at, at);
        this.#key = '';
        this.#shape = this.#root;
        return this.#begin(chunk, at, base);
      case Expect.firstValue:
      case Expect.value:
        if (byte === Byte.closeBracket && this.#expect === Expect.firstValue) return this.#leave(at);
        return this.#begin(chunk, at, base);
      case Expect.firstKey:
      case Expect.key:
        if (byte === Byte.quote) return this.#startValue('key', chunk, at, base);
        if (byte === Byte.closeBrace && this.#expect === Expect.firstKey) return this.#leave(at);
        return this.#fail(base + at, at);
      case Expect.colon:
        if (byte !== Byte.colon) return this.#fail(base + at, at);
        this.#expect = Expect.value;
        return at + 1;
      default:
        return this.#afterValue(byte, at, base);
    }
  }

  #afterValue(byte: number, at: number, base: number): number {
    const frame = this.#frames.at(-1) as Frame;
    if (byte === (frame.isObject ? Byte.closeBrace : Byte.closeBracket)) return this.#leave(at);
    if (byte !== Byte.comma) return this.#fail(base + at, at);
    this.#expect = frame.isObject ? Expect.key : Expect.value;
    if (!frame.isObject) {
      this.#shape = frame.shape.elements;
      this.#key = frame.key;
    }
    return at + 1;
  }

  #leave(at: number): number {
    this.#frames.pop();
    this.#endValue();
    return at + 1;
  }

  #endValue(): void {
    this.#expect = this.#frames.length === 0 ? Expect.top : Expect.comma;
    if (this.#frames.length === 0) this.values++;
  }

  #fail(byte: number, at: number): number {
    this.failed = true;
    this.#options.onSkip('not JSON from here on', byte);
    return at;
  }

  /** A value begins: enters it, or starts to pass it. */
  #begin(chunk: Buffer, at: number, base: number): number {
    const shape = this.#shape;
    if (shape === undefined) return this.#startValue('pass', chunk, at, base);
    if (shape.take !== undefined) return this.#startValue('take', chunk, at, base);
    const byte = chunk[at];
    const isObject = byte === Byte.openBrace && (shape.members !== undefined || shape.anyMember !== undefined);
    const isArray = byte === Byte.openBracket && shape.elements !== undefined;
    if (!isObject && !isArray) {
      // null is a way to say nothing.
      if (byte !== Byte.n) this.#options.onSkip(`unexpected value of "${this.#key.slice(0, 40)}"`, base + at);
      return this.#startValue('pass', chunk, at, base);
    }
    this.#frames.push({ shape, isObject, key: this.#key });
    if (isObject) shape.open?.();
    else this.#shape = shape.elements;
    this.#expect = isObject ? Expect.firstKey : Expect.firstValue;
    return at + 1;
  }

  #startValue(purpose: Purpose, chunk: Buffer, at: number, base: number): number {
    const byte = chunk[at] as number;
    const canBegin = byte === Byte.openBrace || byte === Byte.openBracket || byte === Byte.quote;
    if (!canBegin && STOPS_SCALAR[byte] === 1) return this.#fail(base + at, at);
    this.#expect = Expect.rest;
    this.#purpose = purpose;
    this.#value.begin(chunk, at, base + at);
    return at;
  }

  #finish(chunk: Buffer, end: number): void {
    if (this.#purpose === 'key') {
      this.#finishKey(chunk, end);
      return;
    }
    if (this.#purpose === 'take') this.#finishTaken(chunk, end);
    this.#endValue();
  }

  #finishKey(chunk: Buffer, end: number): void {
    const parsed = this.#parse(chunk, end);
    if (typeof parsed?.value !== 'string') {
      this.#fail(this.#value.startByte, end);
      return;
    }
    const { shape } = this.#frames.at(-1) as Frame;
    this.#key = parsed.value;
    this.#shape = shape.members?.get(this.#key) ?? shape.anyMember;
    this.#expect = Expect.colon;
  }

  #finishTaken(chunk: Buffer, end: number): void {
    if (this.#value.deepest > MAX_DEPTH) this.#refuse(`is nested more than ${MAX_DEPTH} levels deep`);
    else if (this.#value.bytesUpTo(end) > MAX_VALUE_BYTES) this.#refuseSize();
    else {
      const parsed = this.#parse(chunk, end);
      if (parsed === undefined) this.#refuse('is not valid JSON');
      else {
        const reason = this.#shape?.take?.(parsed.value, this.#key);
        if (reason !== undefined) this.#options.onSkip(reason, this.#value.startByte);
      }
    }
  }

  #refuseSize(): void {
    if (this.#purpose === 'key') this.failed = true;
    this.#refuse(`is larger than ${MAX_VALUE_BYTES / 1024 / 1024} MiB`);
    this.#purpose = 'pass';
  }

  #refuse(why: string): void {
    const noun = this.#purpose === 'key' ? 'key' : (this.#shape?.noun ?? 'value');
    this.#options.onSkip(`a ${noun} ${why}`, this.#value.startByte);
    this.#value.forget();
  }

  #parse(chunk: Buffer, end: number): { readonly value: unknown } | undefined {
    const text = this.#value.text(chunk, end);
    try {
      return { value: JSON.parse(this.#value.hasLongNumber ? this.#options.quoteNumbers(text) : text) };
    } catch {
      return undefined;
    }
  }
}
