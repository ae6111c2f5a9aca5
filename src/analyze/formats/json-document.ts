import { Buffer } from 'node:buffer';
import type { FormatReader } from './format.ts';
import { JsonScanner, type Shape } from './json-scanner.ts';
import type { SkipLog } from './skip-log.ts';

export interface JsonDocumentOptions {
  /** See `ScannerOptions`. */
  readonly quoteNumbers: (text: string) => string;
  /** First keys of a document: a line that begins with one of them begins a value, whatever came before. */
  readonly lineKeys: readonly string[];
}

const NEWLINE = 0x0a;
const OPEN_BRACE = 0x7b;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/**
 * Reads a document of one or more JSON values. If the first value ends with its line, the document is taken for one
 * value a line, which helps after an accident (a line that a crash cut short, with the next one behind it): the next
 * line begins anew. If the first line itself was cut short, the second one tells that by its first key.
 */
export class JsonDocument implements FormatReader {
  readonly #scanner: JsonScanner;
  readonly #log: SkipLog;
  readonly #lineStarts: readonly Buffer[];
  #mode: 'unknown' | 'lines' | 'whole' = 'unknown';
  #line = 1;
  /** Offset in the document of the next chunk. */
  #offset = 0;
  /** After a line that ended inside a value: the bytes of the next one, until they tell whether the value goes on. */
  #probe: number[] | undefined;

  constructor(root: Shape, log: SkipLog, options: JsonDocumentOptions) {
    const onSkip = (reason: string, byte: number) => log.skip(reason, byte);
    this.#scanner = new JsonScanner(root, { quoteNumbers: options.quoteNumbers, onSkip });
    this.#log = log;
    this.#lineStarts = options.lineKeys.map((key) => Buffer.from(`\n{"${key}"`));
  }

  write(bytes: Uint8Array): void {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = this.#passByteOrderMark(chunk);
    while (at < chunk.length) {
      if (this.#probe !== undefined) {
        at = this.#look(chunk, at);
        continue;
      }
      const newline = this.#mode === 'whole' ? -1 : chunk.indexOf(NEWLINE, at);
      const end = newline < 0 ? chunk.length : newline;
      this.#scanner.feed(chunk, at, end, this.#offset);
      if (newline >= 0) this.#endLine(this.#offset + newline);
      at = end + 1;
    }
    this.#offset += chunk.length;
  }

  end(): { readonly cut: boolean } {
    this.#feedProbe(this.#offset);
    const { failed, isIdle } = this.#scanner;
    const cut = !isIdle && !(failed && this.#mode === 'lines');
    if (cut && !failed) this.#log.skip('the document ends in the middle', this.#offset);
    return { cut };
  }

  #passByteOrderMark(chunk: Buffer): number {
    let at = 0;
    while (this.#offset + at < BYTE_ORDER_MARK.length && chunk[at] === BYTE_ORDER_MARK[this.#offset + at]) at++;
    return at;
  }

  #endLine(byte: number): void {
    const { failed, isIdle, isInString, values } = this.#scanner;
    const isOpen = !isIdle && !failed;
    if (this.#mode === 'unknown' && isIdle && values > 0) this.#startLines();
    this.#line++;
    if (this.#mode === 'lines' && failed) this.#scanner.reset();
    else if (this.#mode === 'lines' && isInString) this.#dropLine(byte);
    else if (isOpen) this.#probe = [NEWLINE];
    else if (failed) this.#mode = 'whole';
    if (this.#probe === undefined) this.#log.line &&= this.#line;
  }

  #startLines(): void {
    this.#mode = 'lines';
    this.#log.line = this.#line;
  }

  /** Whether the line that begins here is a new value although the one before is not complete. */
  #look(chunk: Buffer, at: number): number {
    const probe = this.#probe as number[];
    probe.push(chunk[at] as number);
    const next = this.#offset + at + 1;
    const candidates = this.#lineStarts.filter((start) => start.indexOf(Buffer.from(probe)) === 0);
    if (
      this.#mode === 'unknown' &&
      candidates.length > 0 &&
      !candidates.some(({ length }) => length === probe.length)
    ) {
      return at + 1;
    }
    const isNew = this.#mode === 'lines' ? chunk[at] === OPEN_BRACE : candidates.length > 0;
    if (isNew) {
      this.#log.line ??= this.#line - 1;
      this.#dropLine(next - probe.length);
      this.#mode = 'lines';
    } else if (this.#mode === 'unknown') this.#mode = 'whole';
    this.#log.line &&= this.#line;
    this.#feedProbe(next);
    return at + 1;
  }

  /** Gives the bytes that were held back, which end before offset `next`, to the scanner. */
  #feedProbe(next: number): void {
    const held = Buffer.from(this.#probe ?? []);
    this.#probe = undefined;
    this.#scanner.feed(held, 0, held.length, next - held.length);
  }

  #dropLine(byte: number): void {
    this.#log.skip('a line ends in the middle', byte);
    this.#scanner.reset();
  }
}
