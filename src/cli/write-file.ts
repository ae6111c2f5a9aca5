import { createWriteStream } from 'node:fs';
import { realpath, rename, rm, stat } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { UsageError } from './usage-error.ts';

/**
 * Writes a file by way of a temporary one beside it and a rename: whoever reads it sees the old content or all of the
 * new. Compressed where the name ends in `.gz`. What is no regular file (`/dev/stdout`, a pipe) is written to as it is.
 * Throws `UsageError` where the file cannot be written.
 */
export async function writeFileWhole(path: string, pieces: Iterable<string> | AsyncIterable<string>): Promise<void> {
  try {
    const target = await realTarget(path);
    if (target.isRegular) await replace(target.path, pieces, path.endsWith('.gz'));
    else await fill(createWriteStream(target.path), pieces, path.endsWith('.gz'));
  } catch (error) {
    throw isSystemError(error) ? unwritable(path, error) : error;
  }
}

/** Where a name leads, past symbolic links; a file that is not there yet is a regular one. */
async function realTarget(path: string): Promise<{ readonly path: string; readonly isRegular: boolean }> {
  try {
    const real = await realpath(path);
    return { path: real, isRegular: (await stat(real)).isFile() };
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return { path, isRegular: true };
    throw error;
  }
}

async function replace(path: string, pieces: Iterable<string> | AsyncIterable<string>, gzip: boolean): Promise<void> {
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    await fill(createWriteStream(unfinished, { flags: 'wx', mode: 0o600 }), pieces, gzip);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

async function fill(file: Writable, pieces: Iterable<string> | AsyncIterable<string>, gzip: boolean): Promise<void> {
  if (gzip) await pipeline(pieces, createGzip(), file);
  else await pipeline(pieces, file);
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';
}

export function unwritable(path: string, error: NodeJS.ErrnoException): UsageError {
  return new UsageError(`cannot write ${path} (${error.code})`, {
    code: 'TA1103',
    fix: 'check the folder and its permissions, or choose another file',
  });
}
