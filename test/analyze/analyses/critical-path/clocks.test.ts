import { describe, expect, it } from 'vitest';
import { criticalPath } from '../../../../src/analyze/analyses/critical-path/index.ts';
import { type SpanDrawing, traceFrom } from '../../../support/trace-from.ts';

/** Which span holds the path and for how long, in milliseconds, whatever kind of time it is. */
function pathOf(spans: readonly SpanDrawing[]): [string, number][] {
  const trace = traceFrom(spans);
  const path: [string, number][] = [];
  for (const { span, start, end } of criticalPath(trace).segments) {
    const last = path.at(-1);
    if (last?.[0] === trace.spanId(span)) last[1] += (end - start) / 1e6;
    else path.push([trace.spanId(span), (end - start) / 1e6]);
  }
  return path;
}

/** As OpenTelemetry's SDK for JavaScript records: starts cut to the millisecond, durations exact. */
const cut = (span: SpanDrawing): SpanDrawing => {
  const start = Math.floor(span.start);
  return { ...span, start, end: start + (span.end as number) - span.start };
};

const steps: readonly SpanDrawing[] = [
  { id: 'R', start: 0, end: 100 },
  { id: 'A', parent: 'R', start: 0.1, end: 30.9 },
  { id: 'B', parent: 'R', start: 30.95, end: 60.4 },
  { id: 'C', parent: 'R', start: 60.45, end: 99.8 },
];

describe('starts from a clock of milliseconds', () => {
  it('do not make calls that followed each other look parallel', () => {
    // A 0-30.8, B 30-59.45, C 60-99.35: A seems to run 0.8 ms into B.
    expect(pathOf(steps.map(cut))).toEqual([
      ['A', 30],
      ['B', 29.45],
      ['R', 0.55],
      ['C', 39.35],
      ['R', 0.65],
    ]);
  });

  it('count where only one process of the trace has them', () => {
    const other: SpanDrawing = { id: 'X', parent: 'C', start: 61.25, end: 98.5, process: 'fine', kind: 'server' };
    expect(pathOf([...steps.map(cut), other]).map(([id]) => id)).toEqual(['A', 'B', 'R', 'C', 'X', 'C', 'R']);
  });

  it('count where one instrumentation of a process has them beside a finer one', () => {
    const http: SpanDrawing[] = [
      { id: 'R', start: 0.2, end: 100.3 },
      ...steps.slice(1).map((span) => ({ ...cut(span), scope: 'http' })),
    ];
    expect(pathOf(http).map(([id]) => id)).toEqual(['A', 'B', 'R', 'C', 'R']);
  });

  it('are no oddity where a short call seems to be over before its caller began', () => {
    const calls = [0.6, 30, 60].map(
      (start): SpanDrawing => ({ id: `c${start}`, parent: 'R', start, end: start + 0.2 }),
    );
    const spans = [{ id: 'R', start: 0.5, end: 100.3 }, ...calls.map((call) => ({ ...cut(call), scope: 'http' }))];
    expect(criticalPath(traceFrom(spans)).flags).toEqual([]);
  });

  it('are no reason to take real overlap of a fine clock for none', () => {
    // A runs 0.8 ms into B, and the clock is fine: B began without waiting for A.
    const fine = steps.map((span) => (span.id === 'B' ? { ...span, start: 30.1 } : span));
    expect(pathOf(fine).map(([id]) => id)).toEqual(['R', 'B', 'R', 'C', 'R']);
  });

  it('are not seen in two that may be whole by chance', () => {
    const two: SpanDrawing[] = [
      { id: 'R', start: 0, end: 100.5, process: 'a' },
      { id: 'A', parent: 'R', start: 1, end: 50.5, process: 'a' },
      { id: 'B', parent: 'R', start: 49.9, end: 99.9, process: 'b' },
    ];
    expect(pathOf(two).map(([id]) => id)).toEqual(['R', 'B', 'R']);
  });
});
