import type { Call, Incomplete } from './call.ts';

/** A program whose promises never settle must not grow for that. */
const MAX_OPEN = 65_536;

/** Calls whose span has not ended. */
const open = new Set<Call>();

/** The host threw away a result that it could have read on: the span ends where something happened last. */
const dropped = new FinalizationRegistry<Call>((call) => call.abandon('abandoned'));

export function callOpened(call: Call): void {
  if (open.size < MAX_OPEN) open.add(call);
}

/** Ends the call once nobody can reach `result`. The call itself must not refer to it. The last result counts. */
export function dropsWith(result: object, call: Call): void {
  dropped.unregister(call);
  dropped.register(result, call, call);
}

export function callEnded(call: Call, isRegistered: boolean): void {
  open.delete(call);
  if (isRegistered) dropped.unregister(call);
}

/** Ends what is still open, so that its spans can be delivered before the process ends. */
export function endOpenCalls(why: Incomplete): void {
  // Innermost first: a parent never ends before its children.
  for (const call of [...open].reverse()) call.abandon(why);
}
