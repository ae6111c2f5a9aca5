import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, realpathSync, statSync, writeSync } from 'node:fs';
import type { OtlpTraces } from '../analyze/formats/otlp-types.ts';
import { InputError, systemCode } from '../analyze/model/errors.ts';
import { ReceiverError } from './receiver-error.ts';
import { LINE_START, repairTail, type TailRepair } from './torn-tail.ts';
import { lockWriter, type WriterLock } from './writer-lock.ts';

/** Where received spans are kept: OTLP JSON, one request a line, in the order of arrival. */
export interface SpanFile {
  readonly path: string;
  /** What was found at the end of the file when it was opened. */
  readonly repaired: TailRepair;
  /**
   * Keeps one request. When it returns, the line survives the end of this process, however it ends (not a loss of
   * power). Throws `ReceiverError` if it could not be kept: then nothing of it is in the log. Throws `InputError` for
   * spans that cannot be written as JSON.
   */
  append(traces: OtlpTraces): void;
  /** Idempotent. */
  close(): void;
}

export interface SpanFileOptions {
  /** For tests: one attempt to write, which may write less than all. */
  readonly write?: (file: number, bytes: Uint8Array, offset: number) => number;
}

/**
 * Opens or makes a span log. What is there is kept, after a repair of its last line (see `repairTail`). Throws
 * `ReceiverError` if the file cannot be opened, holds something else, or has another writer.
 */
export function openSpanLog(path: string, options: SpanFileOptions = {}): SpanFile {
  const file = openFile(path);
  let lock: WriterLock | undefined;
  try {
    // One file may have several names; its lock must not.
    lock = lockWriter(realpathSync(path));
    const repaired = repairTail(file, path);
    return spanFile(path, file, lock, repaired, options.write ?? writeSync);
  } catch (error) {
    lock?.release();
    closeSync(file);
    throw error instanceof ReceiverError ? error : openError(path, error);
  }
}

function openFile(path: string): number {
  try {
    // Opening a pipe would wait for its reader, and neither it nor a device can be repaired or locked.
    if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) {
      throw new ReceiverError('TA1404', `${path} is not a regular file`, { fix: 'choose another file name' });
    }
    // Prompts and answers may be in there: readable by the owner alone.
    return openSync(path, 'a+', 0o600);
  } catch (error) {
    throw error instanceof ReceiverError ? error : openError(path, error);
  }
}

function spanFile(
  path: string,
  file: number,
  lock: WriterLock,
  repaired: TailRepair,
  write: NonNullable<SpanFileOptions['write']>,
): SpanFile {
  let open = true;
  /** Where the last whole line ends, while a broken one could not be removed from behind it. */
  let brokenFrom: number | undefined;
  const dropBroken = () => {
    if (brokenFrom === undefined) return;
    ftruncateSync(file, brokenFrom);
    brokenFrom = undefined;
  };
  return {
    path,
    repaired,
    append: (traces) => {
      if (!open) throw new ReceiverError('TA1403', `${path} is closed`);
      const line = lineOf(traces);
      try {
        dropBroken();
        const { size, nlink } = fstatSync(file);
        if (nlink === 0) throw new Error('the file was deleted');
        brokenFrom = size;
        writeWhole(file, line, write);
        brokenFrom = undefined;
      } catch (error) {
        try {
          dropBroken();
        } catch {
          // Tried again before the next line, and by the next one to open the file.
        }
        throw writeError(path, error);
      }
    },
    close: () => {
      if (!open) return;
      open = false;
      try {
        fsyncSync(file);
      } catch (error) {
        throw writeError(path, error);
      } finally {
        closeSync(file);
        lock.release();
      }
    },
  };
}

/** The kernel may take less than asked for (a signal, a disk nearly full); the rest is asked for again. */
function writeWhole(file: number, bytes: Uint8Array, write: NonNullable<SpanFileOptions['write']>): void {
  for (let offset = 0; offset < bytes.byteLength; ) {
    const written = write(file, bytes, offset);
    if (written === 0) throw new Error('nothing could be written');
    offset += written;
  }
}

/** One line with its newline. JSON escapes line feeds within strings, so there is no other. */
function lineOf(traces: OtlpTraces): Buffer {
  try {
    return Buffer.from(`${LINE_START}${JSON.stringify(traces.resourceSpans ?? [])}}\n`);
  } catch (error) {
    // JSON.stringify is recursive, JSON.parse is not: what was read may be too deep to write.
    if (!(error instanceof RangeError)) throw error;
    throw new InputError('TA1406', 'the spans are nested too deeply or too long to be written', { cause: error });
  }
}

function openError(path: string, error: unknown): ReceiverError {
  return new ReceiverError('TA1404', `cannot open ${path} for writing (${reason(error)})`, { cause: error });
}

function writeError(path: string, error: unknown): ReceiverError {
  const full = ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(systemCode(error) ?? '');
  return new ReceiverError('TA1403', `cannot write to ${path} (${reason(error)})`, {
    ...(full ? { fix: 'make room, or write to another disk' } : {}),
    cause: error,
  });
}

function reason(error: unknown): string {
  return systemCode(error) ?? (error instanceof Error ? error.message : String(error));
}
