import { setImmediate } from 'node:timers';
import { isMainThread } from 'node:worker_threads';
import type { Incomplete } from '../call.ts';
import { endOpenCalls } from '../open-calls.ts';
import { telemetryFailed } from '../telemetry-errors.ts';

/** Who has something to save when the process ends. */
export interface Leaver {
  readonly exitFlushMs: number;
  /** Needs the event loop to deliver, which goes on only where the process ends by itself. */
  readonly isLocal: boolean;
  endOpenSpans(why: Incomplete): void;
  /** Blocks for at most so long. */
  leave(ms: number): void;
}

/** Those that end a process, unless it listens for them. */
const SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', process.platform === 'win32' ? 'SIGBREAK' : 'SIGHUP'];

const leavers = new Set<Leaver>();
let why: Incomplete = 'exit';

/** Until `forgetAtExit`. While nobody waits, this process has no listener of ours. */
export function saveAtExit(leaver: Leaver): void {
  if (leavers.size === 0) listen();
  leavers.add(leaver);
}

export function forgetAtExit(leaver: Leaver): void {
  if (leavers.delete(leaver) && leavers.size === 0) unlisten();
}

function leave(): void {
  try {
    endOpenCalls(why);
    for (const leaver of leavers) leaver.endOpenSpans(why);
    const started = performance.now();
    // One after the other, and together no longer than the most patient of them.
    for (const leaver of leavers) leaver.leave(Math.max(0, leaver.exitFlushMs - (performance.now() - started)));
  } catch (error) {
    telemetryFailed(error);
  }
}

/** Emitted for errors that nobody handles, and before those that somebody does. */
function onCrash(): void {
  why = 'crash';
  // A process that comes here again has survived it.
  setImmediate(() => {
    why = 'exit';
  }).unref();
}

function onBeforeExit(): void {
  if ([...leavers].some(({ isLocal }) => isLocal)) leave();
}

/**
 * Dies of the signal as it would have without us, a moment later. Only called where nobody else listens: then the
 * program has asked for nothing, and the signal would have ended it.
 */
function onSignal(signal: NodeJS.Signals): void {
  why = 'signal';
  leave();
  unlisten();
  process.kill(process.pid, signal);
  // Still here is only the first process of a container, which the system spares.
  setImmediate(() => {
    why = 'exit';
    if (leavers.size > 0) listen();
  });
}

function listen(): void {
  roomFor(1);
  process.on('exit', leave);
  process.on('beforeExit', onBeforeExit);
  process.on('uncaughtExceptionMonitor', onCrash);
  if (!isMainThread) return;
  for (const signal of SIGNALS) if (process.listenerCount(signal) === 0) process.on(signal, onSignal);
  // Before Node's own, which begins to listen to the system for the newcomer, and not if we have just ended that.
  (process as NodeJS.EventEmitter).prependListener('newListener', onNewListener);
  process.on('removeListener', onRemoveListener);
}

function unlisten(): void {
  roomFor(-1);
  process.off('newListener', onNewListener);
  process.off('removeListener', onRemoveListener);
  for (const signal of SIGNALS) process.off(signal, onSignal);
  process.off('exit', leave);
  process.off('beforeExit', onBeforeExit);
  process.off('uncaughtExceptionMonitor', onCrash);
}

/** A program that has as many listeners as Node thinks sensible must not be warned for ours. */
function roomFor(listeners: number): void {
  const max = process.getMaxListeners();
  if (max > 0) process.setMaxListeners(max + listeners);
}

const isOurs = (event: string | symbol): event is NodeJS.Signals => SIGNALS.includes(event as NodeJS.Signals);

/**
 * A program that listens decides for itself, and may count who does: libraries that die of a signal do so only where
 * they are alone. So we are gone as soon as anybody comes, and back when the last has left.
 */
function onNewListener(event: string | symbol, listener: unknown): void {
  if (isOurs(event) && listener !== onSignal) process.off(event, onSignal);
}

function onRemoveListener(event: string | symbol, listener: unknown): void {
  if (isOurs(event) && listener !== onSignal && process.listenerCount(event) === 0) process.on(event, onSignal);
}
