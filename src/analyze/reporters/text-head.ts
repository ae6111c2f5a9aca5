import type { AnalysedReport } from '../report/overview.ts';
import type { EntryPointReport, Report } from '../report/types.ts';
import { formatDuration, formatMean, formatPeriod, formatShare, plural } from './format.ts';
import { entryOverview, type Owner, ownersOf } from './owners.ts';
import { printable } from './printable.ts';
import { linkLine, paragraph, type TextOptions } from './terminal.ts';

/** The answer: which runs, how long they take, who holds the path. */
export function headLines(report: AnalysedReport, options: TextOptions): string[] {
  const entry = report.entryPoints[0] as EntryPointReport;
  const overview = entryOverview(report, 0);
  const owners = ownersOf(overview);
  const isOneRun = report.input.traces === 1;
  const lines = [
    ...paragraph(options, titleLine(report, entry), '', 'bold'),
    ...partialLines(report).flatMap((line) => paragraph(options, line, '', 'yellow')),
  ];
  if (isOneRun) lines.push(...paragraph(options, oneRun(Number(entry.windowNs), owners)));
  else {
    lines.push(...paragraph(options, distribution(entry)), ...paragraph(options, topOwner(owners, entry.traces)));
    const { slow, slowest } = overview;
    if (slow !== undefined) lines.push(...paragraph(options, slowRunWords(slow)));
    if (slowest?.link !== undefined)
      lines.push(linkLine(options, `slowest run (${formatDuration(slowest.durationNs)})`, slowest.link, '  '));
  }
  return [...lines, ...barLines(owners, options)];
}

export function entryName({ service, operation }: Pick<EntryPointReport, 'service' | 'operation'>): string {
  return (
    [service, operation]
      .filter((text) => text !== '')
      .map(printable)
      .join(' › ') || '(unnamed)'
  );
}

/** `research-agent › POST /answer · 212 runs · 9 failed · 20 Nov 2026 14:00–15:00 UTC · data: 3 incomplete`. */
export function titleLine(report: Report, entry: EntryPointReport): string {
  const { firstUnixNano, lastUnixNano } = report.input;
  const parts = [entryName(entry), plural(entry.traces, 'run')];
  if (entry.failed > 0) parts.push(entry.traces === 1 ? 'failed' : `${entry.failed} failed`);
  if (firstUnixNano !== undefined && lastUnixNano !== undefined) parts.push(formatPeriod(firstUnixNano, lastUnixNano));
  if (entry.incomplete > 0) parts.push(entry.traces === 1 ? 'incomplete' : `${entry.incomplete} incomplete`);
  return parts.join(' · ');
}

const REASONS: Readonly<Record<string, string>> = {
  interrupted: 'it was interrupted',
  limit: 'the limit on traces was reached',
  cut_input: 'an input is cut off or broken in places',
  source_failed: 'a source failed',
};

/** What the report lacks, one sentence each. */
export function partialLines({ partial, partialReasons, input }: Report): string[] {
  const reasons = partialReasons.map((reason) => REASONS[reason] ?? printable(reason));
  const lines = partial ? [`Not everything was analysed: ${reasons.join('; ')}.`] : [];
  const skipped = input.skipped.slice(0, 3).map(({ source, line, byte, reason, count }) => {
    const at = line !== undefined ? ` line ${line}` : byte !== undefined ? ` byte ${byte}` : '';
    return `Skipped in ${printable(source)}${at}: ${printable(reason)}${count > 1 ? ` (${count}×)` : ''}.`;
  });
  const more = input.skipped.length - skipped.length;
  return [...lines, ...skipped, ...(more > 0 ? [`… and ${plural(more, 'more place')} skipped.`] : [])];
}

/** `Half of the runs take 8.2 s or more; 1 in 20 takes over 21.4 s.` */
export function distribution({ p50Ns, p95Ns, traces, incomplete }: EntryPointReport): string {
  const n = traces - incomplete;
  if (p50Ns === null) return `How long runs take cannot be said yet (n = ${n} complete: too few).`;
  const half = `Half of the runs take ${formatDuration(p50Ns)} or more`;
  return p95Ns === null
    ? `${half} (the slowest 1 in 20: n = ${n}, too few).`
    : `${half}; 1 in 20 takes over ${formatDuration(p95Ns)}.`;
}

/** `api.openai.com holds 46 % of the critical path: 5 calls a run.` */
export function topOwner(owners: readonly Owner[], runs: number): string {
  const largest = [...owners].sort((a, b) => b.ns - a.ns)[0];
  if (largest === undefined) return 'The runs take no time.';
  const party = owners.find((owner) => owner.party !== undefined);
  if (party?.party === undefined)
    return `${capital(largest.label)} ${holds(largest)} ${formatShare(largest.share)} of the critical path.`;
  const { calls } = party.party;
  const callWords = `${formatMean(calls, runs)} ${calls === runs ? 'call' : 'calls'} a run`;
  const words = `${party.label} holds ${formatShare(party.share)} of the critical path: ${callWords}`;
  return largest === party
    ? `${words}.`
    : `${words}; ${largest.label} ${holds(largest)} more, ${formatShare(largest.share)}.`;
}

/** `own code holds`, `internal services hold`. */
function holds({ label, party }: Owner): string {
  return party === undefined && label.endsWith('s') ? 'hold' : 'holds';
}

/** Other time may have been shorter in the slow runs: then one party alone makes up for more than the difference. */
function slowRunWords({ runs, excessNs, largest }: NonNullable<ReturnType<typeof entryOverview>['slow']>): string {
  const which = `The slowest 5 % (${plural(runs, 'run')}) ${runs === 1 ? 'takes' : 'take'}`;
  const name = printable(largest.name);
  const part =
    largest.excessNs > excessNs
      ? `${name} alone takes ${formatDuration(largest.excessNs)} longer`
      : `${formatShare(Math.max(largest.excessNs / excessNs, 0))} of that is ${name}`;
  return `${which} ${formatDuration(excessNs)} longer; ${part}.`;
}

/** `This run took 8.2 s. 3.8 s (46 %) was api.openai.com (5 calls), 2.1 s (26 %) own code.` */
export function oneRun(durationNs: number, owners: readonly Owner[]): string {
  const largest = [...owners].sort((a, b) => b.ns - a.ns).filter(({ share }) => share >= 0.05);
  const parts = largest.slice(0, 3).map(({ label, ns, share, party }, i) => {
    const calls = party === undefined ? '' : ` (${plural(party.calls, 'call')})`;
    return `${formatDuration(ns)} (${formatShare(share)}) ${i === 0 ? 'was ' : ''}${label}${calls}`;
  });
  return `This run took ${formatDuration(durationNs)}.${parts.length === 0 ? '' : ` ${parts.join(', ')}.`}`;
}

/** `[api.openai.com 46 % | own code 31 % | …]`. */
export function barLines(owners: readonly Owner[], options: TextOptions): string[] {
  if (owners.length === 0) return [];
  const parts = owners.map(({ label, share }) => `${label} ${formatShare(share)}`);
  return paragraph(options, `[${parts.join(' | ')}]`, '', 'cyan');
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
