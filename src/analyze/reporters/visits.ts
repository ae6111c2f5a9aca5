import type { SegmentKind, TracePath, Via } from '../report/trace-types.ts';

/** One stay of the critical path in a span: consecutive segments of it that came onto the path in the same way. */
export interface Visit {
  /** null: the virtual root. */
  readonly spanId: string | null;
  readonly startNs: number;
  readonly endNs: number;
  readonly via?: Via;
  /** How long it was what; the sum is the visit's length. */
  readonly kinds: Readonly<Partial<Record<SegmentKind, number>>>;
}

/** In order of time; they tile the run. */
export function visitsOf(path: TracePath): readonly Visit[] {
  const visits: Visit[] = [];
  for (const { spanId, startNs, endNs, kind, via } of path.segments) {
    const last = visits.at(-1);
    if (last !== undefined && last.spanId === spanId && last.via === via) {
      visits[visits.length - 1] = { ...last, endNs, kinds: addKinds(last.kinds, { [kind]: endNs - startNs }) };
    } else {
      visits.push({
        spanId,
        startNs,
        endNs,
        ...(via === undefined ? {} : { via }),
        kinds: { [kind]: endNs - startNs },
      });
    }
  }
  return visits;
}

/** Stays that read as one: equal calls one after another, or one call that was briefly left. */
export interface VisitGroup {
  readonly first: Visit;
  /** Calls. */
  readonly count: number;
  readonly startNs: number;
  readonly endNs: number;
  /** Of the stays, without what is between them. */
  readonly kinds: Visit['kinds'];
  /** Time of other spans between the stays. */
  readonly betweenNs: number;
}

/** Between two stays of a group there are at most so many others, together at most this part of the stay before. */
const MAX_STEPS_BETWEEN = 4;
const MAX_PART_BETWEEN = 0.1;

/** Every visit in one group. `isCallLike` tells whether two visits are calls of one operation by one parent. */
export function groupVisits(
  visits: readonly Visit[],
  isCallLike: (a: Visit, b: Visit) => boolean,
): readonly VisitGroup[] {
  const groups: VisitGroup[] = [];
  for (let at = 0; at < visits.length; at++) {
    const first = visits[at] as Visit;
    let group: VisitGroup = { ...first, first, count: 1, betweenNs: 0 };
    for (let next = nextOfGroup(visits, at, isCallLike); next > 0; next = nextOfGroup(visits, at, isCallLike)) {
      const [last, visit] = [visits[at] as Visit, visits[next] as Visit];
      group = {
        ...group,
        count: group.count + (visit.spanId === last.spanId ? 0 : 1),
        endNs: visit.endNs,
        kinds: addKinds(group.kinds, visit.kinds),
        betweenNs: group.betweenNs + visit.startNs - last.endNs,
      };
      at = next;
    }
    groups.push(group);
  }
  return groups;
}

/** Where the group of visit `at` goes on, or -1. */
function nextOfGroup(visits: readonly Visit[], at: number, isCallLike: (a: Visit, b: Visit) => boolean): number {
  const last = visits[at] as Visit;
  for (let next = at + 1; next <= at + 1 + MAX_STEPS_BETWEEN; next++) {
    const visit = visits[next];
    if (visit === undefined || visit.startNs - last.endNs > lengthOf(last) * MAX_PART_BETWEEN) return -1;
    if (visit.via === last.via && (visit.spanId === last.spanId || isCallLike(last, visit))) return next;
  }
  return -1;
}

function addKinds(a: Visit['kinds'], b: Visit['kinds']): Visit['kinds'] {
  const sum = { ...a };
  for (const [kind, ns] of Object.entries(b) as [SegmentKind, number][]) sum[kind] = (sum[kind] ?? 0) + ns;
  return sum;
}

function lengthOf({ startNs, endNs }: { readonly startNs: number; readonly endNs: number }): number {
  return endNs - startNs;
}

/** A group to show, or a stretch of groups too short to show one by one. */
export type ShownVisit = VisitGroup | { readonly hidden: number; readonly startNs: number; readonly endNs: number };

/** Groups shorter than this part of the run are not shown one by one, unless they are among the longest few. */
const MIN_SHARE = 0.005;
const LONGEST_FEW = 8;

/** Groups, and stretches of groups, shorter than this part of the run are left out: they say nothing. */
const LEAST_SHARE = 0.001;

/** The longest so that at most `max` lines result, in order of time, what is between them counted. */
export function chooseVisits(groups: readonly VisitGroup[], max: number): readonly ShownVisit[] {
  const whole = groups.reduce((sum, group) => sum + lengthOf(group), 0);
  const length = (index: number): number => lengthOf(groups[index] as VisitGroup);
  const longest = Array.from(groups.keys())
    .sort((a, b) => length(b) - length(a) || a - b)
    .slice(0, max)
    .filter((index, i) => i === 0 || length(index) >= whole * (i < LONGEST_FEW ? LEAST_SHARE : MIN_SHARE));
  const leastNs = whole * LEAST_SHARE;
  let shown = longest.length;
  while (shown > 1 && countLines(longest.slice(0, shown), groups, leastNs) > max) shown--;
  return withStretches(groups, new Set(longest.slice(0, shown))).filter(
    (line) => !('hidden' in line) || lengthOf(line) >= leastNs,
  );
}

/** Each shown group is a line, and so is each stretch of others before, between and after them that is long enough. */
function countLines(shown: readonly number[], groups: readonly VisitGroup[], leastNs: number): number {
  const edges = [-1, ...shown.toSorted((a, b) => a - b), groups.length];
  const isLine = (edge: number, i: number): boolean => {
    const [first, last] = [groups[(edges[i - 1] ?? edge) + 1], groups[edge - 1]];
    const isStretch = i > 0 && edge - (edges[i - 1] as number) > 1;
    return isStretch && (last as VisitGroup).endNs - (first as VisitGroup).startNs >= leastNs;
  };
  return shown.length + edges.filter(isLine).length;
}

function withStretches(groups: readonly VisitGroup[], shown: ReadonlySet<number>): readonly ShownVisit[] {
  const lines: ShownVisit[] = [];
  groups.forEach((group, i) => {
    const last = lines.at(-1);
    if (shown.has(i)) lines.push(group);
    else if (last === undefined || !('hidden' in last)) lines.push({ hidden: group.count, ...extentOf(group) });
    else lines[lines.length - 1] = { hidden: last.hidden + group.count, startNs: last.startNs, endNs: group.endNs };
  });
  return lines;
}

function extentOf({ startNs, endNs }: VisitGroup): { readonly startNs: number; readonly endNs: number } {
  return { startNs, endNs };
}
