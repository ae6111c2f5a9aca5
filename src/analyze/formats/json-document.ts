import { Buffer } from 'node:buffer';
import { JsonScanner, type ScannerOptions, type Shape } from './json-scanner.ts';
import type { SkipLog } from './skip-log.ts';

export interface JsonDocument {
  write(chunk: Uint8Array): void;
  /** Whether the document ended, or went wrong, inside a value. */
  end(): { readonly cut: boolean };
}

const NEWLINE = 0x0a;
const OPEN_BRACE = 0x7b;

/**
 * Reads a document of one or more JSON values. If the first value ends with its line, the document is taken for one
 * value a line, which helps after an accident (a line that a crash cut short, with the next one behind it): the next
 * line begins anew. `startsInLines` says that this is known already.
 */
export function createJsonDocument(
  root: Shape,
  log: SkipLog,
  options: { readonly quoteNumbers: ScannerOptions['quoteNumbers']; readonly startsInLines: boolean },
): JsonDocument {
  const scanner = new JsonScanner(root, { quoteNumbers: options.quoteNumbers, onSkip: log.skip.bind(log) });
  let mode: 'unknown' | 'lines' | 'whole' = options.startsInLines ? 'lines' : 'unknown';
  let line = 1;
  let offset = 0;
  /** A line ended inside a value: the next byte tells whether the value goes on. */
  let isAfterOpenLine = false;
  if (mode === 'lines') log.line = line;

  function endLine(byte: number): void {
    if (mode === 'unknown' && !scanner.isIdle) mode = scanner.isInString ? 'lines' : 'whole';
    else if (mode === 'unknown' && scanner.values > 0) mode = 'lines';
    if (mode !== 'lines') return;
    log.line ??= line;
    if (scanner.failed) scanner.reset();
    else if (scanner.isInString) dropLine(byte);
    else isAfterOpenLine = !scanner.isIdle;
    if (!isAfterOpenLine) log.line = line + 1;
  }

  function dropLine(byte: number): void {
    log.skip('a line that ends in the middle', byte);
    scanner.reset();
  }

  function write(bytes: Uint8Array): void {
    const chunk = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    while (at < chunk.length) {
      if (isAfterOpenLine) {
        if (chunk[at] === OPEN_BRACE) dropLine(offset + at);
        log.line = line;
        isAfterOpenLine = false;
      }
      const newline = mode === 'whole' ? -1 : chunk.indexOf(NEWLINE, at);
      const end = newline < 0 ? chunk.length : newline;
      scanner.feed(chunk, at, end, offset);
      if (newline >= 0) {
        endLine(offset + newline);
        line++;
      }
      at = end + (newline < 0 ? 0 : 1);
    }
    offset += chunk.length;
  }

  return {
    write,
    end() {
      const cut = !scanner.isIdle && !(scanner.failed && mode === 'lines');
      if (cut && !scanner.failed) log.skip('the document ends in the middle', offset);
      return { cut };
    },
  };
}
