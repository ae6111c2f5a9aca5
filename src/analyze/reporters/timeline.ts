import type { SpanReport, TraceReport } from '../report/types.ts';
import { chooseVisits, groupVisits, type ShownVisit, type Visit, visitsOf } from './visits.ts';

/** A line of an indented timeline. */
export type TimelineRow =
  /** A span above the next visit, in which the path itself is not. */
  | { readonly row: 'ancestor'; readonly level: number; readonly span: SpanReport }
  /** Ancestors too many to show. */
  | { readonly row: 'levels'; readonly level: number; readonly count: number }
  | { readonly row: 'visit'; readonly level: number; readonly visit: ShownVisit };

/** So many new ancestors are shown one by one; of more, the outermost and the innermost. */
const MAX_ANCESTORS = 4;

/**
 * The path in order of time under its spans' ancestors, each ancestor where it first holds the path. Of long paths the
 * `maxVisits` longest stays; the work is bounded by these, not by the depth of the trace.
 */
export function timelineOf(trace: TraceReport, maxVisits: number): readonly TimelineRow[] {
  const spans = new Map(trace.spans.map((span) => [span.spanId, span]));
  const rows: TimelineRow[] = [];
  let open = new Map<string, number>();
  for (const visit of shownVisits(trace, maxVisits)) {
    const spanId = 'hidden' in visit ? null : visit.first.spanId;
    if (spanId === null) {
      rows.push({ row: 'visit', level: 0, visit });
      continue;
    }
    const chain = ancestorsOf(spanId, spans);
    const known = chain.findLastIndex(({ spanId }) => open.has(spanId));
    const next = new Map<string, number>();
    for (const { spanId } of chain.slice(0, known + 1)) next.set(spanId, open.get(spanId) ?? 0);
    let level = known < 0 ? 0 : (open.get(chain[known]!.spanId) ?? 0) + 1;
    level = openAncestors(chain.slice(known + 1), level, rows, next);
    rows.push({ row: 'visit', level, visit });
    open = next.set(spanId, level);
  }
  return rows;
}

/** The path in at most `max` lines: equal calls that follow each other as one, the shortest stays counted. */
export function shownVisits(trace: TraceReport, max: number): readonly ShownVisit[] {
  const spans = new Map(trace.spans.map((span) => [span.spanId, span]));
  const spanOf = ({ spanId }: Visit): SpanReport | undefined => (spanId === null ? undefined : spans.get(spanId));
  const isCallLike = (a: Visit, b: Visit): boolean => {
    const [left, right] = [spanOf(a), spanOf(b)];
    if (left === undefined || right === undefined) return false;
    const isOneOperation = left.operation === right.operation && left.service === right.service;
    return isOneOperation && left.party === right.party && left.parentSpanId === right.parentSpanId;
  };
  return chooseVisits(groupVisits(visitsOf(trace.criticalPath), isCallLike), max);
}

/** Outermost first. A report that was tampered with may hold a cycle: nothing is visited twice. */
function ancestorsOf(spanId: string, spans: ReadonlyMap<string, SpanReport>): readonly SpanReport[] {
  const chain: SpanReport[] = [];
  const seen = new Set([spanId]);
  let at = spans.get(spanId)?.parentSpanId ?? null;
  while (at !== null && !seen.has(at)) {
    seen.add(at);
    const span = spans.get(at);
    if (span === undefined) break;
    chain.push(span);
    at = span.parentSpanId;
  }
  return chain.reverse();
}

/** Adds rows for the ancestors from `level` on and notes their levels; returns the level below them. */
function openAncestors(
  ancestors: readonly SpanReport[],
  level: number,
  rows: TimelineRow[],
  levels: Map<string, number>,
): number {
  const hidden = ancestors.length > MAX_ANCESTORS ? ancestors.length - 2 : 0;
  let at = level;
  ancestors.forEach((span, i) => {
    levels.set(span.spanId, at);
    if (hidden === 0 || i === 0 || i > hidden) rows.push({ row: 'ancestor', level: at++, span });
    else if (i === hidden) rows.push({ row: 'levels', level: at++, count: hidden });
  });
  return at;
}
