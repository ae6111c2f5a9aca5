import type { Call, Incomplete } from './call.ts';

/** A program whose promises never settle must not grow for that. */
const MAX_OPEN = 65_536;

/** Calls whose span has not ended, as a list that runs through them: a set would cost twice as much as all else here. */
let last: Call | undefined;
let count = 0;

/** A call's place among those that are open. */
export interface OpenPlace {
  before: Call | undefined;
  after: Call | undefined;
}

/** The host threw away a result that it could have read on: the span ends where something happened last. */
const dropped = new FinalizationRegistry<Call>((call) => call.abandon('abandoned'));

/** Undefined where there are too many. */
export function callOpened(call: Call): OpenPlace | undefined {
  if (count >= MAX_OPEN) return undefined;
  count++;
  const place = { before: last, after: undefined };
  if (last?.place !== undefined) last.place.after = call;
  last = call;
  return place;
}

/** Ends the call once nobody can reach `result`. The call itself must not refer to it. The last result counts. */
export function dropsWith(result: object, call: Call): void {
  dropped.unregister(call);
  dropped.register(result, call, call);
}

export function callEnded(call: Call, isRegistered: boolean): void {
  if (isRegistered) dropped.unregister(call);
  const { place } = call;
  if (place === undefined) return;
  count--;
  call.place = undefined;
  const { before, after } = place;
  if (before?.place !== undefined) before.place.after = after;
  if (after?.place !== undefined) after.place.before = before;
  if (last === call) last = before;
}

/** Ends what is still open, so that its spans can be delivered before the process ends. */
export function endOpenCalls(why: Incomplete): void {
  const calls: Call[] = [];
  for (let call = last; call !== undefined; call = call.place?.before) calls.push(call);
  // Innermost first: a parent never ends before its children.
  for (const call of calls) call.abandon(why);
}
