import { cousins, type RepeatGroup, repeats } from '../analyses/repeats.ts';
import { factOf } from '../model/facts.ts';
import type { Trace } from '../model/trace.ts';
import { occurrenceOf } from './occurrence.ts';
import { type TrialContext, tryGroup, type Verdict } from './repeat-trial.ts';
import { splitFanOut } from './split-fan-out.ts';
import type { Thresholds } from './thresholds.ts';
import { trialContext } from './trial-context.ts';
import { withoutTwins } from './twin-groups.ts';
import type { NearMiss, Occurrence } from './types.ts';

/** What the rules of the repeat family say together: a call belongs to at most one finding. */
export interface RepeatJudgment {
  readonly occurrences: readonly Occurrence[];
  readonly nearMisses: readonly NearMiss[];
}

const memo = new WeakMap<Thresholds, WeakMap<Trace, RepeatJudgment>>();

/** Judges all groups of repeated calls once; the rules of the family each report their part of it. */
export function repeatJudgment(trace: Trace, thresholds: Thresholds): RepeatJudgment {
  let ofTraces = memo.get(thresholds);
  if (ofTraces === undefined) {
    ofTraces = new WeakMap();
    memo.set(thresholds, ofTraces);
  }
  let judgment = ofTraces.get(trace);
  if (judgment === undefined) {
    judgment = judgeRepeats(trace, thresholds);
    ofTraces.set(trace, judgment);
  }
  return judgment;
}

function judgeRepeats(trace: Trace, thresholds: Thresholds): RepeatJudgment {
  const verdicts = withoutTwins(allVerdicts(trace, thresholds), 1e6 * thresholds.of('n_plus_one.twinSlackMs'));
  const occurrences: Occurrence[] = [];
  const nearMisses: NearMiss[] = [];
  for (const verdict of verdicts) {
    if (verdict.missed === undefined) occurrences.push(occurrenceOf(trace, verdict));
    else nearMisses.push(nearMissOf(verdict, verdict.missed));
  }
  return { occurrences, nearMisses };
}

/** Calls under one parent first; what they leave is looked at as cousins, nearest ancestor first. */
function allVerdicts(trace: Trace, thresholds: Thresholds): Verdict[] {
  const context = trialContext(trace, thresholds);
  const taken = new Uint8Array(trace.size);
  const verdicts: Verdict[] = [];
  const judge = (groups: readonly RepeatGroup[]): void => {
    const decided = groups.flatMap((group) => verdictsOn(context, group));
    for (const { facts, missed } of decided) {
      if (missed?.rule === 'min_count') continue; // may still be part of something larger
      for (const { span } of facts.group.calls) taken[span] = 1;
    }
    verdicts.push(...decided);
  };
  judge(factOf(trace, repeats));
  const depth = thresholds.of('n_plus_one.cousinDepth');
  for (let level = 2; level <= depth; level++) judge(cousins(trace, level, (span) => taken[span] === 1));
  return verdicts.filter(({ facts, missed }) => {
    return missed?.rule !== 'min_count' || facts.group.calls.every(({ span }) => taken[span] === 0);
  });
}

const AT_ONCE: ReadonlySet<string | undefined> = new Set(['intended_fanout', 'worker_pool']);

/** A group that ran at once in part may still have a loop beside: its other calls are tried by themselves. */
function verdictsOn(context: TrialContext, group: RepeatGroup): Verdict[] {
  const verdict = tryGroup(context, group);
  if (verdict === undefined) return [];
  const parts = AT_ONCE.has(verdict.missed?.rule) && group.between.length === 0 ? splitFanOut(group) : undefined;
  const loop = parts === undefined ? undefined : tryGroup(context, parts.serial);
  if (parts === undefined || loop === undefined || loop.missed !== undefined) return [verdict];
  const rest = tryGroup(context, parts.concurrent);
  return rest === undefined ? [loop] : [loop, rest];
}

function nearMissOf(
  { facts: { group, measure }, kind }: Verdict,
  { rule, reason }: NonNullable<Verdict['missed']>,
): NearMiss {
  const fingerprint = group.calls[0]?.fingerprint.text ?? '';
  return { kind, rule, reason, fingerprint, parentSpan: group.parent, count: measure.count };
}
