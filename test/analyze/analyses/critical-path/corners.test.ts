import { describe, expect, it } from 'vitest';
import { criticalPath } from '../../../../src/analyze/analyses/critical-path/index.ts';
import { idsOf, type SpanDrawing, traceFrom } from '../../../support/trace-from.ts';

/** The path as `span[from-to]` with what is said of it, the flags and the sets, times in milliseconds. */
function pathOf(...spans: SpanDrawing[]) {
  const trace = traceFrom(spans);
  const { segments, flags, coCritical } = criticalPath(trace);
  const id = (span: number): string => idsOf(trace, [span])[0] as string;
  return {
    path: segments
      .map(({ span, start, end, kind, via, wait }) => {
        const said = [
          ...(kind === 'self' ? [] : [kind]),
          ...(via ? [via] : []),
          ...(wait === undefined ? [] : [id(wait)]),
        ];
        return `${id(span)}[${start / 1e6}-${end / 1e6}]${said.length > 0 ? `(${said.join(' ')})` : ''}`;
      })
      .join(' '),
    flags: flags
      .map(({ flag, span, other }) => [flag, ...[span, other].filter((s) => s !== undefined).map(id)].join(':'))
      .sort(),
    coCritical: coCritical.map((set) => idsOf(trace, set)),
  };
}

const LLM = { attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm' } };
const TOOL = { attributes: { 'gen_ai.operation.name': 'execute_tool' } };
const HTTP = { kind: 'client' } as const;
/** Half a microsecond, so that not all times are whole milliseconds. */
const HALF = 0.0005;

describe('the critical path, where the rules meet', () => {
  it('is exact to the nanosecond', () => {
    const { path } = pathOf({ id: 'R', start: 0, end: 1 }, { id: 'A', parent: 'R', start: 0.250001, end: 0.750003 });
    expect(path).toBe('R[0-0.250001] A[0.250001-0.750003] R[0.750003-1]');
  });

  it('does not let a job that nobody awaits extend a window that ended early', () => {
    const found = pathOf(
      { id: 'R', start: 0, end: 10 + HALF },
      { id: 'L', parent: 'R', start: 20, end: 30, ...LLM },
      { id: 'J', follows: 'R', start: 20, end: 90, ...HTTP },
    );
    expect(found.path).toBe('R[0-10.0005] R[10.0005-20](untraced) L[20-30]');
    expect(found.flags).toEqual(['async-tail:J', 'root-extended:R']);
  });

  it('keeps a job off the path that was started by work off the path', () => {
    const found = pathOf(
      { id: 'R', start: 0, end: 10 + HALF },
      { id: 'T', parent: 'R', start: 1, end: 20 },
      { id: 'J', follows: 'T', start: 2, end: 9, ...HTTP },
    );
    expect(found).toEqual({ path: 'R[0-10.0005]', flags: ['async-tail:T'], coCritical: [] });
  });

  it('says nothing of what is odd inside work off the path', () => {
    const found = pathOf(
      { id: 'R', start: 0, end: 10 + HALF },
      { id: 'T', parent: 'R', start: 5, end: 20 },
      { id: 'early', parent: 'T', start: 3, end: 7 },
      { id: 'S', parent: 'T', start: 6, end: 7 },
      { id: 'late', parent: 'S', start: 6, end: 18 },
    );
    expect(found.flags).toEqual(['async-tail:T']);
  });

  it('hoists into a virtual root, which has no name', () => {
    const found = pathOf(
      { id: 'R1', start: 0, end: 4 },
      { id: 'B', parent: 'R1', start: 1, end: 8, ...HTTP },
      { id: 'R2', start: 9, end: 10 + HALF },
    );
    expect(found.path).toBe('R1[0-4] B[4-8](hoist) -[8-9](untraced) R2[9-10.0005]');
    expect(found.flags).toEqual(['hoisted:B', 'multiple-roots']);
  });

  it('takes short neighbours for one after the other, not for parallel', () => {
    const { path, coCritical } = pathOf(
      { id: 'R', start: 0, end: 10 },
      { id: 'A', parent: 'R', start: 1, end: 5 },
      { id: 'B', parent: 'R', start: 5, end: 5.001 },
    );
    expect(path).toBe('R[0-1] A[1-5] B[5-5.001] R[5.001-10]');
    expect(coCritical).toEqual([]);
  });

  it('calls co-critical only what ends together on the path', () => {
    const hidden = [
      { id: 'A', parent: 'B', start: 2, end: 5 },
      { id: 'C', parent: 'B', start: 3, end: 5 },
    ];
    const run = { id: 'B', parent: 'S', start: 1, end: 9 };
    const outer = [{ id: 'R', start: 0, end: 10 + HALF }, { id: 'S', parent: 'R', start: 1, end: 2 }, run, ...hidden];
    expect(pathOf(...outer).coCritical).toEqual([['A', 'C']]);
    expect(pathOf(...outer, { id: 'N', parent: 'R', start: 4, end: 6 }).coCritical).toEqual([]);
  });

  it('lets a cancelled top of a virtual root have the time in which nothing else ran', () => {
    const cancelled = { attributes: { 'error.type': 'CancelledError' } };
    const { path } = pathOf({ id: 'A', start: 0, end: 9.5, ...cancelled }, { id: 'B', start: 4, end: 10 + HALF });
    expect(path).toBe('A[0-4] B[4-10.0005]');
  });

  it('does not take for a wait what ended before the work beside it did', () => {
    const found = pathOf(
      { id: 'R', start: 0, end: 100 + HALF },
      { id: 'W', parent: 'R', start: 0, end: 99 },
      { id: 'V', parent: 'R', start: 10, end: 90, name: 'inner' },
      { id: 'K', parent: 'R', start: 1, end: 98, ...HTTP },
    );
    expect(found.path).toBe('W[0-1](wait) K[1-98] W[98-99](wait) R[99-100.0005]');
    expect(found.flags).toEqual(['wait:W']);
  });
});

describe('adoption', () => {
  const wrapper = (depth: number): SpanDrawing[] => [
    { id: 'R', start: 0, end: 100 + HALF },
    ...Array.from({ length: depth - 1 }, (_, i) => ({
      id: `p${i}`,
      parent: i === 0 ? 'R' : `p${i - 1}`,
      start: 0,
      end: 100,
    })),
    { id: 'T', parent: depth === 1 ? 'R' : `p${depth - 2}`, start: 10, end: 90, ...TOOL },
    { id: 'H', parent: 'R', start: 11, end: 89, ...HTTP },
  ];
  const adopts = (holder: string, ...spans: SpanDrawing[]): boolean =>
    pathOf(...spans).flags.some((flag) => flag.startsWith('adopted:') && flag.endsWith(`:${holder}`));

  it('reaches 32 levels up and no further', () => {
    expect(adopts('T', ...wrapper(32))).toBe(true);
    expect(adopts('T', ...wrapper(33))).toBe(false);
  });

  it.each<[string, Partial<SpanDrawing>, boolean]>([
    ['of another instrumentation', {}, true],
    ['of the same instrumentation', { scope: 'a' }, false],
    ['of another model', { attributes: { ...LLM.attributes, 'gen_ai.request.model': 'other' } }, false],
    ['at another host', { attributes: { ...LLM.attributes, 'server.address': 'other' } }, false],
    ['that sticks out', { end: 92 }, false],
    ['that fills only 94 %', { start: 14.9 }, false],
  ])('takes for the twin of a model call one %s: %#', (_, more, expected) => {
    const call = { attributes: { ...LLM.attributes, 'server.address': 'host' } };
    const twin = { id: 'B', parent: 'R', start: 10, end: 90, scope: 'b', ...LLM, ...more };
    const spans = [
      { id: 'R', start: 0, end: 100 + HALF },
      { id: 'A', parent: 'R', start: 10, end: 90, scope: 'a', ...call },
    ];
    expect(adopts('A', ...spans, twin)).toBe(expected);
  });

  it('does not take what is off the path, nor what still lacks an end', () => {
    const [root, tool, call] = wrapper(1) as [SpanDrawing, SpanDrawing, SpanDrawing];
    expect(adopts('T', root, tool, call)).toBe(true);
    expect(adopts('T', root, tool, { ...call, attributes: { 'trace.async': true } })).toBe(false);
    const { end: _, ...open } = tool;
    expect(adopts('T', root, open, call)).toBe(false);
  });
});
