import { closeSync, lstatSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { telemetryFailed } from '../telemetry-errors.ts';
import { spoolNames } from './spool-files.ts';

/** After a failure the disk is left alone for so long: it is full, or read-only, and will be for a while. */
const RETRY_MS = 5000;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where spans are kept until they are delivered, the best place first; none where that is switched off.
 * `TRACE_ANALYZE_SPOOL` (a directory, or `off`) wins over the option.
 */
export function spoolDirectories(option: string | false | undefined, env: Environment): readonly string[] {
  const chosen = env.TRACE_ANALYZE_SPOOL?.trim() || option;
  if (chosen === false || chosen === 'off') return [];
  // A program may go to another directory later.
  if (chosen) return [resolve(chosen)];
  const user = process.getuid?.() ?? 0;
  return [...stateDirectory(env), join(tmpdir(), `trace-analyze-${user}`, 'spool')];
}

function stateDirectory(env: Environment): string[] {
  const base = process.platform === 'win32' ? env.LOCALAPPDATA : env.XDG_STATE_HOME;
  if (base) return [join(base, 'trace-analyze', 'spool')];
  try {
    return [join(homedir(), '.local', 'state', 'trace-analyze', 'spool')];
  } catch {
    return [];
  }
}

/** One file of the spool while it is written. */
export interface Segment {
  readonly path: string;
  /** Bytes on disk. */
  readonly size: number;
  /** Whether the line is on its way to the disk: it survives this process, whatever becomes of that. */
  write(line: string): boolean;
  close(): void;
}

/** Makes the files of one thread. Never throws: a disk that fails is counted, and the spans stay in memory. */
export class Spool {
  readonly #directories: readonly string[];
  readonly #nextName: () => string;
  #directory: string | undefined;
  #failedAt = Number.NEGATIVE_INFINITY;

  constructor(directories: readonly string[], endpoint: string) {
    this.#directories = directories;
    this.#nextName = spoolNames(endpoint);
  }

  /** Undefined where nothing can be written now. */
  open(): Segment | undefined {
    if (this.#directories.length === 0 || performance.now() - this.#failedAt < RETRY_MS) return undefined;
    for (const directory of this.#directory === undefined ? this.#directories : [this.#directory]) {
      try {
        return this.#openIn(directory);
      } catch (error) {
        this.#directory = undefined;
        this.#failed(error);
      }
    }
    return undefined;
  }

  #openIn(directory: string): Segment {
    if (this.#directory === undefined) makeDirectory(directory);
    const path = join(directory, this.#nextName());
    // Never follows a link, and never opens what is there already.
    const file = openSync(path, 'ax', 0o600);
    this.#directory = directory;
    return new OpenSegment(path, file, (error) => this.#failed(error));
  }

  #failed(error: unknown): void {
    this.#failedAt = performance.now();
    telemetryFailed(error);
  }
}

/** For the owner alone. One that somebody else has made in a place open to all is not used. */
function makeDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (!path.startsWith(tmpdir())) return;
  const { uid } = lstatSync(path);
  const user = process.getuid?.();
  if (user !== undefined && uid !== user) throw new Error(`${path} belongs to somebody else`);
}

class OpenSegment implements Segment {
  readonly path: string;
  size = 0;
  readonly #onError: (error: unknown) => void;
  #file: number | undefined;

  constructor(path: string, file: number, onError: (error: unknown) => void) {
    this.path = path;
    this.#file = file;
    this.#onError = onError;
  }

  write(line: string): boolean {
    if (this.#file === undefined) return false;
    try {
      const written = writeSync(this.#file, line);
      this.size += written;
      if (written === Buffer.byteLength(line)) return true;
      throw new Error('the disk took only a part of a line');
    } catch (error) {
      // The next line would continue a broken one.
      this.close();
      this.#onError(error);
      return false;
    }
  }

  close(): void {
    if (this.#file === undefined) return;
    const file = this.#file;
    this.#file = undefined;
    try {
      closeSync(file);
    } catch (error) {
      this.#onError(error);
    }
  }
}
