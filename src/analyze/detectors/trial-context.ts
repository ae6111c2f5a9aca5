import { callTree } from '../analyses/call-tree.ts';
import { firstAfter } from '../analyses/intervals.ts';
import { type RepeatCall, repeatCalls } from '../analyses/repeat-calls.ts';
import { factOf } from '../model/facts.ts';
import type { Trace } from '../model/trace.ts';
import { cycleMembers } from './repeat-patterns.ts';
import type { TrialContext } from './repeat-trial.ts';
import type { Thresholds } from './thresholds.ts';

export function trialContext(trace: Trace, thresholds: Thresholds): TrialContext {
  return {
    trace,
    thresholds,
    inCycle: cycles(trace, thresholds.of('ping_pong.maxPeriod'), thresholds.of('ping_pong.minRepeats')),
    changesBetween: (calls) => changesBetween(factOf(trace, writeTimes), trace, calls),
  };
}

/** The tool calls of each parent, in order, as a sequence of what they ask for. */
function cycles(trace: Trace, maxPeriod: number, repeats: number): ReadonlySet<number> {
  const { parent } = factOf(trace, callTree);
  const sequences = new Map<number, RepeatCall[]>();
  for (const call of factOf(trace, repeatCalls).calls) {
    if (call.category !== 'tool' && call.category !== 'mcp') continue;
    const under = parent[call.span] as number;
    const sequence = sequences.get(under);
    if (sequence) sequence.push(call);
    else sequences.set(under, [call]);
  }
  const found = new Set<number>();
  for (const calls of sequences.values()) {
    calls.sort((a, b) => a.start - b.start || a.span - b.span);
    const values = calls.map(({ key, fingerprint }) =>
      fingerprint.complete ? `${key} ${fingerprint.value}` : undefined,
    );
    cycleMembers(values, maxPeriod, repeats).forEach((member, i) => {
      if (member) found.add((calls[i] as RepeatCall).span);
    });
  }
  return found;
}

/** When each target of a service is written to, in order. */
function writeTimes(trace: Trace): ReadonlyMap<string, Float64Array> {
  const times = new Map<string, number[]>();
  for (const call of factOf(trace, repeatCalls).calls) {
    if (!call.fingerprint.writes || call.fingerprint.target === undefined) continue;
    const key = targetKey(trace, call);
    const known = times.get(key);
    if (known) known.push(call.start);
    else times.set(key, [call.start]);
  }
  return new Map([...times].map(([key, starts]) => [key, Float64Array.from(starts).sort()]));
}

const targetKey = (trace: Trace, { span, category, fingerprint }: RepeatCall): string =>
  `${category}\n${trace.service(span)}\n${fingerprint.target}`;

function changesBetween(
  writes: ReadonlyMap<string, Float64Array>,
  trace: Trace,
  calls: readonly RepeatCall[],
): boolean {
  const [first] = calls;
  const times =
    first === undefined || first.fingerprint.target === undefined ? undefined : writes.get(targetKey(trace, first));
  if (first === undefined || times === undefined) return false;
  const next = firstAfter(times, times.length, first.start);
  return next < times.length && (times[next] as number) < (calls.at(-1) as RepeatCall).start;
}
