import type { FindingReport } from '../report/finding-types.ts';
import type { AnalysedReport } from '../report/overview.ts';
import type { EntryPointReport, Report } from '../report/types.ts';
import { formatDuration, formatShare, plural } from './format.ts';
import { codeSpan, markdown, markdownLink } from './markdown-text.ts';
import { entryOverview, ownersOf } from './owners.ts';
import { dataLines } from './text.ts';
import { nothingFound, reachWords, savingWords } from './text-findings.ts';
import { distribution, oneRun, partialLines, titleLine, topOwner } from './text-head.ts';

/** So many rows keep the report within what a pull-request comment should have (6 kB). */
const MAX_FINDINGS = 8;
const MAX_OPERATIONS = 5;
const MAX_NAME = 60;
const GLYPH = { critical: '✗', warning: '!', info: '·' } as const;

/** A summary in GitHub's Markdown, for a pull request or a job. */
export function markdownReport(report: AnalysedReport): string {
  const entry = report.entryPoints[0];
  if (entry === undefined) return 'No runs.\n';
  const blocks = [
    `### ${markdown(titleLine(report, entry))}`,
    ...partialLines(report).map((line) => `> ${markdown(line)}`),
    answer(report, entry),
    findings(report),
    operations(report),
    ...dataLines(report).map((line) => `<sub>${markdown(line)}</sub>`),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function answer(report: AnalysedReport, entry: EntryPointReport): string {
  const owners = ownersOf(entryOverview(report, 0));
  const words =
    report.input.traces === 1
      ? oneRun(Number(entry.windowNs), owners)
      : `${distribution(entry)} ${topOwner(owners, entry.traces)}`;
  const bar = owners.map(({ label, share }) => `${markdown(short(label))} **${formatShare(share)}**`).join(' · ');
  return `${markdown(words)}\n\n${bar}`;
}

function findings(report: Report): string {
  if (report.findings.length === 0) return markdown(nothingFound(report));
  const shown = report.findings.slice(0, MAX_FINDINGS);
  const more = report.findings.length - shown.length;
  const rows = shown.map((finding) => findingRow(finding, report));
  const head = '| | what to change | saves | sure | seen in | |\n|---|---|--:|---|--:|---|';
  return `${head}\n${rows.join('\n')}${more > 0 ? `\n\n… and ${plural(more, 'more finding')}` : ''}`;
}

function findingRow(finding: FindingReport, report: Report): string {
  const { severity, confidence, title, fix, occurrences } = finding;
  const link = occurrences[0]?.links?.first;
  const sure = confidence === 'low' ? 'low (possible)' : confidence;
  const cells = [
    `${GLYPH[severity]} ${severity}`,
    `${markdown(short(title, 90))}<br>fix: ${markdown(short(fix, 160))}`,
    markdown(savingWords(finding)),
    sure,
    reachWords(finding, report),
    link === undefined ? '' : markdownLink('open', link),
  ];
  return `| ${cells.join(' | ')} |`;
}

function operations(report: Report): string {
  const shown = report.criticalPath.byOperation.filter(({ pathNs }) => pathNs > 0).slice(0, MAX_OPERATIONS);
  if (shown.length === 0) return '';
  const rows = shown.map(({ service, operation, pathNs, pathShare, p50Ns }) => {
    const name = [service, operation].filter((text) => text !== '').map((text) => codeSpan(short(text)));
    const half = p50Ns === null ? 'n/a' : formatDuration(p50Ns);
    return `| ${formatShare(pathShare)} | ${formatDuration(pathNs)} | ${half} | ${name.join(' › ')} |`;
  });
  return `| path | time | p50 | operation |\n|--:|--:|--:|---|\n${rows.join('\n')}`;
}

function short(text: string, max = MAX_NAME): string {
  const characters = Array.from(text.slice(0, max * 2));
  return characters.length <= max && text.length <= max * 2 ? text : `${characters.slice(0, max - 1).join('')}…`;
}
