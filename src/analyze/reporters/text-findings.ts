import type { FindingReport } from '../report/finding-types.ts';
import type { TraceReport } from '../report/trace-types.ts';
import type { Report } from '../report/types.ts';
import { formatDuration, formatRange, plural } from './format.ts';
import { printable } from './printable.ts';
import { table } from './table.ts';
import { LIST_BELOW, linkLine, type Paint, paint, paragraph, spell, type TextOptions } from './terminal.ts';

const SEVERITY: Readonly<Record<FindingReport['severity'], { glyph: string; ascii: string; paint: Paint }>> = {
  critical: { glyph: '✗', ascii: 'x', paint: 'red' },
  warning: { glyph: '!', ascii: '!', paint: 'yellow' },
  info: { glyph: '·', ascii: '.', paint: 'dim' },
};

/** Findings by rank, then, apart, those that are only possible (confidence low); or that there are none, and why. */
export function findingLines(report: Report, options: TextOptions): string[] {
  const ranked = report.findings.map((finding, i) => ({ finding, rank: i + 1 }));
  const sure = ranked.filter(({ finding }) => finding.confidence !== 'low');
  const possible = ranked.filter(({ finding }) => finding.confidence === 'low');
  const lines = sure.length > 0 ? list(report, sure, options) : paragraph(options, nothingFound(report));
  if (possible.length === 0) return lines;
  return [...lines, '', paint(options, 'bold', 'Possible, not sure'), ...list(report, possible, options)];
}

/** `No waste found by 2 rules. 1 could not look: add `gen_ai.tool.name`.` */
export function nothingFound({ dataQuality: { ran, blind }, findings }: Report): string {
  const sure = findings.length > 0 ? 'No certain waste found' : 'No waste found';
  const found = ran.length === 0 ? 'No rule looked for waste.' : `${sure} by ${plural(ran.length, 'rule')}.`;
  return blind.length === 0 ? found : `${found} ${couldNotLook(blind)}`;
}

export function couldNotLook(blind: Report['dataQuality']['blind']): string {
  const rules = new Set(blind.map(({ detector }) => detector)).size;
  const needs = [...new Set(blind.flatMap((b) => b.needs))].map((need) => `\`${printable(need)}\``);
  return `${rules} could not look: add ${needs.join(', ')}.`;
}

/** Below this many columns the range of a saving stands under its row, so that the title has room. */
const RANGE_FROM = 100;

const MAX_NEAR_MISSES = 5;

/** The repeats of a trace that are no findings, and why. */
export function nearMissLines(report: Report, { traceId }: TraceReport, options: TextOptions): string[] {
  const missed = report.nearMisses.filter((miss) => miss.traceId === traceId);
  if (missed.length === 0) return [];
  const lines = missed
    .slice(0, MAX_NEAR_MISSES)
    .flatMap(({ fingerprint, count, rule, reason }) =>
      paragraph(options, `${count} × ${printable(fingerprint)}: ${printable(reason)} (${printable(rule)})`, '  '),
    );
  const more = missed.length - MAX_NEAR_MISSES;
  const rest = more > 0 ? [`  ${spell(options, `… ${more} more`)}`] : [];
  return [paint(options, 'bold', 'Looked at and not counted as waste'), ...lines, ...rest];
}

interface Ranked {
  readonly finding: FindingReport;
  readonly rank: number;
}

function list(report: Report, ranked: readonly Ranked[], options: TextOptions): string[] {
  return options.width < LIST_BELOW
    ? ranked.flatMap((item) => asList(report, item, options))
    : asTable(report, ranked, options);
}

function asTable(report: Report, ranked: readonly Ranked[], options: TextOptions): string[] {
  const columns = [
    { head: '#', align: 'right' as const },
    { head: 'severity' },
    { head: 'what to change', flexible: true },
    { head: 'saves', align: 'right' as const },
    { head: 'sure' },
    { head: 'seen in', align: 'right' as const },
  ];
  const rows = ranked.map(({ finding, rank }) => ({
    cells: [
      { text: String(rank) },
      { text: severityWords(finding, options), paint: SEVERITY[finding.severity].paint },
      { text: printable(finding.title), paint: 'bold' as const },
      { text: savingWords(finding, options.width >= RANGE_FROM) },
      { text: finding.confidence },
      { text: reachWords(finding, report) },
    ],
    below: below(finding, options, '    ', options.width < RANGE_FROM),
  }));
  return table(options, columns, rows);
}

function asList(report: Report, { finding, rank }: Ranked, options: TextOptions): string[] {
  const severity = severityWords(finding, options);
  const isReasonBelow = finding.savingNs === null && finding.savingNullReason !== undefined;
  const saving = finding.savingNs === null ? savingWords(finding) : `saves ${savingWords(finding)}`;
  return [
    `${rank} ${paint(options, SEVERITY[finding.severity].paint, severity)}, ${finding.confidence} confidence`,
    ...paragraph(options, printable(finding.title), '  ', 'bold'),
    ...paragraph(options, `${isReasonBelow ? '' : `${saving}, `}seen in ${reachWords(finding, report)}`, '  '),
    ...below(finding, options, '  ', false),
  ];
}

function below(finding: FindingReport, options: TextOptions, indent: string, isRangeHere: boolean): string[] {
  const { savingNs, savingNullReason } = finding;
  const notes = [];
  if (savingNs === null && savingNullReason !== undefined)
    notes.push(`no time claimed: ${printable(savingNullReason)}`);
  if (savingNs !== null && isRangeHere && savingNs.low !== savingNs.high) {
    notes.push(`saves ${formatRange(savingNs.low, savingNs.high)}`);
  }
  const parent = [finding.service, finding.operation].filter((text) => text !== '').map(printable);
  const where = parent.length === 0 ? '' : ` (in ${parent.join(' › ')})`;
  notes.push(`fix: ${printable(finding.fix)}${where}`);
  const lines = paragraph(options, notes.join('; '), indent, 'dim');
  const link = finding.occurrences[0]?.links?.first;
  return link === undefined ? lines : [...lines, linkLine(options, 'open', link, indent)];
}

function severityWords({ severity }: FindingReport, options: TextOptions): string {
  return `${options.ascii ? SEVERITY[severity].ascii : SEVERITY[severity].glyph} ${severity}`;
}

/** `−2.1 s [1.6–2.4 s]`. */
export function savingWords({ savingNs }: FindingReport, withRange = true): string {
  if (savingNs === null) return 'no time claimed';
  const { low, likely, high } = savingNs;
  const range = low === high || !withRange ? '' : ` [${formatRange(low, high)}]`;
  return `${likely > 0 ? '−' : ''}${formatDuration(likely)}${range}`;
}

/** `188/212 runs`. */
export function reachWords({ reach }: FindingReport, { input }: Report): string {
  return `${reach.traces}/${plural(input.traces, 'run')}`;
}
