import type { Trace } from './trace.ts';

const memo = new WeakMap<Trace, Map<(trace: Trace) => unknown, unknown>>();

/** The result of an analysis of a trace, computed once per trace and function. */
export function factOf<T>(trace: Trace, analysis: (trace: Trace) => T): T {
  let facts = memo.get(trace);
  if (!facts) {
    facts = new Map();
    memo.set(trace, facts);
  }
  if (!facts.has(analysis)) facts.set(analysis, analysis(trace));
  return facts.get(analysis) as T;
}
