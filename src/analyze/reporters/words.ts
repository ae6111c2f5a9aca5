import type { SegmentKind, SpanReport, Via } from '../report/trace-types.ts';
import { formatCount, formatDuration, plural } from './format.ts';
import { printable } from './printable.ts';
import type { VisitGroup } from './visits.ts';

/** Flags of a trace in words. What is not listed is shown by its name. */
const FLAGS: Readonly<Record<string, (count: number) => string>> = {
  'repeated-span': (n) => `${plural(n, 'span was', 'spans were')} recorded more than once (merged)`,
  'duplicate-id': (n) => `${plural(n, 'span shares', 'spans share')} an id with another (renamed id#n)`,
  'negative-duration': (n) => `${plural(n, 'span ends', 'spans end')} before the start (taken as 0 s)`,
  'clamped-time': (n) => `${plural(n, 'span lies', 'spans lie')} over 104 days off (time cut)`,
  open: (n) => `${plural(n, 'span has', 'spans have')} no end`,
  'missing-parent': (n) => `${plural(n, 'parent is', 'parents are')} missing`,
  cycle: (n) => `${plural(n, 'cycle')} of parents cut`,
  'multiple-roots': (n) => `${plural(n, 'trace has', 'traces have')} several roots`,
  skew: (n) => `${plural(n, 'clock difference')} taken out`,
  'outside-parent': (n) => `${plural(n, 'span', 'spans')} ended before the parent began`,
  'clipped-start': (n) => `${plural(n, 'span', 'spans')} started before the parent`,
  'root-extended': (n) => `${plural(n, 'root', 'roots')} ended before the work did (window extended)`,
  'left-open': (n) => `${plural(n, 'span was', 'spans were')} left open (end moved to the last work)`,
  'closed-together': (n) =>
    `${plural(n, 'parent has', 'parents have')} spans that all end with it: their durations are unreliable`,
  hoisted: (n) => `${plural(n, 'span', 'spans')} outlived the parent and counted as work of an ancestor (hoisted)`,
  'async-tail': (n) => `${plural(n, 'span', 'spans')} went on after the run had ended`,
  detached: (n) => `${plural(n, 'span', 'spans')} nobody waited for`,
  adopted: (n) => `${plural(n, 'span', 'spans')} put inside the span that wraps them in time (adopted)`,
  wait: (n) => `${plural(n, 'span', 'spans')} only waited for others`,
  cancelled: (n) => `${plural(n, 'span was', 'spans were')} cancelled`,
};

export function flagWords(flag: string, count: number): string {
  return FLAGS[flag]?.(count) ?? `${printable(flag)}: ${count}`;
}

const VIA: Readonly<Record<Via, string>> = { hoist: 'hoisted', wait: 'through a wait', adopt: 'adopted' };
const KINDS: readonly SegmentKind[] = ['self', 'overlapped', 'wait', 'untraced'];

/** Parts of a stay below this share of it are not worth a word. */
const MIN_PART = 0.01;

/** What a stay of the path was: `self`, `self 80 ms + overlapped 20 ms, hoisted`. */
export function visitWords({ first, kinds, betweenNs, startNs, endNs }: VisitGroup): string {
  const isWorthAWord = (ns: number): boolean => ns >= (endNs - startNs) * MIN_PART;
  const present = KINDS.filter((kind) => isWorthAWord(kinds[kind] ?? -1));
  const timed = present.map((kind) => `${kind} ${formatDuration(kinds[kind] as number)}`);
  if (betweenNs > 0 && isWorthAWord(betweenNs)) timed.push(`${formatDuration(betweenNs)} between`);
  const what = timed.length === 1 ? (present[0] as string) : timed.join(' + ');
  return first.via === undefined ? what : `${what}, ${VIA[first.via]}`;
}

/** `9 × web_search · tool · api.example.com`; what is not known, or is the root's service, is left out. */
export function spanWords(span: SpanReport | undefined, rootService: string, count = 1): string {
  if (span === undefined) return 'nothing recorded';
  const parts = [`${count > 1 ? `${formatCount(count)} × ` : ''}${printable(span.operation) || '(unnamed)'}`];
  if (span.kind !== 'other') parts.push(span.kind);
  if (span.party !== undefined) parts.push(printable(span.party));
  else if (span.service !== '' && span.service !== rootService) parts.push(printable(span.service));
  if (span.error) parts.push('failed');
  return parts.join(' · ');
}
