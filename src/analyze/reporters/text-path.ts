import type { TraceReport } from '../report/trace-types.ts';
import type { Report } from '../report/types.ts';
import { formatDuration, formatShare, plural } from './format.ts';
import { printable } from './printable.ts';
import { table } from './table.ts';
import { LIST_BELOW, linkLine, paint, paragraph, type TextOptions } from './terminal.ts';
import { shownVisits } from './timeline.ts';
import type { ShownVisit } from './visits.ts';
import { spanWords, visitWords } from './words.ts';

const MAX_OPERATIONS = 8;
const MAX_VISITS = 8;

/** The operations that hold most of the path of all runs. */
export function operationLines(report: Report, options: TextOptions): string[] {
  const onPath = report.criticalPath.byOperation.filter(({ pathNs }) => pathNs > 0);
  const shown = onPath.slice(0, MAX_OPERATIONS);
  if (shown.length === 0) return [];
  const more = onPath.length - shown.length;
  const title = paint(options, 'bold', 'Critical path by operation');
  const rest = more === 0 ? [] : paragraph(options, `… ${plural(more, 'more operation')}`, '  ', 'dim');
  const name = (row: (typeof shown)[number]): string =>
    [row.service, row.operation]
      .filter((text) => text !== '')
      .map(printable)
      .join(' › ') + (row.kind === 'other' ? '' : ` · ${row.kind}`);
  if (options.width < LIST_BELOW) {
    return [
      title,
      ...shown.flatMap((row) => paragraph(options, `${formatShare(row.pathShare)} ${name(row)}`, '  ')),
      ...rest,
    ];
  }
  const columns = [
    { head: 'share', align: 'right' as const },
    { head: 'path time', align: 'right' as const },
    { head: 'p50', align: 'right' as const },
    { head: 'p95', align: 'right' as const },
    { head: 'spans', align: 'right' as const },
    { head: 'operation', flexible: true },
  ];
  const rows = shown.map((row) => ({
    cells: [
      { text: formatShare(row.pathShare) },
      { text: formatDuration(row.pathNs) },
      { text: durationOrNone(row.p50Ns) },
      { text: durationOrNone(row.p95Ns) },
      { text: String(row.spans) },
      { text: name(row) },
    ],
  }));
  return [title, ...table(options, columns, rows), ...rest];
}

export function durationOrNone(ns: number | null): string {
  return ns === null ? 'n/a' : formatDuration(ns);
}

/** From this share of the path on, steps that are not shown one by one call for the table by operation. */
const MUCH_HIDDEN = 0.2;

/** Whether the eight steps leave much of a run's path unsaid. */
export function isMuchHidden(trace: TraceReport): boolean {
  const hidden = shownVisits(trace, MAX_VISITS).filter((visit) => 'hidden' in visit);
  const hiddenNs = hidden.reduce((sum, { startNs, endNs }) => sum + endNs - startNs, 0);
  return hiddenNs > trace.durationNs * MUCH_HIDDEN;
}

/** The path of one run in order of time, in at most eight steps, each with its link. */
export function runPathLines(trace: TraceReport, options: TextOptions): string[] {
  const spans = new Map(trace.spans.map((span) => [span.spanId, span]));
  const shareOf = ({ startNs, endNs }: ShownVisit): string => formatShare((endNs - startNs) / trace.durationNs);
  const rows = shownVisits(trace, MAX_VISITS).map((visit) => {
    const times = [`+${formatDuration(visit.startNs)}`, formatDuration(visit.endNs - visit.startNs), shareOf(visit)];
    if ('hidden' in visit) return { times, text: `… ${plural(visit.hidden, 'shorter step')}`, link: undefined };
    const { spanId } = visit.first;
    const span = spanId === null ? undefined : spans.get(spanId);
    const words = visitWords(visit);
    const how = words === 'self' ? '' : ` (${words})`;
    return { times, text: spanWords(span, trace.rootService, visit.count) + how, link: span?.link };
  });
  const title = paint(options, 'bold', 'The critical path in order of time');
  const linkOf = (link: string | undefined) => (link === undefined ? [] : [linkLine(options, 'open', link, '    ')]);
  if (options.width < LIST_BELOW) {
    const lines = rows.flatMap(({ times, text, link }) => [
      ...paragraph(options, times.join('  '), '  ', 'bold'),
      ...paragraph(options, text, '    '),
      ...linkOf(link),
    ]);
    return [title, ...lines];
  }
  const columns = [
    { head: 'at', align: 'right' as const },
    { head: 'takes', align: 'right' as const },
    { head: 'share', align: 'right' as const },
    { head: 'step', flexible: true },
  ];
  const body = rows.map(({ times, text, link }) => ({
    cells: [...times, text].map((t) => ({ text: t })),
    below: linkOf(link),
  }));
  return [title, ...table(options, columns, body)];
}
