import { constants } from 'node:buffer';
import { fstatSync, ftruncateSync, readSync, writeSync } from 'node:fs';
import { ReceiverError } from './receiver-error.ts';

/** How every line of a span log begins. */
export const LINE_START = '{"resourceSpans":';

const BLOCK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** What was done about a last line without a newline. */
export type TailRepair = 'none' | 'cut' | 'completed';

/**
 * Repairs what a crash in the middle of a write leaves: a last line without its newline is cut off if it is not whole
 * (its sender was never told of success), and completed otherwise. Throws `ReceiverError` rather than change a file
 * that holds something else. `file` is open for reading and appending, and locked.
 */
export function repairTail(file: number, path: string): TailRepair {
  const { size } = fstatSync(file);
  if (size === 0) return 'none';
  checkHead(file, path, size);
  const start = lastLineStart(file, size);
  if (start === size) return 'none';
  // Longer than any line of ours, which come from strings: whole or not, it is not for us to cut.
  if (size - start > constants.MAX_STRING_LENGTH) throw foreignError(path);
  const tail = readAt(file, start, size - start);
  if (isWhole(tail)) {
    writeSync(file, '\n');
    return 'completed';
  }
  if (!isOurs(tail)) throw foreignError(path);
  ftruncateSync(file, start);
  return 'cut';
}

function checkHead(file: number, path: string, size: number): void {
  const head = readAt(file, 0, Math.min(size, 256));
  // No line break: a document over many lines cannot be added to.
  const spaced = /^\{[ \t]*"resourceSpans"[ \t]*:/.test(head.toString('latin1'));
  if (!spaced && !isOurs(head)) throw foreignError(path);
}

/** Text that a cut line of ours may be. After a loss of power, a file may also end in zeros that were never written. */
function isOurs(tail: Buffer): boolean {
  const start = tail.subarray(0, LINE_START.length).toString('latin1').replace(/\0+$/, '');
  return LINE_START.startsWith(start);
}

function isWhole(tail: Buffer): boolean {
  try {
    const value: unknown = JSON.parse(tail.toString('utf8'));
    return typeof value === 'object' && value !== null && 'resourceSpans' in value;
  } catch {
    return false;
  }
}

/** Offset just behind the last newline. */
function lastLineStart(file: number, size: number): number {
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - BLOCK_BYTES);
    const at = readAt(file, start, end - start).lastIndexOf(NEWLINE);
    if (at >= 0) return start + at + 1;
    end = start;
  }
  return 0;
}

function readAt(file: number, position: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const bytes = readSync(file, buffer, filled, length - filled, position + filled);
    if (bytes === 0) break;
    filled += bytes;
  }
  return buffer.subarray(0, filled);
}

function foreignError(path: string): ReceiverError {
  return new ReceiverError('TA1404', `${path} is not a file of OTLP JSON lines`, {
    why: 'spans are only ever added to a file of their own',
    fix: 'choose a new file name',
  });
}
