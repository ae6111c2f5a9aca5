import { factOf } from '../model/facts.ts';
import { createInterner } from '../model/interner.ts';
import type { Trace } from '../model/trace.ts';
import type { CallCategory } from '../semantics/call-category.ts';
import { canonicalName } from '../semantics/names.ts';
import { kindsOf } from '../semantics/span-kinds.ts';
import { callTree } from './call-tree.ts';
import { lengthOf, mostAtOnce, unionOf } from './intervals.ts';
import { type RepeatCall, repeatCalls } from './repeat-calls.ts';

/** Calls of one fingerprint that belong together: under one parent, or under sibling parents of one name. */
export interface RepeatGroup {
  readonly category: CallCategory;
  readonly service: string;
  /** By start. */
  readonly calls: readonly RepeatCall[];
  /** What the calls have in common: their parent, or the ancestor of their parents; -1: none known. */
  readonly parent: number;
  /** From the calls' own parents up to below `parent`: empty for one parent, else one span per level of the first call. */
  readonly between: readonly number[];
  /** Under how many children of `parent` the calls are: the calls themselves, or their sibling parents. */
  readonly branches: number;
}

/** Whole nanoseconds. */
export interface GroupMeasure {
  /** Composites counted as what they stand for. */
  readonly count: number;
  readonly sumNs: number;
  readonly unionNs: number;
  /** The longest single call; of a composite the mean of what it stands for. */
  readonly longestNs: number;
  readonly mostAtOnce: number;
}

/** The groups under one parent each (the recorded one; wrappers take what they adopted), in order of their first call. */
export function repeats(trace: Trace): readonly RepeatGroup[] {
  const { calls } = factOf(trace, repeatCalls);
  const tree = factOf(trace, callTree);
  const groups = new Map<string, RepeatCall[]>();
  for (const call of calls) {
    const key = `${parentKey(trace, tree.parent, call.span)} ${call.key}`;
    const group = groups.get(key);
    if (group) group.push(call);
    else groups.set(key, [call]);
  }
  return [...groups.values()]
    .filter(isRepeated)
    .map((group) => groupOf(trace, group, tree.parent[(group[0] as RepeatCall).span] as number, [], group.length));
}

/** One call is no repetition, unless it stands for many. */
const isRepeated = (calls: readonly RepeatCall[]): boolean => calls.length > 1 || (calls[0] as RepeatCall).count > 1;

/**
 * Cousins: calls that have parents of their own, which are siblings of one name (the body of a loop has its own span).
 * `level` 2 looks for the common ancestor above the parents, 3 one further up. Calls for which `skip` holds are left
 * out, and so are those with a skipped call between them and the ancestor: that call's group says it already.
 */
export function cousins(trace: Trace, level: number, skip: (span: number) => boolean): readonly RepeatGroup[] {
  const { calls } = factOf(trace, repeatCalls);
  const { parent } = factOf(trace, callTree);
  const namesOf = factOf(trace, nameNumbers);
  const groups = new Map<string, RepeatCall[]>();
  for (const call of calls) {
    const between = skip(call.span) ? undefined : spansBetween(parent, call.span, level, skip);
    if (between === undefined) continue;
    const key = `${parent[between.at(-1) as number]} ${namesOf(between)} ${call.key}`;
    const group = groups.get(key);
    if (group) group.push(call);
    else groups.set(key, [call]);
  }
  return [...groups.values()]
    .filter((group) => group.length > 1)
    .map((group) => {
      const lines = group.map(({ span }) => spansBetween(parent, span, level, skip) ?? []);
      const between = lines[0] as readonly number[];
      const branches = new Set(lines.map((line) => line.at(-1))).size;
      return groupOf(trace, group, parent[between.at(-1) as number] as number, between, branches);
    });
}

function groupOf(
  trace: Trace,
  calls: readonly RepeatCall[],
  parent: number,
  between: readonly number[],
  branches: number,
): RepeatGroup {
  const first = calls[0] as RepeatCall;
  const byStart = [...calls].sort((a, b) => a.start - b.start || a.span - b.span);
  return { category: first.category, service: trace.service(first.span), calls: byStart, parent, between, branches };
}

/** Spans that lost one and the same parent are siblings, too. */
function parentKey(trace: Trace, parent: Int32Array, span: number): string {
  const p = parent[span] as number;
  if (p >= 0 || !trace.orphan[span]) return String(p);
  const row = trace.row[span] as number;
  const { table } = trace;
  const reference = table.refOffset[row] as number;
  return reference < (table.refOffset[row + 1] as number) ? `lost ${table.refSpan[reference]}` : `cut ${span}`;
}

/** The `level - 1` spans above a call, nearest first, if there are that many with an ancestor above them. */
function spansBetween(
  parent: Int32Array,
  span: number,
  level: number,
  skip: (span: number) => boolean,
): readonly number[] | undefined {
  const between: number[] = [];
  for (let at = parent[span] as number; between.length < level - 1; at = parent[at] as number) {
    if (at < 0 || skip(at)) return undefined;
    between.push(at);
  }
  return (parent[between.at(-1) as number] as number) < 0 ? undefined : between;
}

/** The names of spans, as one number: a trace has few names and many spans. */
function nameNumbers(trace: Trace): (spans: readonly number[]) => string {
  const kinds = factOf(trace, kindsOf);
  const texts = createInterner();
  const known = new Map<number, number>();
  return (spans) =>
    spans
      .map((span) => {
        const number = known.get(span) ?? texts.intern(canonicalName(trace, span, kinds[span] ?? 'other'));
        known.set(span, number);
        return number;
      })
      .join(' ');
}

export function measureGroup({ calls }: RepeatGroup): GroupMeasure {
  const starts = Float64Array.from(calls, (call) => call.start);
  const ends = Float64Array.from(calls, (call) => call.end);
  let count = 0;
  let sumNs = 0;
  let longestNs = 0;
  for (const call of calls) {
    count += call.count;
    sumNs += call.busyNs;
    longestNs = Math.max(longestNs, Math.ceil(call.busyNs / call.count));
  }
  const unionNs = Math.min(lengthOf(unionOf(starts, ends)), sumNs);
  return { count, sumNs, unionNs, longestNs, mostAtOnce: mostAtOnce(starts, ends) };
}
