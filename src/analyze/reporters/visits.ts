import type { SegmentKind, TracePath, Via } from '../report/types.ts';

/** One stay of the critical path in a span: consecutive segments of it that came onto the path in the same way. */
export interface Visit {
  /** null: the virtual root. */
  readonly spanId: string | null;
  readonly startNs: number;
  readonly endNs: number;
  readonly via?: Via;
  readonly waitSpanId?: string;
  /** How long it was what; the sum is the visit's length. */
  readonly kinds: Readonly<Partial<Record<SegmentKind, number>>>;
}

/** In order of time; they tile the run. */
export function visitsOf(path: TracePath): readonly Visit[] {
  const visits: Visit[] = [];
  for (const { spanId, startNs, endNs, kind, via, waitSpanId } of path.segments) {
    const last = visits.at(-1);
    if (last !== undefined && last.spanId === spanId && last.via === via && last.waitSpanId === waitSpanId) {
      const kinds = { ...last.kinds, [kind]: (last.kinds[kind] ?? 0) + endNs - startNs };
      visits[visits.length - 1] = { ...last, endNs, kinds };
      continue;
    }
    visits.push({
      spanId,
      startNs,
      endNs,
      ...(via === undefined ? {} : { via }),
      ...(waitSpanId === undefined ? {} : { waitSpanId }),
      kinds: { [kind]: endNs - startNs },
    });
  }
  return visits;
}

/** Calls of one operation under one parent, one after another, as one line. */
export interface VisitGroup {
  /** The first call. */
  readonly first: Visit;
  readonly count: number;
  readonly startNs: number;
  readonly endNs: number;
  readonly kinds: Visit['kinds'];
  /** The parent's own time between them. */
  readonly betweenNs: number;
}

/** The parent's own time between two calls of a group is at most this part of the call before it. */
const MAX_BETWEEN = 0.1;

/** Every visit as a group; `sameCall` tells whether two visits are of one operation, `isParent` whose time is between. */
export function groupVisits(
  visits: readonly Visit[],
  sameCall: (a: Visit, b: Visit) => boolean,
  isParent: (parent: Visit, child: Visit) => boolean,
): readonly VisitGroup[] {
  const groups: VisitGroup[] = [];
  for (let i = 0; i < visits.length; i++) {
    const first = visits[i] as Visit;
    let group: VisitGroup = { ...first, first, count: 1, betweenNs: 0 };
    let last = first;
    for (;;) {
      const [next, afterNext] = [visits[i + 1], visits[i + 2]];
      const isGap = next !== undefined && isParent(next, last) && lengthOf(next) <= lengthOf(last) * MAX_BETWEEN;
      const call = isGap ? afterNext : next;
      if (call === undefined || !sameCall(last, call)) break;
      group = {
        ...group,
        count: group.count + 1,
        endNs: call.endNs,
        kinds: addKinds(group.kinds, call.kinds),
        betweenNs: group.betweenNs + (isGap ? lengthOf(next) : 0),
      };
      i += isGap ? 2 : 1;
      last = call;
    }
    groups.push(group);
  }
  return groups;
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

/** The longest so that at most `max` lines result, in order of time, what is between them counted. */
export function chooseVisits(groups: readonly VisitGroup[], max: number): readonly ShownVisit[] {
  if (groups.length <= max) return groups;
  const longest = [...groups].sort((a, b) => lengthOf(b) - lengthOf(a) || a.startNs - b.startNs).slice(0, max);
  for (let shown = longest.length - 1; shown > 1; shown--) {
    const lines = withStretches(groups, new Set(longest.slice(0, shown)));
    if (lines.length <= max) return lines;
  }
  return withStretches(groups, new Set(longest.slice(0, 1)));
}

function withStretches(groups: readonly VisitGroup[], shown: ReadonlySet<VisitGroup>): readonly ShownVisit[] {
  const lines: ShownVisit[] = [];
  for (const group of groups) {
    const last = lines.at(-1);
    if (shown.has(group)) lines.push(group);
    else if (last === undefined || !('hidden' in last))
      lines.push({ hidden: group.count, startNs: group.startNs, endNs: group.endNs });
    else lines[lines.length - 1] = { ...last, hidden: last.hidden + group.count, endNs: group.endNs };
  }
  return lines;
}
