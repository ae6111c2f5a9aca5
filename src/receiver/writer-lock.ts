import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { systemCode } from '../analyze/model/errors.ts';
import { ReceiverError } from './receiver-error.ts';

/** A lock that cannot be read is being written, unless it is older than this: then its writer was killed doing so. */
const WRITING_MS = 5000;

/** Who holds a lock. `startTicks` tells a process from a later one that got the same pid (Linux only). */
interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly startTicks: string | null;
}

/** Held until `release`. A process that dies without it leaves a lock that the next one takes over. */
export interface WriterLock {
  release(): void;
}

/** Makes this process the only writer of `path`, by a file `<path>.lock`. Throws `ReceiverError` if there is another. */
export function lockWriter(path: string): WriterLock {
  const lockPath = `${path}.lock`;
  const own = JSON.stringify({ pid: process.pid, host: hostname(), startTicks: startTicksOf(process.pid) });
  while (!createLock(lockPath, own)) takeOver(path, lockPath);
  return {
    release: () => {
      if (readLock(lockPath) === own) rmSync(lockPath, { force: true });
    },
  };
}

/** False if the file is there already. */
function createLock(lockPath: string, content: string): boolean {
  let file: number;
  try {
    file = openSync(lockPath, 'wx', 0o600);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    writeSync(file, content);
  } catch (error) {
    rmSync(lockPath, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
  return true;
}

/** Removes a lock whose holder is gone; throws if it is not. */
function takeOver(path: string, lockPath: string): void {
  const content = readLock(lockPath);
  if (content === undefined) return;
  if (!isStale(lockPath, content)) throw lockedError(path, lockPath, content);
  // Two processes may come here at once. Only one of them wins the rename of the stale file; a late one would get the
  // winner's new lock, sees that by its content, and gives it back.
  const aside = `${lockPath}.${process.pid}`;
  try {
    renameSync(lockPath, aside);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw error;
  }
  if (readLock(aside) === content) rmSync(aside, { force: true });
  else renameSync(aside, lockPath);
}

function readLock(lockPath: string): string | undefined {
  try {
    return readFileSync(lockPath, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function isStale(lockPath: string, content: string): boolean {
  const holder = parseHolder(content);
  if (holder === undefined) {
    const written = statSync(lockPath, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    return Date.now() - written > WRITING_MS;
  }
  // Another machine's processes (a shared disk, another container) cannot be seen from here.
  if (holder.host !== hostname()) return false;
  return !isAlive(holder.pid) || startTicksOf(holder.pid) !== holder.startTicks;
}

function parseHolder(content: string): Holder | undefined {
  try {
    const holder = JSON.parse(content) as Partial<Holder> | null;
    if (typeof holder?.pid !== 'number' || typeof holder.host !== 'string') return undefined;
    return { pid: holder.pid, host: holder.host, startTicks: holder.startTicks ?? null };
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and is somebody else's.
    return systemCode(error) !== 'ESRCH';
  }
}

/** When a process started, in the kernel's ticks (proc(5), field 22 of `stat`); null where there is no /proc. */
function startTicksOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Field 2 is the program's name in parentheses, and may hold spaces and parentheses itself.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

function lockedError(path: string, lockPath: string, content: string): ReceiverError {
  const holder = parseHolder(content);
  const who = holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host}`;
  return new ReceiverError('TA1402', `${path} is being written by ${who}`, {
    why: 'two writers would mix their lines',
    fix: `write to another file, or delete ${lockPath} if that process is gone`,
  });
}
