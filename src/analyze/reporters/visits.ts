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

/** A visit to show, or a stretch of visits too short to show one by one. */
export type ShownVisit = Visit | { readonly hidden: number; readonly startNs: number; readonly endNs: number };

/** The longest visits so that at most `max` lines result, in order of time, what is between them counted. */
export function chooseVisits(visits: readonly Visit[], max: number): readonly ShownVisit[] {
  if (visits.length <= max) return visits;
  const length = ({ startNs, endNs }: Visit): number => endNs - startNs;
  const longest = [...visits].sort((a, b) => length(b) - length(a) || a.startNs - b.startNs).slice(0, max);
  for (let shown = longest.length - 1; shown > 1; shown--) {
    const lines = withStretches(visits, new Set(longest.slice(0, shown)));
    if (lines.length <= max) return lines;
  }
  return withStretches(visits, new Set(longest.slice(0, 1)));
}

function withStretches(visits: readonly Visit[], shown: ReadonlySet<Visit>): readonly ShownVisit[] {
  const lines: ShownVisit[] = [];
  for (const visit of visits) {
    const last = lines.at(-1);
    if (shown.has(visit)) lines.push(visit);
    else if (last === undefined || !('hidden' in last))
      lines.push({ hidden: 1, startNs: visit.startNs, endNs: visit.endNs });
    else lines[lines.length - 1] = { ...last, hidden: last.hidden + 1, endNs: visit.endNs };
  }
  return lines;
}
