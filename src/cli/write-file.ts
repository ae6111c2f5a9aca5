import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { UsageError } from './usage-error.ts';

/**
 * Writes a file by way of a temporary one beside it and a rename: whoever reads it sees the old content or all of the
 * new. Compressed where the name ends in `.gz`. Throws `UsageError` where the file cannot be written.
 */
export async function writeFileWhole(path: string, pieces: Iterable<string> | AsyncIterable<string>): Promise<void> {
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    const file = createWriteStream(unfinished, { flags: 'wx', mode: 0o600 });
    // One time stamp for all: equal content gives equal bytes (the header's own is 0 in Node).
    if (path.endsWith('.gz')) await pipeline(pieces, createGzip(), file);
    else await pipeline(pieces, file);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw isSystemError(error) ? unwritable(path, error) : error;
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';
}

function unwritable(path: string, error: NodeJS.ErrnoException): UsageError {
  return new UsageError(`cannot write ${path} (${error.code})`, {
    code: 'TA1103',
    fix: 'check the folder and its permissions, or choose another file',
  });
}
