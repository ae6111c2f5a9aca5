import type { RepeatCall } from '../analyses/repeat-calls.ts';
import type { RepeatGroup } from '../analyses/repeats.ts';

/** Overlap of calls that follow each other, by the resolution of a clock of milliseconds. */
const SLACK_NS = 1e6;

/**
 * Parts the calls of a group that ran by themselves from those that ran beside others of it. undefined where all did the
 * one or the other.
 *
 *     P ########################
 *     a  == == == ==                by themselves
 *     a              ======
 *     a              ====           beside others
 */
export function splitFanOut(
  group: RepeatGroup,
): { readonly serial: RepeatGroup; readonly concurrent: RepeatGroup } | undefined {
  const serial: RepeatCall[] = [];
  const concurrent: RepeatCall[] = [];
  let busyUntil = Number.NEGATIVE_INFINITY;
  group.calls.forEach((call, i) => {
    const next = group.calls[i + 1]?.start ?? Number.POSITIVE_INFINITY;
    const isAlone = call.start >= busyUntil - SLACK_NS && next >= call.end - SLACK_NS;
    (isAlone ? serial : concurrent).push(call);
    busyUntil = Math.max(busyUntil, call.end);
  });
  if (serial.length === 0 || concurrent.length === 0) return undefined;
  const part = (calls: readonly RepeatCall[]): RepeatGroup => ({ ...group, calls, branches: calls.length });
  return { serial: part(serial), concurrent: part(concurrent) };
}
