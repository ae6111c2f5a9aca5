import { completeness } from '../analyses/completeness.ts';
import { StatusCode } from '../model/span.ts';
import type { Trace } from '../model/trace.ts';

/** What a trace is as a run of a program. */
export interface Run {
  /** The root; under a virtual root the earliest span without parent, or, where all have lost theirs, the earliest. */
  readonly span: number;
  readonly failed: boolean;
  readonly complete: boolean;
}

/** A trace has at least one span. */
export function runOf(trace: Trace): Run {
  const starts = trace.tops.filter((top) => trace.orphan[top] === 0);
  const roots = trace.root >= 0 ? [trace.root] : starts;
  const span = roots[0] ?? (trace.tops[0] as number);
  return {
    span,
    failed: [span, ...roots].some((root) => trace.status(root) === StatusCode.error),
    complete: completeness(trace).complete,
  };
}
