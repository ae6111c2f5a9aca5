import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * For so long a file of a process that cannot be seen from here (another machine or container, or a system without
 * /proc) is taken for that process's own after it was touched last. A shipper touches what it holds far more often.
 */
export const LEASE_MS = 120_000;
export const TOUCH_MS = 30_000;

/** What the name of a spool file tells. Each file holds one batch: spans of one process, as lines of OTLP JSON. */
export interface SpoolName {
  /** Of the URL it is meant for: 8 hex digits that do not tell the URL. */
  readonly endpoint: string;
  /** Of the machine's name and boot: 8 hex digits. */
  readonly machine: string;
  readonly pid: number;
  /** When that process started, in the kernel's ticks: tells it from a later one of the same pid. `0`: not known. */
  readonly startTicks: string;
  readonly rest: string;
}

const NAME = /^spans-([0-9a-f]{8})-([0-9a-f]{8})-(\d+)-(\d+)-([0-9a-z-]+)\.ndjson$/;

export function parseSpoolName(name: string): SpoolName | undefined {
  const [, endpoint, machine, pid, startTicks, rest] = NAME.exec(name) ?? [];
  if (rest === undefined) return undefined;
  return { endpoint: endpoint!, machine: machine!, pid: Number(pid), startTicks: startTicks!, rest };
}

/** Names for the files of this thread, one after the other; no other thread or process makes the same. */
export function spoolNames(endpoint: string): () => string {
  const token = randomBytes(5).toString('hex');
  let count = 0;
  return () => ownName(endpoint, `${token}-${(count++).toString(36)}`);
}

/** The name of a file that this process takes over. */
export function takenName({ endpoint, rest }: SpoolName): string {
  return ownName(endpoint, rest);
}

function ownName(endpoint: string, rest: string): string {
  return `spans-${endpoint}-${machine()}-${process.pid}-${startTicksOf(process.pid)}-${rest}.ndjson`;
}

export function endpointKey(url: string): string {
  return digest(url);
}

/** Whether nobody holds the file any more. */
export function isAbandoned(file: SpoolName, touchedMs: number): boolean {
  // A time to come is that of a clock which was wrong, then or now.
  const isLeased = Math.abs(Date.now() - touchedMs) < LEASE_MS;
  if (file.machine !== machine()) return !isLeased;
  if (!isAlive(file.pid)) return true;
  const ticks = startTicksOf(file.pid);
  return ticks === '0' || file.startTicks === '0' ? !isLeased : ticks !== file.startTicks;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and is somebody else's.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** proc(5), field 22 of `stat`; `0` where there is no /proc. */
function startTicksOf(pid: number): string {
  // Field 2 is the program's name in parentheses, and may hold spaces and parentheses itself.
  const stat = readText(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '0';
}

let knownMachine: string | undefined;

function machine(): string {
  knownMachine ??= digest(`${hostname()}\n${readText('/proc/sys/kernel/random/boot_id') ?? ''}`);
  return knownMachine;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);
