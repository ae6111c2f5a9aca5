import type { FlagReport, TraceReport } from '../report/types.ts';
import { formatDuration, formatShare, plural } from './format.ts';
import { printable } from './printable.ts';
import { flagWords } from './words.ts';

const MAX_SETS = 5;
const MAX_NAMES = 3;

/** What to know before believing a path: how it was found, what ends with it, what went on, what was odd. */
export function explainNotes(trace: TraceReport): string[] {
  return [...howNotes(trace), ...coCriticalNotes(trace), ...tailNotes(trace), ...flagNotes(trace)];
}

function howNotes({ criticalPath: { how }, durationNs }: TraceReport): string[] {
  if (durationNs === 0) return [];
  const parts = [
    [how.directNs, 'direct'],
    [how.hoistedNs, 'hoisted'],
    [how.throughWaitNs, 'through waits'],
    [how.adoptedNs, 'adopted'],
  ] as const;
  const found = parts.filter(([ns]) => ns > 0).map(([ns, word]) => `${formatShare(ns / durationNs)} ${word}`);
  const notes = [`How the path was found: ${found.join(', ')}.`];
  if (how.hoistedNs > 0) {
    notes.push('Hoisted time may be work nobody waited for that happened to end in a gap.');
  }
  if (how.throughWaitNs > 0) notes.push('Time through waits: a span only waited, and other work explains it.');
  return notes;
}

function coCriticalNotes(trace: TraceReport): string[] {
  const names = namesOf(trace);
  const notes = trace.criticalPath.coCritical
    .slice(0, MAX_SETS)
    .map(
      ([first, ...others]) => `Shortening ${names([first ?? ''])} alone saves nothing: ${names(others)} end with it.`,
    );
  const more = trace.criticalPath.coCritical.length - notes.length;
  return more > 0 ? [...notes, `… and ${plural(more, 'more such set')}.`] : notes;
}

function tailNotes(trace: TraceReport): string[] {
  const tails = new Set(trace.flags.filter(({ flag }) => flag === 'async-tail').map(({ spanId }) => spanId));
  const spans = trace.spans.filter(({ spanId }) => tails.has(spanId));
  const longest = spans.reduce((end, span) => Math.max(end, span.startNs + span.durationNs), 0) - trace.durationNs;
  if (longest <= 0) return [];
  const names = namesOf(trace)(spans.map(({ spanId }) => spanId));
  return [`Work goes on for ${formatDuration(longest)} after the run has ended: ${names}.`];
}

/** One sentence for each sort of flag. */
function flagNotes(trace: TraceReport): string[] {
  const bySort = new Map<string, FlagReport[]>();
  for (const flag of trace.flags) {
    const same = bySort.get(flag.flag);
    if (same === undefined) bySort.set(flag.flag, [flag]);
    else same.push(flag);
  }
  const names = namesOf(trace);
  return Array.from(bySort, ([flag, flags]) => {
    const spanIds = flags.flatMap(({ spanId }) => (spanId === undefined ? [] : [spanId]));
    const which = spanIds.length === 0 ? '' : `: ${names(spanIds)}`;
    return `${flagWords(flag, flags.length)}${which}.`;
  });
}

/** `chat, POST and 3 more`. */
function namesOf(trace: TraceReport): (spanIds: readonly string[]) => string {
  const spans = new Map(trace.spans.map(({ spanId, operation }) => [spanId, operation]));
  return (spanIds) => {
    const names = spanIds.slice(0, MAX_NAMES).map((spanId) => printable(spans.get(spanId) ?? spanId));
    const more = spanIds.length - names.length;
    return names.join(', ') + (more > 0 ? ` and ${more} more` : '');
  };
}
