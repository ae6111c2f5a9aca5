import { type CallTree, callTree } from '../analyses/call-tree.ts';
import { completeness } from '../analyses/completeness.ts';
import { criticalPath } from '../analyses/critical-path/index.ts';
import { firstAfter } from '../analyses/intervals.ts';
import { pathTime } from '../analyses/path-time.ts';
import type { GroupMeasure } from '../analyses/repeats.ts';
import { factOf } from '../model/facts.ts';
import type { Trace } from '../model/trace.ts';
import type { Saving } from './types.ts';

/** Path time of a group of calls with all that is below them, and what of it could be saved. */
export interface GroupSaving {
  readonly pathNs: number;
  /** The part of `pathNs` that came onto the path by awaited children alone. */
  readonly directNs: number;
  readonly saving: Saving | null;
  readonly savingNullReason?: string;
}

/**
 * likely = high = min(path time of the calls that go, union − longest). low counts only path time without `via`, and is
 * 0 if a span outside the group is co-critical with an offender: then shortening the group alone gains nothing.
 * `spans` are the offenders by start; the first of them stays if `keepFirst`.
 */
export function savingOf(
  trace: Trace,
  spans: readonly number[],
  measure: GroupMeasure,
  keepFirst: boolean,
): GroupSaving {
  const { all, direct } = factOf(trace, pathTime);
  const sum = (of: Float64Array, from: number): number =>
    spans.slice(from).reduce((total, span) => total + (of[span] as number), 0);
  const path = { pathNs: sum(all, 0), directNs: sum(direct, 0) };
  const whole = factOf(trace, completeness);
  if (!whole.complete) return { ...path, saving: null, savingNullReason: `the trace is incomplete: ${whole.why}` };
  const most = Math.max(0, Math.min(measure.unionNs, measure.sumNs) - measure.longestNs);
  const from = keepFirst ? 1 : 0;
  const likely = Math.min(sum(all, from), most);
  const low = factOf(trace, coCritical).reachesOutside(spans) ? 0 : Math.min(sum(direct, from), most);
  return { ...path, saving: { low, likely, high: likely } };
}

/** Answers whether spans end together with one that is not below any of them. */
interface CoCritical {
  reachesOutside(spans: readonly number[]): boolean;
}

function coCritical(trace: Trace): CoCritical {
  const { coCritical: sets } = factOf(trace, criticalPath);
  const tree = factOf(trace, callTree);
  const members = sets
    .flatMap((spans, set) => spans.filter((span) => span >= 0).map((span) => ({ at: tree.enter[span] as number, set })))
    .sort((a, b) => a.at - b.at);
  const places = members.map((member) => member.at);
  return {
    reachesOutside(spans) {
      const inside = insideOf(tree, spans);
      const touched = new Set<number>();
      for (const span of spans) {
        const until = tree.leave[span] as number;
        for (let i = firstAfter(places, places.length, (tree.enter[span] as number) - 1); i < places.length; i++) {
          if ((places[i] as number) >= until) break;
          touched.add((members[i] as { set: number }).set);
        }
      }
      return [...touched].some((set) => (sets[set] as readonly number[]).some((span) => span < 0 || !inside(span)));
    },
  };
}

/** Whether a span is one of `spans` or below one; they do not contain each other. */
function insideOf(tree: CallTree, spans: readonly number[]): (span: number) => boolean {
  const ordered = Int32Array.from(spans, (span) => tree.enter[span] as number).sort();
  const leave = new Map(spans.map((span) => [tree.enter[span] as number, tree.leave[span] as number]));
  return (span) => {
    const at = tree.enter[span] as number;
    const found = firstAfter(ordered, ordered.length, at);
    return found > 0 && at < (leave.get(ordered[found - 1] as number) as number);
  };
}
