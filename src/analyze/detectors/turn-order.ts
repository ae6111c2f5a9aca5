import { callTree } from '../analyses/call-tree.ts';
import { criticalPath } from '../analyses/critical-path/index.ts';
import { firstAfter } from '../analyses/intervals.ts';
import type { RepeatCall } from '../analyses/repeat-calls.ts';
import type { RepeatGroup } from '../analyses/repeats.ts';
import { factOf } from '../model/facts.ts';
import type { Trace } from '../model/trace.ts';
import { firstAttribute } from '../semantics/first-attribute.ts';
import type { Kind } from '../semantics/kinds.ts';
import { kindsOf } from '../semantics/span-kinds.ts';

const INPUT_TOKENS = [
  'gen_ai.usage.input_tokens',
  'gen_ai.usage.prompt_tokens',
  'llm.token_count.prompt',
  'ai.usage.inputTokens',
  'ai.usage.promptTokens',
  'llm.usage.prompt_tokens',
];
/** How many starts are looked at in one gap before giving up: other branches may be busy there. */
const MOST_LOOKS = 64;

/** Fewer calls than this may read more and more by chance. */
const ENOUGH_STEPS = 5;

interface Starts {
  readonly spans: readonly number[];
  readonly times: Float64Array;
}

const startsOf = (wanted: (kind: Kind) => boolean) => {
  return (trace: Trace): Starts => {
    const kinds = factOf(trace, kindsOf);
    const { start } = factOf(trace, criticalPath);
    const spans: number[] = [];
    for (let span = 0; span < trace.size; span++) if (wanted(kinds[span] as Kind)) spans.push(span);
    spans.sort((a, b) => (start[a] as number) - (start[b] as number) || a - b);
    return { spans, times: Float64Array.from(spans, (span) => start[span] as number) };
  };
};

const toolStarts = startsOf((kind) => kind === 'tool' || kind === 'retrieval');
const modelStarts = startsOf((kind) => kind === 'llm');

/**
 * Whether model calls are the turns of one conversation, and not the same work on many items: tools run between them,
 * or each reads more than the one before.
 */
export function isConversation(trace: Trace, group: RepeatGroup): boolean {
  const growth = tokenGrowth(trace, group.calls);
  if (growth === 'growing' && group.calls.length >= ENOUGH_STEPS) return true;
  const named = trace.attribute((group.calls[0] as RepeatCall).span, 'gen_ai.prompt.name') !== undefined;
  if (growth === 'other' && named) return false;
  return mostlyBetween(trace, group, toolStarts);
}

/** Whether the model was asked between most of the calls: it chose each of them knowing what the last one said. */
export const isModelDriven = (trace: Trace, group: RepeatGroup): boolean => mostlyBetween(trace, group, modelStarts);

function mostlyBetween(trace: Trace, { calls, parent }: RepeatGroup, analysis: (trace: Trace) => Starts): boolean {
  const starts = factOf(trace, analysis);
  let hits = 0;
  for (let i = 1; i < calls.length; i++) {
    const from = (calls[i - 1] as RepeatCall).end;
    const to = (calls[i] as RepeatCall).start;
    if (to >= from && startsBetween(trace, starts, from, to, parent)) hits++;
  }
  return hits > 0 && hits * 2 >= calls.length - 1;
}

function startsBetween(trace: Trace, { spans, times }: Starts, from: number, to: number, ancestor: number): boolean {
  const { enter, leave } = factOf(trace, callTree);
  const first = firstAfter(times, times.length, from - 1);
  for (let i = first; i < Math.min(times.length, first + MOST_LOOKS); i++) {
    if ((times[i] as number) > to) return false;
    const at = enter[spans[i] as number] as number;
    const below = ancestor < 0 || (at >= (enter[ancestor] as number) && at < (leave[ancestor] as number));
    // What starts exactly with the next call runs beside it, not before it.
    if (below && (times[i] as number) < to) return true;
  }
  return false;
}

function tokenGrowth(trace: Trace, calls: readonly RepeatCall[]): 'growing' | 'other' | 'unknown' {
  const tokens = calls.map(({ span }) => Number(firstAttribute(trace, span, INPUT_TOKENS) ?? Number.NaN));
  if (tokens.some((n) => !Number.isFinite(n))) return 'unknown';
  if (tokens.every((n) => n === tokens[0])) return 'unknown'; // a stand-in for a model counts nothing
  const growing = tokens.filter((n, i) => i > 0 && n >= (tokens[i - 1] as number)).length;
  const grown = (tokens.at(-1) as number) > (tokens[0] as number);
  return grown && growing >= 0.8 * (tokens.length - 1) ? 'growing' : 'other';
}
