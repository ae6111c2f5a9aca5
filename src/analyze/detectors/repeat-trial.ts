import type { RepeatCall } from '../analyses/repeat-calls.ts';
import type { RepeatGroup } from '../analyses/repeats.ts';
import type { Trace } from '../model/trace.ts';
import { type RepeatFacts, repeatFacts } from './repeat-facts.ts';
import { isPolling, isRetry, isWorkerPool, pagingParameter } from './repeat-patterns.ts';
import type { ThresholdKey, Thresholds } from './thresholds.ts';
import { isConversation, isModelDriven } from './turn-order.ts';
import type { FindingKind } from './types.ts';

/** What becomes of a group: a finding, or a near miss by the rule that decided. */
export interface Verdict {
  readonly facts: RepeatFacts;
  readonly kind: FindingKind;
  /** Absent: it is a finding. */
  readonly missed?: Missed;
}

interface Missed {
  readonly rule: string;
  readonly reason: string;
}

/** What the trial knows of the trace besides the group. */
export interface TrialContext {
  readonly trace: Trace;
  readonly thresholds: Thresholds;
  /** Spans that lie in a cycle of calls. */
  readonly inCycle: ReadonlySet<number>;
  /** Whether something is written to what the calls read while they run. */
  changesBetween(calls: readonly RepeatCall[]): boolean;
}

const MS = 1e6;
const FANS_OUT: ReadonlySet<string> = new Set(['tool', 'llm', 'retrieval', 'mcp']);
const ONCE_A_SESSION = /^(tools|resources|resources\/templates|prompts)\/list$|^initialize$/;

type Limit = (key: ThresholdKey) => number;

/**
 * The order of trial: retry_storm, polling, ping_pong, tool_loop, chatty_mcp, redundant_call, n_plus_one. What a rule
 * takes is taken; undefined: too few calls for any.
 */
export function tryGroup(context: TrialContext, group: RepeatGroup): Verdict | undefined {
  const facts = repeatFacts(group);
  const text = (group.calls[0] as RepeatCall).fingerprint.text;
  const limit: Limit = (key) => context.thresholds.of(key, group.category, text);
  const kind: FindingKind = facts.same ? 'redundant_call' : 'n_plus_one';
  const missed = earlierRule(context, facts, limit);
  if (missed !== undefined) return { facts, kind, missed };
  if (!isEnough(facts, kind, limit)) return almostEnough(facts, kind, limit);
  const why =
    tooLittle(facts, kind, limit) ??
    (facts.same ? notRedundant(context, facts, limit) : notNPlusOne(context, facts, limit));
  return why === undefined ? { facts, kind } : { facts, kind, missed: why };
}

/** The rules of the family that come first; until they exist their groups are kept as near misses. */
function earlierRule({ trace, inCycle }: TrialContext, facts: RepeatFacts, limit: Limit): Missed | undefined {
  const { group, measure, same, results } = facts;
  const { category, calls, branches } = group;
  const atLeast = (key: ThresholdKey): boolean => branches >= limit(key);
  if (measure.sumNs < MS * measure.count * limit('n_plus_one.minMeanMs')) return undefined;
  if (atLeast('retry_storm.minAttempts') && isRetry(facts)) {
    return { rule: 'retry_storm', reason: `${calls.length} attempts, of which only the last may have succeeded` };
  }
  if (atLeast('polling.minCount') && isPolling(facts, limit('polling.minGapRatio'))) {
    return { rule: 'polling', reason: 'the same question again and again, with pauses longer than the calls' };
  }
  if (category !== 'tool' && category !== 'mcp') return undefined;
  if (same && calls.length > 1 && calls.every(({ span }) => inCycle.has(span))) {
    return { rule: 'ping_pong', reason: 'part of a cycle of calls that repeats itself' };
  }
  if (same && results !== 'differ' && atLeast('tool_loop.minCount') && isModelDriven(trace, group)) {
    return { rule: 'tool_loop', reason: 'the model asked for the same call again and learnt nothing new' };
  }
  if (category === 'mcp' && atLeast('chatty_mcp.minCount') && ONCE_A_SESSION.test(calls[0]?.fingerprint.text ?? '')) {
    return { rule: 'chatty_mcp', reason: 'the session asks again for what it could keep' };
  }
  return undefined;
}

/** Batches count from a higher number on: many large requests are how large work is done. */
function leastCount({ group }: RepeatFacts, kind: FindingKind, limit: Limit): number {
  const least = limit(kind === 'redundant_call' ? 'redundant_call.minCount' : 'n_plus_one.minCount');
  const batches = group.calls.every(({ fingerprint }) => fingerprint.batch);
  return batches ? Math.max(least, limit('n_plus_one.minBatchCount')) : least;
}

/** Composites alone may be enough; cousins must come from as many branches. */
function isEnough(facts: RepeatFacts, kind: FindingKind, limit: Limit): boolean {
  const { group, measure } = facts;
  const branches = group.between.length === 0 ? measure.count : group.branches;
  return Math.min(measure.count, branches) >= leastCount(facts, kind, limit);
}

/** One call short of a finding is worth a word, two is not. */
function almostEnough(facts: RepeatFacts, kind: FindingKind, limit: Limit): Verdict | undefined {
  const { count } = facts.measure;
  const least = leastCount(facts, kind, limit);
  if (count < 3 || count !== least - 1 || facts.group.between.length > 0 || tooLittle(facts, kind, limit))
    return undefined;
  return { facts, kind, missed: { rule: 'min_count', reason: `${count} calls, ${least} are needed` } };
}

function tooLittle({ measure }: RepeatFacts, kind: FindingKind, limit: Limit): Missed | undefined {
  const redundant = kind === 'redundant_call';
  const leastMean = limit(redundant ? 'redundant_call.minMeanMs' : 'n_plus_one.minMeanMs');
  if (measure.sumNs < MS * leastMean * measure.count) {
    return { rule: 'min_mean', reason: `the calls take less than ${leastMean} ms each` };
  }
  const least = limit(redundant ? 'redundant_call.minSumMs' : 'n_plus_one.minSumMs');
  if (measure.sumNs >= MS * least) return undefined;
  return {
    rule: 'min_sum',
    reason: `all calls together take ${Math.floor(measure.sumNs / MS)} ms, less than ${least} ms`,
  };
}

function notRedundant(context: TrialContext, facts: RepeatFacts, limit: Limit): Missed | undefined {
  if (facts.results === 'differ') {
    return { rule: 'results_differ', reason: 'the same question had different answers' };
  }
  if (context.changesBetween(facts.group.calls)) {
    return { rule: 'state_change', reason: 'something was written to what the calls read' };
  }
  // Several answers to one prompt are asked for at once on purpose.
  return facts.group.category === 'llm' ? fanOut(facts, limit) : undefined;
}

function notNPlusOne({ trace }: TrialContext, facts: RepeatFacts, limit: Limit): Missed | undefined {
  const page = pagingParameter(facts);
  if (page !== undefined) {
    return { rule: 'pagination', reason: `only ${page} varies: the parts of one answer are fetched in turn` };
  }
  if (facts.group.category === 'llm' && isConversation(trace, facts.group)) {
    return { rule: 'agent_turns', reason: 'the turns of one conversation, each needing the one before' };
  }
  const { calls } = facts.group;
  if (
    calls.length >= limit('worker_pool.minCount') &&
    facts.overlap >= limit('intended_fanout.minOverlap') &&
    isWorkerPool(facts, MS * limit('worker_pool.maxGapMs'))
  ) {
    const { mostAtOnce } = facts.measure;
    return { rule: 'worker_pool', reason: `${calls.length} calls, ${mostAtOnce} at a time: a bounded pool` };
  }
  return FANS_OUT.has(facts.group.category) ? fanOut(facts, limit) : undefined;
}

function fanOut({ overlap, measure }: RepeatFacts, limit: Limit): Missed | undefined {
  if (overlap < limit('intended_fanout.minOverlap')) return undefined;
  return { rule: 'intended_fanout', reason: `the calls already run at once, up to ${measure.mostAtOnce} at a time` };
}
