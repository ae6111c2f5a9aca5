import type { Trace } from '../model/trace.ts';

/** Whether all of a run is there. `why` is for people: it completes "… because …". */
export type Completeness = { readonly complete: true } | { readonly complete: false; readonly why: string };

/** More spans than this without their parents make a trace incomplete. */
const MOST_ORPHANS = 0.05;

/** Complete: the root is there and has ended, and at most 5 % of the spans have lost their parents. */
export function completeness(trace: Trace): Completeness {
  const starts = trace.tops.filter((span) => !trace.orphan[span]);
  if (starts.length === 0) return { complete: false, why: 'the root span is missing' };
  const roots = trace.root >= 0 ? [trace.root] : starts;
  if (roots.some((span) => trace.open[span] === 1)) return { complete: false, why: 'the root span has not ended' };
  const orphans = trace.tops.length - starts.length;
  if (orphans <= MOST_ORPHANS * trace.size) return { complete: true };
  const share = Math.round((100 * orphans) / trace.size);
  return { complete: false, why: `${share} % of the spans have lost their parents` };
}
