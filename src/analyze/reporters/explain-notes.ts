import type { FlagReport, TraceReport } from '../report/trace-types.ts';
import { formatDuration, formatShare, plural } from './format.ts';
import { printable } from './printable.ts';
import { shorten } from './terminal.ts';
import { flagWords } from './words.ts';

const MAX_SETS = 5;
const MAX_NAMES = 3;
const MAX_NAME = 60;

/** What to know before believing a path: how it was found, what ends with it, what went on, what was odd. */
export function explainNotes(trace: TraceReport): string[] {
  return [...howNotes(trace), ...coCriticalNotes(trace), ...tailNotes(trace), ...flagNotes(trace)];
}

function howNotes(trace: TraceReport): string[] {
  const { durationNs } = trace;
  const { how, segments } = trace.criticalPath;
  const names = namesOf(trace);
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
  const waits = new Set(segments.flatMap(({ waitSpanId }) => (waitSpanId === undefined ? [] : [waitSpanId])));
  if (waits.size > 0) notes.push(`Through waits: these only waited, and other work explains it: ${names([...waits])}.`);
  return notes;
}

function coCriticalNotes(trace: TraceReport): string[] {
  const names = namesOf(trace);
  const notes = trace.criticalPath.coCritical.slice(0, MAX_SETS).map(([first, ...others]) => {
    const end = others.length === 1 ? 'ends' : 'end';
    return `Shortening ${names([first ?? ''])} alone saves nothing: ${names(others)} ${end} with it.`;
  });
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

/** `chat, 7 × POST and 3 more`. */
function namesOf(trace: TraceReport): (spanIds: readonly string[]) => string {
  const spans = new Map(trace.spans.map(({ spanId, operation }) => [spanId, operation]));
  return (spanIds) => {
    const counts = new Map<string, number>();
    for (const spanId of spanIds) {
      const name = spans.get(spanId) ?? spanId;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const shown = [...counts].slice(0, MAX_NAMES);
    const names = shown.map(
      ([name, count]) => (count > 1 ? `${count} × ` : '') + shorten(printable(name), MAX_NAME, '…'),
    );
    const more = spanIds.length - shown.reduce((sum, [, count]) => sum + count, 0);
    return names.join(', ') + (more > 0 ? ` and ${more} more` : '');
  };
}
