import { lstatSync, readdirSync, readFileSync, renameSync, statSync, unlinkSync, utimesSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecoveryOptions } from './protocol.ts';
import { isAbandoned, parseSpoolName, type SpoolName, takenName } from './spool-files.ts';

interface SpoolFile {
  readonly directory: string;
  readonly path: string;
  readonly name: SpoolName;
  readonly touchedMs: number;
  readonly bytes: number;
}

/** A file of an earlier process that is ours now. */
export interface TakenFile {
  readonly path: string;
  readonly text: string;
}

/** What earlier processes left behind in a spool, one file at a time, the oldest first. Never throws. */
export class Recovery {
  readonly #options: RecoveryOptions;
  #files: SpoolFile[] | undefined;
  #trimmed = 0;
  /** Files of processes that run, or that are meant for another endpoint. */
  skipped = { running: 0, elsewhere: 0 };

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /** Spans that had to be deleted since this was asked last. */
  takeTrimmed(): number {
    const trimmed = this.#trimmed;
    this.#trimmed = 0;
    return trimmed;
  }

  /** Undefined where nothing is left. */
  next(): TakenFile | undefined {
    this.#files ??= this.#look();
    for (let file = this.#files.shift(); file !== undefined; file = this.#files.shift()) {
      const taken = take(file);
      if (taken !== undefined) return taken;
    }
    return undefined;
  }

  #look(): SpoolFile[] {
    const all = this.#options.directories.flatMap(filesIn);
    const abandoned = all.filter(({ name, touchedMs }) => isAbandoned(name, touchedMs));
    this.skipped.running = all.length - abandoned.length;
    abandoned.sort((a, b) => a.touchedMs - b.touchedMs);
    this.#trim(abandoned, all);
    const { endpoint } = this.#options;
    const meant = abandoned.filter(({ name }) => endpoint === undefined || name.endpoint === endpoint);
    this.skipped.elsewhere = abandoned.length - meant.length;
    return meant;
  }

  /** Deletes the oldest of what nobody holds, until everything is within its bounds. */
  #trim(abandoned: SpoolFile[], all: readonly SpoolFile[]): void {
    let bytes = all.reduce((sum, file) => sum + file.bytes, 0);
    while (bytes > this.#options.maxBytes && abandoned.length > 0) {
      const file = abandoned.shift()!;
      bytes -= file.bytes;
      const taken = take(file);
      if (taken === undefined) continue;
      this.#trimmed += linesOf(taken.text).length;
      remove(taken.path);
    }
  }
}

const MANY_FILES = 1000;

/** Whether a `Recovery` would find something to ship or to delete; for threads that must not be held up. */
export async function hasAbandoned({ directories, endpoint, maxBytes }: RecoveryOptions): Promise<boolean> {
  let bytes = 0;
  for (const directory of directories) {
    const files = await readdir(directory).catch(() => []);
    // To look at each would take too long here.
    if (files.length > MANY_FILES) return true;
    for (const file of files) {
      const name = parseSpoolName(file);
      const stat = name && statSync(join(directory, file), { throwIfNoEntry: false });
      if (name === undefined || stat === undefined) continue;
      bytes += stat.size;
      const isMeant = endpoint === undefined || name.endpoint === endpoint;
      if (bytes > maxBytes || (isMeant && isAbandoned(name, stat.mtimeMs))) return true;
    }
  }
  return false;
}

/** The last line of a process that was killed may be cut: it counts as a line. */
export function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

export function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Somebody was faster, or the directory is read-only now: then it is shipped again some day.
  }
}

/** Tells processes that cannot see this one that the file is in good hands. */
export function touch(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {
    // Gone: then there is nothing to be told.
  }
}

function filesIn(directory: string): SpoolFile[] {
  try {
    return readdirSync(directory).flatMap((file) => {
      const name = parseSpoolName(file);
      const path = join(directory, file);
      const stat = name === undefined ? undefined : lstatSync(path, { throwIfNoEntry: false });
      if (name === undefined || stat?.isFile() !== true || !isOurs(stat.uid)) return [];
      return [{ directory, path, name, touchedMs: stat.mtimeMs, bytes: stat.size }];
    });
  } catch {
    return [];
  }
}

/** In a directory open to all, others may put what they like. */
function isOurs(uid: number): boolean {
  const user = process.getuid?.();
  return user === undefined || user === 0 || uid === user;
}

/** Of two processes that want a file, one gets it. */
function take({ directory, path, name }: SpoolFile): TakenFile | undefined {
  const taken = join(directory, takenName(name));
  try {
    renameSync(path, taken);
    touch(taken);
    return { path: taken, text: readFileSync(taken, 'utf8') };
  } catch {
    return undefined;
  }
}
