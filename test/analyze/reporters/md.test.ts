import { describe, expect, it } from 'vitest';
import { markdownReport } from '../../../src/analyze/reporters/md.ts';
import { agentRun } from '../aggregate/fake-runs.ts';
import { manyRunsReport, oneRunReport, sampleReport } from './sample-reports.ts';

describe('the Markdown report', () => {
  it('is the answer, what to change and where the time goes', () => {
    expect(markdownReport(manyRunsReport({ partialReasons: ['source_failed'] }))).toBe(`\
### agent › answer · 20 runs · 20 Nov 2026 14:00–14:19 UTC

> Not everything was analysed: a source failed.

Half of the runs take 8.2 s or more; 1 in 20 takes over 8.2 s. api.openai.com holds 65 % of the critical path: 2 calls a run.

api.openai.com **65 %** · own code **35 %**

| | what to change | saves | sure | seen in | |
|---|---|--:|---|--:|---|
| ✗ critical | web\\_search called 9× in a row (N+1)<br>fix: one batched search | −2.4 s \\[1.6–2.4 s\\] | high | 20/21 runs | [open](<http://ui/trace/000000000000000000000000000000a0?uiFind=s0%20r>) |

| path | time | p50 | operation |
|--:|--:|--:|---|
| 65 % | 1 min 54 s | 2.9 s | \`agent\` › \`chat gpt\` |
| 31 % | 54.0 s | 300 ms | \`agent\` › \`web_search\` |
| 3 % | 6.0 s | 8.2 s | \`agent\` › \`answer\` |
| 1 % | 2.0 s | n/a | \`agent\` › \`ingest\` |
`);
  });

  it('of one run tells that run', () => {
    expect(markdownReport(oneRunReport()).split('\n\n')[1]).toBe(
      'This run took 8.2 s. 5.2 s (63 %) was api.openai.com (2 calls), 3.0 s (37 %) own code.',
    );
  });

  it('keeps what a pull-request comment should have, and no cell breaks out', () => {
    const occurrences = Array.from({ length: 40 }, (_, i) => ({
      id: `${i}`.padStart(12, '0'),
      subject: `SELECT | <b>${'x'.repeat(300)}`,
      fix: 'join | them\n| again '.repeat(50),
    }));
    const spans = agentRun('a').spans.map((span, i) => ({ ...span, name: `${'n'.repeat(500)}|${i}` }));
    const text = markdownReport(sampleReport([agentRun('a', { occurrences, spans })]));
    expect(Buffer.byteLength(text)).toBeLessThan(6000);
    expect(text).toContain('… and 32 more findings');
    const rows = text.split('\n').filter((line) => line.startsWith('|'));
    expect(new Set(rows.map((row) => row.replaceAll('\\|', '').split('|').length))).toEqual(new Set([8, 6]));
    expect(text.replaceAll('<br>', '')).not.toMatch(/<(?!http)/);
  });
});
