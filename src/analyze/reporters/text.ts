import type { AnalysedReport } from '../report/overview.ts';
import type { EntryPointReport, LostSpansReport, Report } from '../report/types.ts';
import { formatCount, formatShare, plural } from './format.ts';
import { printable } from './printable.ts';
import { table } from './table.ts';
import { LIST_BELOW, paint, paragraph, type TextOptions } from './terminal.ts';
import { couldNotLook, findingLines } from './text-findings.ts';
import { entryName, headLines } from './text-head.ts';
import { durationOrNone, isMuchHidden, operationLines, runPathLines } from './text-path.ts';
import { flagWords } from './words.ts';

const MAX_ENTRY_POINTS = 8;

/** The answer in 30 seconds: whose time it is, what to change, where the time goes. */
export function textReport(report: AnalysedReport, options: TextOptions): string {
  if (report.entryPoints.length === 0) return 'No runs.\n';
  const [trace] = report.traces;
  const isOneRun = report.input.traces === 1 && trace !== undefined;
  const sections = [
    headLines(report, options),
    findingLines(report, options),
    isOneRun ? runPathLines(trace, options) : [],
    !isOneRun || isMuchHidden(trace) ? operationLines(report, options) : [],
    entryPointLines(report, options),
    dataLines(report).flatMap((line) => paragraph(options, line, '', 'dim')),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** The other entry points and a row for all runs; nothing where there is one. */
function entryPointLines(report: Report, options: TextOptions): string[] {
  const { entryPoints, input } = report;
  if (entryPoints.length < 2) return [];
  const shown = entryPoints.slice(0, MAX_ENTRY_POINTS);
  const sum = (count: (entry: EntryPointReport) => number): number => entryPoints.reduce((n, e) => n + count(e), 0);
  const more = entryPoints.length - shown.length;
  const title = paint(options, 'bold', 'Entry points, by total time');
  const rest = more === 0 ? [] : paragraph(options, `… ${plural(more, 'more entry point')}`, '  ', 'dim');
  const rows = [
    ...shown.map((e) => ({
      name: entryName(e),
      runs: e.traces,
      failed: e.failed,
      p50: durationOrNone(e.p50Ns),
      p95: durationOrNone(e.p95Ns),
      time: shareOf(e, report),
    })),
    { name: 'all', runs: input.traces, failed: sum((e) => e.failed), p50: '', p95: '', time: '100 %' },
  ];
  if (options.width < LIST_BELOW) {
    const words = rows.map(({ name, runs, time }) => `${name}: ${plural(runs, 'run')}, ${time} of the time`);
    return [title, ...words.flatMap((line) => paragraph(options, line, '  ')), ...rest];
  }
  const right = 'right' as const;
  const columns = [
    { head: 'entry point', flexible: true },
    ...['runs', 'failed', 'p50', 'p95', 'time'].map((head) => ({ head, align: right })),
  ];
  const body = rows.map(({ name, runs, failed, p50, p95, time }) => ({
    cells: [name, formatCount(runs), formatCount(failed), p50, p95, time].map((text) => ({ text })),
  }));
  return [title, ...table(options, columns, body), ...rest];
}

function shareOf({ windowNs }: EntryPointReport, { criticalPath: { durationNs } }: Report): string {
  return formatShare(Number(durationNs) === 0 ? 0 : Number(windowNs) / Number(durationNs));
}

function lostSpanLines({ service, dropped, refused, sampledOut = 0 }: LostSpansReport): string[] {
  const ofService = service === '' ? '' : `, of ${printable(service)}`;
  const reasons = [
    ...(dropped === 0 ? [] : [`${plural(dropped, 'span was', 'spans were')} dropped by the instrumentation (no room)`]),
    ...(refused === 0 ? [] : [`${plural(refused, 'span was', 'spans were')} refused by a receiver`]),
  ];
  const left = `Sampled: ${plural(sampledOut, 'span was', 'spans were')} left out on purpose${ofService}; what is said is of the runs that were kept.`;
  return [
    ...(reasons.length === 0 ? [] : [`Lost: ${reasons.join(' and ')}${ofService}.`]),
    ...(sampledOut === 0 ? [] : [left]),
  ];
}

/** What is wrong with the data, one sentence each. */
export function dataLines({ dataQuality, failures, findings, input }: Report): string[] {
  const repairs = Object.entries(dataQuality.repairs).map(([flag, count]) => flagWords(flag, count));
  const incomplete = plural(dataQuality.incompleteTraces, 'run is', 'runs are');
  const lines = [];
  if (dataQuality.incompleteTraces > 0 && input.traces > 0) {
    lines.push(`${incomplete} incomplete (lost spans, or still running): no savings claimed there.`);
  }
  lines.push(...(dataQuality.lostSpans ?? []).flatMap(lostSpanLines));
  if (repairs.length > 0) lines.push(`Data: ${repairs.join('; ')}.`);
  if (dataQuality.blind.length > 0 && findings.some(({ confidence }) => confidence !== 'low')) {
    lines.push(`Rules: ${couldNotLook(dataQuality.blind)}`);
  }
  const broken = new Set(failures.map(({ detector }) => detector));
  if (broken.size > 0) lines.push(`Broken rules: ${[...broken].join(', ')}; please report it.`);
  return lines;
}
