import type { AnalysedReport } from '../report/overview.ts';
import type { SegmentKind, SpanReport, TraceReport } from '../report/trace-types.ts';
import { explainNotes } from './explain-notes.ts';
import { formatDuration, formatShare, plural } from './format.ts';
import { ownersOf, traceOverview } from './owners.ts';
import { printable } from './printable.ts';
import { type Cell, table } from './table.ts';
import { LIST_BELOW, linkLine, paint, paragraph, type TextOptions } from './terminal.ts';
import { findingLines, nearMissLines } from './text-findings.ts';
import { barLines, entryName, oneRun, partialLines } from './text-head.ts';
import { type TimelineRow, timelineOf } from './timeline.ts';
import type { ShownVisit, VisitGroup } from './visits.ts';
import { spanWords, visitWords } from './words.ts';

/** Stays of the path that are shown one by one. */
const MAX_VISITS = 40;
const MAX_INDENT = 20;

/** One trace's critical path as an indented timeline, and what to know about it. The trace is the report's first. */
export function explainText(report: AnalysedReport, options: TextOptions): string {
  const [trace] = report.traces;
  if (trace === undefined) return 'No trace.\n';
  const owners = ownersOf(traceOverview(report, trace));
  const head = [
    ...paragraph(options, titleOf(trace), '', 'bold'),
    ...(trace.links === undefined ? [] : [linkLine(options, 'open', trace.links.trace, '  ')]),
    ...partialLines(report).flatMap((line) => paragraph(options, line, '', 'yellow')),
    ...paragraph(options, oneRun(trace.durationNs, owners)),
    ...barLines(owners, options),
  ];
  const sections = [
    head,
    timelineLines(trace, options),
    explainNotes(trace).flatMap((note) => paragraph(options, note)),
    findingLines(report, options),
    nearMissLines(report, trace, options),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function titleOf(trace: TraceReport): string {
  const name = entryName({ service: trace.rootService, operation: trace.rootName });
  const start = new Date(Number(BigInt(trace.startUnixNano) / 1_000_000n)).toISOString();
  const parts = [`trace ${printable(trace.traceId)}`, name, start];
  if (trace.failed) parts.push('failed');
  if (!trace.complete) parts.push('incomplete');
  return parts.join(' · ');
}

const BARS: Readonly<Record<SegmentKind | 'ancestor', readonly [unicode: string, ascii: string]>> = {
  self: ['█', '#'],
  overlapped: ['▒', '~'],
  wait: ['░', '!'],
  untraced: ['·', '?'],
  ancestor: ['─', '-'],
};

function timelineLines(trace: TraceReport, options: TextOptions): string[] {
  const spans = new Map(trace.spans.map((span) => [span.spanId, span]));
  const rows = timelineOf(trace, MAX_VISITS);
  const isList = options.width < LIST_BELOW;
  const title = paint(options, 'bold', 'The critical path in order of time');
  if (isList) return [title, ...rows.flatMap((row) => listRow(row, trace, spans, options))];
  const barWidth = Math.min(Math.floor(options.width / 8), 30);
  const body = rows.map((row) => ({
    cells: cellsOf(row, trace, spans, barWidth, options),
    below: linksOf(row, spans, options, ' '.repeat(4)),
  }));
  const right = 'right' as const;
  const columns = [
    ...['at', 'takes', 'share'].map((head) => ({ head, align: right })),
    { head: '' },
    { head: 'span', flexible: true },
  ];
  return [title, ...table(options, columns, body), ...legend(rows, options)];
}

type Spans = ReadonlyMap<string, SpanReport>;

function cellsOf(row: TimelineRow, trace: TraceReport, spans: Spans, barWidth: number, options: TextOptions): Cell[] {
  const text = ' '.repeat(Math.min(row.level, MAX_INDENT)) + wordsOf(row, trace, spans);
  if (row.row === 'levels') return [...['', '', '', ''].map((t) => ({ text: t })), { text, paint: 'dim' }];
  const { startNs, endNs } = extentOf(row);
  const bar = barOf(row, trace.durationNs, barWidth, options);
  if (row.row === 'ancestor') {
    const times = [`+${formatDuration(startNs)}`, formatDuration(endNs - startNs), ''];
    return [...times, bar, text].map((t) => ({ text: t, paint: 'dim' as const }));
  }
  const times = [`+${formatDuration(startNs)}`, formatDuration(endNs - startNs), shareOf(row.visit, trace)];
  return [...times.map((t) => ({ text: t })), { text: bar, paint: 'cyan' }, { text }];
}

function listRow(row: TimelineRow, trace: TraceReport, spans: Spans, options: TextOptions): string[] {
  const indent = '  '.repeat(Math.min(row.level, 4) + 1);
  if (row.row !== 'visit') return paragraph(options, wordsOf(row, trace, spans), indent, 'dim');
  const { startNs, endNs } = row.visit;
  const times = `+${formatDuration(startNs)}, ${formatDuration(endNs - startNs)}, ${shareOf(row.visit, trace)}`;
  return [
    ...paragraph(options, times, indent, 'bold'),
    ...paragraph(options, wordsOf(row, trace, spans), `${indent}  `),
    ...linksOf(row, spans, options, `${indent}  `),
  ];
}

function shareOf({ startNs, endNs }: ShownVisit, { durationNs }: TraceReport): string {
  return formatShare((endNs - startNs) / durationNs);
}

function extentOf(row: Exclude<TimelineRow, { row: 'levels' }>): { startNs: number; endNs: number } {
  return row.row === 'visit' ? row.visit : { startNs: row.span.startNs, endNs: row.span.startNs + row.span.durationNs };
}

function wordsOf(row: TimelineRow, trace: TraceReport, spans: Spans): string {
  if (row.row === 'levels') return `… ${plural(row.count, 'level')} deeper`;
  if (row.row === 'ancestor') return spanWords(row.span, trace.rootService);
  const { visit } = row;
  if ('hidden' in visit) return `… ${plural(visit.hidden, 'shorter step')}`;
  const { spanId } = visit.first;
  const span = spanId === null ? undefined : spans.get(spanId);
  return `${spanWords(span, trace.rootService, visit.count)} (${visitWords(visit)})`;
}

function linksOf(row: TimelineRow, spans: Spans, options: TextOptions, indent: string): string[] {
  if (row.row !== 'visit' || 'hidden' in row.visit) return [];
  const link = spans.get(row.visit.first.spanId ?? '')?.link;
  return link === undefined ? [] : [linkLine(options, 'open', link, indent)];
}

/** Where in the run: at least one character, cut to the window. */
function barOf(row: Exclude<TimelineRow, { row: 'levels' }>, durationNs: number, width: number, options: TextOptions) {
  const { startNs, endNs } = extentOf(row);
  const column = (ns: number): number => Math.min(Math.max(ns / durationNs, 0), 1) * width;
  const from = Math.min(Math.floor(column(startNs)), width - 1);
  const to = Math.max(Math.ceil(column(endNs)), from + 1);
  return ' '.repeat(from) + signOf(row, options).repeat(to - from);
}

function signOf(row: Exclude<TimelineRow, { row: 'levels' }>, { ascii }: TextOptions): string {
  const isSpan = row.row === 'visit' && !('hidden' in row.visit);
  const kind = row.row === 'ancestor' ? 'ancestor' : isSpan ? mainKind(row.visit as VisitGroup) : 'self';
  return BARS[kind][ascii ? 1 : 0];
}

function mainKind({ kinds }: VisitGroup): SegmentKind {
  const all = Object.entries(kinds) as [SegmentKind, number][];
  return all.reduce((most, one) => (one[1] > most[1] ? one : most))[0];
}

/** What the signs of the bars mean, those that occur. */
function legend(rows: readonly TimelineRow[], options: TextOptions): string[] {
  const kinds = new Set(rows.flatMap((r) => (r.row === 'visit' && !('hidden' in r.visit) ? [mainKind(r.visit)] : [])));
  const words: readonly [SegmentKind, string][] = [
    ['self', 'own time'],
    ['overlapped', 'own time while others ran'],
    ['wait', 'waiting'],
    ['untraced', 'nothing recorded'],
  ];
  const present = words.filter(([kind]) => kinds.has(kind));
  if (present.length < 2) return [];
  const signs = present.map(([kind, text]) => `${BARS[kind][options.ascii ? 1 : 0]} ${text}`);
  return paragraph(options, `Bars: ${signs.join(', ')}.`, '', 'dim');
}
