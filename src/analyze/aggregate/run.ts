import { StatusCode } from '../model/span.ts';
import type { Trace } from '../model/trace.ts';

/** What a trace is as a run of a program. */
export interface Run {
  /** The root; under a virtual root the earliest span without parent, or, where all have lost theirs, the earliest. */
  readonly span: number;
  readonly failed: boolean;
  /** The root is there and has ended, and at most 5 % of the spans have lost their parents. */
  readonly complete: boolean;
}

/** A trace has at least one span. */
export function runOf(trace: Trace): Run {
  const starts = trace.tops.filter((top) => trace.orphan[top] === 0);
  const span = trace.root >= 0 ? trace.root : (starts[0] ?? (trace.tops[0] as number));
  const roots = trace.root >= 0 ? [trace.root] : starts;
  let orphans = 0;
  for (const top of trace.tops) orphans += trace.orphan[top] as number;
  return {
    span,
    failed: [span, ...roots].some((root) => trace.status(root) === StatusCode.error),
    complete: roots.length > 0 && roots.every((root) => trace.open[root] === 0) && orphans * 20 <= trace.size,
  };
}
