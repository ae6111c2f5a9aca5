import type { SpanReport, TraceReport } from '../report/trace-types.ts';
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
 * `maxVisits` longest stays; walking up stops at what is open already, so that depth costs nothing twice.
 */
export function timelineOf(trace: TraceReport, maxVisits: number): readonly TimelineRow[] {
  const spans = new Map(trace.spans.map((span) => [span.spanId, span]));
  const rows: TimelineRow[] = [];
  const open: OpenSpans = { ids: [], levels: [], position: new Map() };
  for (const visit of shownVisits(trace, maxVisits)) {
    const spanId = 'hidden' in visit ? null : visit.first.spanId;
    if (spanId === null) {
      rows.push({ row: 'visit', level: 0, visit });
      continue;
    }
    const { parent, between } = ancestorsOf(spanId, spans, open);
    closeBelow(open, parent);
    openAncestors(between, rows, open);
    const level = nextLevel(open);
    rows.push({ row: 'visit', level, visit });
    push(open, spanId, level);
  }
  return rows;
}

/** The spans from the outermost to the one last visited, with the levels at which they were shown. */
interface OpenSpans {
  readonly ids: string[];
  readonly levels: number[];
  readonly position: Map<string, number>;
}

function nextLevel({ levels }: OpenSpans): number {
  return (levels.at(-1) ?? -1) + 1;
}

function push(open: OpenSpans, spanId: string, level: number): void {
  open.position.set(spanId, open.ids.length);
  open.ids.push(spanId);
  open.levels.push(level);
}

function closeBelow({ ids, levels, position }: OpenSpans, last: number): void {
  while (ids.length > last + 1) {
    position.delete(ids.pop() as string);
    levels.pop();
  }
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

/**
 * The innermost open ancestor (its position, or -1) and, outermost first, what lies between it and the span. A report
 * that was tampered with may hold a cycle: nothing is visited twice.
 */
function ancestorsOf(spanId: string, spans: ReadonlyMap<string, SpanReport>, open: OpenSpans) {
  const between: SpanReport[] = [];
  const seen = new Set([spanId]);
  let at = spans.get(spanId)?.parentSpanId ?? null;
  while (at !== null && !seen.has(at)) {
    const parent = open.position.get(at);
    if (parent !== undefined) return { parent, between: between.reverse() };
    seen.add(at);
    const span = spans.get(at);
    if (span === undefined) break;
    between.push(span);
    at = span.parentSpanId;
  }
  return { parent: -1, between: between.reverse() };
}

/** Opens the ancestors, with a row for each or, of many, for the outermost, the innermost and those between. */
function openAncestors(ancestors: readonly SpanReport[], rows: TimelineRow[], open: OpenSpans): void {
  const hidden = ancestors.length > MAX_ANCESTORS ? ancestors.length - 2 : 0;
  let level = nextLevel(open);
  ancestors.forEach((span, i) => {
    push(open, span.spanId, level);
    if (hidden === 0 || i === 0 || i > hidden) rows.push({ row: 'ancestor', level: level++, span });
    else if (i === hidden) rows.push({ row: 'levels', level: level++, count: hidden });
  });
}
