import type { RepeatCall } from '../analyses/repeat-calls.ts';
import type { Verdict } from './repeat-trial.ts';

/** Groups beyond this many further on are not compared: they start too late to be seen twice. */
const MOST_COMPARED = 8;
const OF_AGENTS: ReadonlySet<string> = new Set(['tool', 'llm', 'embedding', 'retrieval', 'mcp']);

/**
 * Two groups with one parent, equally many calls, each call of one within that of the other (± slack), are one loop
 * seen by two instrumentations. What the reader can change stays: the agent's call before its transport, then the
 * statement before the operation, then the outer one.
 */
export function withoutTwins(verdicts: readonly Verdict[], slackNs: number): readonly Verdict[] {
  const buckets = new Map<string, Verdict[]>();
  for (const verdict of verdicts) {
    const { parent, calls } = verdict.facts.group;
    const key = `${parent} ${calls.length}`;
    const bucket = buckets.get(key);
    if (bucket) bucket.push(verdict);
    else buckets.set(key, [verdict]);
  }
  const dropped = new Set<Verdict>();
  for (const bucket of buckets.values()) dropTwins(bucket, slackNs, dropped);
  return verdicts.filter((verdict) => !dropped.has(verdict));
}

function dropTwins(bucket: Verdict[], slackNs: number, dropped: Set<Verdict>): void {
  const callsOf = (verdict: Verdict): readonly RepeatCall[] => verdict.facts.group.calls;
  const startOf = (verdict: Verdict): number => callsOf(verdict)[0]?.start ?? 0;
  bucket.sort((a, b) => startOf(a) - startOf(b));
  bucket.forEach((verdict, i) => {
    for (const other of bucket.slice(i + 1, i + 1 + MOST_COMPARED)) {
      if (dropped.has(verdict)) return;
      if (dropped.has(other) || !areTwins(callsOf(verdict), callsOf(other), slackNs)) continue;
      dropped.add(isBetter(verdict, other) ? other : verdict);
    }
  });
}

function areTwins(a: readonly RepeatCall[], b: readonly RepeatCall[], slackNs: number): boolean {
  const holds = (outer: readonly RepeatCall[], inner: readonly RepeatCall[]): boolean =>
    outer.every(({ start, end }, i) => {
      const other = inner[i] as RepeatCall;
      return other.start >= start - slackNs && other.end <= end + slackNs;
    });
  return holds(a, b) || holds(b, a);
}

function isBetter(a: Verdict, b: Verdict): boolean {
  return rankOf(a) !== rankOf(b) ? rankOf(a) > rankOf(b) : a.facts.measure.sumNs >= b.facts.measure.sumNs;
}

function rankOf({ facts: { group } }: Verdict): number {
  return (OF_AGENTS.has(group.category) ? 10 : 0) + (group.calls[0]?.fingerprint.detail ?? 0);
}
