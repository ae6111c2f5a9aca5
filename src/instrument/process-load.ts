/** A call may begin with a reading that is this old, which bounds what it costs however many calls there are. */
const FRESH_MS = 5;
/** Of shorter calls nothing is said: nobody wonders where their time went, and the readings are not that exact. */
const MIN_MS = 100;

interface Runtime {
  readonly process?: { cpuUsage?(): { readonly user: number; readonly system: number } };
  readonly performance: { eventLoopUtilization?(): { readonly idle: number; readonly active: number } };
}

/** What the process and its event loop have done up to a time. */
export interface Reading {
  readonly atMs: number;
  /** Microseconds, all threads, user and system. */
  readonly cpuUs: number | undefined;
  /** Milliseconds for which the event loop of this thread had nothing to do; 0 before it runs. */
  readonly idleMs: number | undefined;
  /** The event loop has not run yet, or the runtime has the function and no answer. */
  readonly isLoopSilent: boolean;
}

let last: Reading | undefined;

/** Of now (`performance.now()`), or of up to five milliseconds before. */
export function readLoad(nowMs: number): Reading {
  if (last === undefined || nowMs - last.atMs >= FRESH_MS) last = read(nowMs);
  return last;
}

export interface Load {
  readonly cpuSeconds: number | undefined;
  /** 0: the event loop waited all the time; 1: it never did. */
  readonly utilization: number | undefined;
}

/** From a reading to now (`performance.now()`). */
export function loadSince(start: Reading, nowMs: number): Load | undefined {
  if (nowMs - start.atMs < MIN_MS) return undefined;
  const end = read(nowMs);
  last = end;
  const cpuUs = end.cpuUs === undefined || start.cpuUs === undefined ? undefined : end.cpuUs - start.cpuUs;
  const isKnown = end.idleMs !== undefined && start.idleMs !== undefined && !end.isLoopSilent;
  const idle = isKnown ? end.idleMs - start.idleMs : undefined;
  const share = idle === undefined ? undefined : 1 - idle / (end.atMs - start.atMs);
  return {
    cpuSeconds: cpuUs === undefined ? undefined : cpuUs / 1e6,
    utilization: share === undefined ? undefined : Math.min(1, Math.max(0, share)),
  };
}

const runtime = globalThis as unknown as Runtime;

function read(atMs: number): Reading {
  const cpu = runtime.process?.cpuUsage?.();
  const loop = runtime.performance.eventLoopUtilization?.();
  return {
    atMs,
    cpuUs: cpu === undefined ? undefined : cpu.user + cpu.system,
    idleMs: loop?.idle,
    isLoopSilent: loop !== undefined && loop.idle + loop.active === 0,
  };
}
