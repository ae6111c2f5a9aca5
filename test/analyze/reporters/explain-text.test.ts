import { describe, expect, it } from 'vitest';
import { explainText } from '../../../src/analyze/reporters/explain-text.ts';
import type { FakeSegment, FakeSpan, FakeTrace } from '../aggregate/fake-facts.ts';
import { agentRun, BASE_SECONDS, everythingRun } from '../aggregate/fake-runs.ts';
import { sampleReport } from './sample-reports.ts';

const MS = 1e6;
const WIDE = { color: false, width: 100, ascii: false };

const explained = (run: FakeTrace, options = WIDE): string[][] =>
  explainText(sampleReport([run], { uiBase: undefined }), options)
    .trimEnd()
    .split('\n\n')
    .map((section) => section.split('\n'));

describe('an explained trace', () => {
  it('is its path under its ancestors, with what was seen and how sure that is', () => {
    expect(explainText(sampleReport([everythingRun('e')]), WIDE)).toBe(`\
trace e · agent › answer · 2026-11-20T14:00:00.000Z · failed · incomplete
  open http://ui/trace/0000000000000000000000000000000e
This run took 100 ms. 30 ms (30 %) was api.openai.com (1 call), 30 ms (30 %) own code, 30 ms (30 %)
internal services.
[api.openai.com 30 % | own code 30 % | internal services 30 % | untraced 10 %]

The critical path in order of time
    at  takes  share                span
  +0 s  20 ms   20 %  ███           answer · agent · failed (self)
    open http://ui/trace/0000000000000000000000000000000e?uiFind=p
+20 ms  30 ms   30 %    ████         GET · http · api.openai.com (self, through a wait)
    open http://ui/trace/0000000000000000000000000000000e?uiFind=d
+50 ms  10 ms   10 %        ▒▒       SELECT · db · store (overlapped, hoisted)
    open http://ui/trace/0000000000000000000000000000000e?uiFind=d
+60 ms  30 ms   30 %         ████    SELECT · db · store (self, adopted)
    open http://ui/trace/0000000000000000000000000000000e?uiFind=d
+90 ms  10 ms   10 %            ··  nothing recorded (untraced)
Bars: █ own time, ▒ own time while others ran, · nothing recorded.

How the path was found: 30 % direct, 10 % hoisted, 30 % through waits, 30 % adopted.
Hoisted time may be work nobody waited for that happened to end in a gap.
Through waits: these only waited, and other work explains it: receive.
Shortening SELECT alone saves nothing: answer ends with it.
1 span shares an id with another (renamed id#n): GET.
1 parent is missing.
1 span has no end: open.
1 clock difference taken out: receive.

#  severity  what to change                                 saves  sure  seen in
1  · info    web_search called 1× in a row (N+1)  no time claimed  high  1/1 run
    no time claimed: the trace is incomplete; fix: one batched search (in agent › planner)
    open http://ui/trace/0000000000000000000000000000000e?uiFind=w%20p

Looked at and not counted as waste
  5 × GET: pages (pagination)
`);
  });

  it('folds equal calls that follow each other, small gaps of others included', () => {
    const spans: FakeSpan[] = [
      { id: 'r', start: 0, end: 1000 * MS, name: 'answer' },
      ...Array.from({ length: 4 }, (_, i): FakeSpan => {
        return { id: `s${i}`, parent: 'r', start: i * 210 * MS, end: (i * 210 + 200) * MS, name: 'search' };
      }),
    ];
    const segments: FakeSegment[] = [
      ...Array.from({ length: 4 }, (_, i): FakeSegment[] => [
        { span: `s${i}`, start: i * 210 * MS, end: (i * 210 + 200) * MS, kind: 'self', bucket: 'code' },
        { span: 'r', start: (i * 210 + 200) * MS, end: (i * 210 + 210) * MS, kind: 'self', bucket: 'code' },
      ]).flat(),
      { span: 'r', start: 840 * MS, end: 1000 * MS, kind: 'self', bucket: 'code' },
    ];
    expect(explained({ id: 'x', spans, segments })[1]?.slice(2)).toEqual(
      [
        '   +0 s     1.0 s         ────────────  answer',
        '   +0 s  830 ms   83 %  ██████████     4 × search (self 800 ms + 30 ms between)',
        '+830 ms  170 ms   17 %           ███  answer (self)',
      ].map((line) => line.replace('+0 s     1.0 s  ', '+0 s   1.0 s  ')),
    );
  });

  it('shows of a long path the longest stays, and counts the rest', () => {
    const calls = Array.from({ length: 200 }, (_, i) => ({ id: `c${i}`, start: i * 10, end: i * 10 + 10 }));
    const spans: FakeSpan[] = [
      { id: 'r', start: 0, end: 12_000, name: 'answer' },
      ...calls.map(({ id, start, end }): FakeSpan => ({ id, parent: 'r', start, end, name: `step ${id}` })),
      { id: 'big', parent: 'r', start: 2000, end: 12_000, name: 'big step' },
    ];
    const segments: FakeSegment[] = [
      ...calls.map(({ id, start, end }): FakeSegment => ({ span: id, start, end, kind: 'self', bucket: 'code' })),
      { span: 'big', start: 2000, end: 12_000, kind: 'self', bucket: 'code' },
    ];
    const rows = explained({ id: 'x', spans, segments })[1] as string[];
    expect(rows.length).toBeLessThan(30);
    expect(rows.at(-1)).toMatch(/^\+2\.0 µs {2} 10 µs {3}83 % .* big step \(self\)$/);
    const hidden = rows.map((row) => Number(/… (\d+) shorter/.exec(row)?.[1] ?? 0));
    expect(hidden.reduce((a, b) => a + b) + rows.filter((row) => row.includes(' step c')).length).toBe(200);
  });

  it('stays short however deep the trace is', () => {
    const depth = 100_000;
    const spans = Array.from({ length: depth }, (_, i): FakeSpan => {
      return {
        id: `s${i}`,
        ...(i > 0 ? { parent: `s${i - 1}` } : {}),
        start: i,
        end: 3 * depth - i,
        name: `level ${i}`,
      };
    });
    const deepest = depth - 1;
    const segments: FakeSegment[] = [
      ...Array.from({ length: deepest }, (_, i): FakeSegment => {
        return { span: `s${i}`, start: i, end: i + 1, kind: 'self', bucket: 'code' };
      }),
      { span: `s${deepest}`, start: deepest, end: 3 * depth - deepest, kind: 'self', bucket: 'code' },
      ...Array.from({ length: deepest }, (_, k): FakeSegment => {
        const i = deepest - 1 - k;
        return { span: `s${i}`, start: 3 * depth - i - 1, end: 3 * depth - i, kind: 'self', bucket: 'code' };
      }),
    ];
    const report = sampleReport([{ id: 'x', spans, segments }]);
    expect(report.traces[0]?.spans).toHaveLength(depth);
    const rows = (explainText(report, WIDE).split('\n\n')[1] as string).split('\n');
    expect(rows.length).toBeLessThan(60);
    expect(rows.some((row) => /… [\d,]+ levels deeper/.test(row))).toBe(true);
    expect(rows.some((row) => row.includes(`level ${deepest} (self)`))).toBe(true);
  });

  it('survives parents that form a circle', () => {
    const report = sampleReport([agentRun('a')]);
    const [trace] = report.traces;
    const spans = trace?.spans.map((span) => (span.spanId === 'r' ? { ...span, parentSpanId: 'c1' } : span)) ?? [];
    expect(explainText({ ...report, traces: [{ ...trace!, spans }] }, WIDE)).toContain('answer');
  });

  it('tells of work that went on after the end', () => {
    const run = agentRun('a');
    const late: FakeSpan = { id: 't', parent: 'r', start: 8000 * MS, end: 11_400 * MS, name: 'flush' };
    const flags = [{ flag: 'async-tail' as const, span: run.spans.length }];
    const notes = explained({ ...run, baseSeconds: BASE_SECONDS, spans: [...run.spans, late], flags })[2];
    expect(notes).toEqual([
      'How the path was found: 100 % direct.',
      'Work goes on for 3.2 s after the run has ended: flush.',
      '1 span went on after the run had ended: flush.',
    ]);
  });

  it('fits narrow and plain terminals', () => {
    const text = explained(everythingRun('e'), { color: false, width: 40, ascii: true });
    expect(text.flat().every((line) => line.length <= 40)).toBe(true);
    expect(text[1]?.slice(0, 6)).toEqual([
      'The critical path in order of time',
      '  +0 s, 20 ms, 20 %',
      '    answer - agent - failed (self)',
      '    +20 ms, 30 ms, 30 %',
      '      GET - http - api.openai.com (self,',
      '      through a wait)',
    ]);
  });
});
