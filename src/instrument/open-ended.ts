import type { Call } from './call.ts';

/** Calls whose result (a stream, a lazy query) the host has neither read to its end nor given up. */
const open = new Set<Call>();

/** The host threw such a result away: the span ends where something happened last. */
const dropped = new FinalizationRegistry<Call>((call) => call.abandon('abandoned'));

/** Ends the call once nobody can reach `result`. The call itself must not refer to it. The last result counts. */
export function keepOpenEnded(result: object, call: Call): void {
  open.add(call);
  dropped.unregister(call);
  dropped.register(result, call, call);
}

export function forgetOpenEnded(call: Call): void {
  open.delete(call);
  dropped.unregister(call);
}

/** Ends what is still open, so that its spans can be delivered before the process ends. */
export function endOpenCalls(): void {
  for (const call of [...open]) call.abandon('exit');
}
