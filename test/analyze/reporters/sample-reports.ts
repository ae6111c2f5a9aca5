import { mergeAll, partialOf, type ReportContext, reportOf } from '../../../src/analyze/aggregate/index.ts';
import type { AnalysedReport } from '../../../src/analyze/report/overview.ts';
import { type FakeTrace, fakeFacts } from '../aggregate/fake-facts.ts';
import { agentRun } from '../aggregate/fake-runs.ts';

const CONTEXT: ReportContext = {
  toolVersion: '0.1.0',
  sources: [],
  skipped: [],
  partialReasons: [],
  uiBase: 'http://ui',
};

export function sampleReport(runs: readonly FakeTrace[], context: Partial<ReportContext> = {}): AnalysedReport {
  const partial = mergeAll(runs.map((run) => partialOf(fakeFacts(run))));
  return reportOf(partial, { ...CONTEXT, ...context });
}

/** `agentRun` once. */
export const oneRunReport = (context: Partial<ReportContext> = {}) => sampleReport([agentRun('a1')], context);

/** 20 runs of 8.2 s, the last 9.5 s longer, and one of another entry point. */
export function manyRunsReport(context: Partial<ReportContext> = {}): AnalysedReport {
  const runs = Array.from({ length: 20 }, (_, i) =>
    agentRun(`a${i}`, { offsetSeconds: i * 60, extraMs: i === 19 ? 9500 : 0 }),
  );
  const ingest: FakeTrace = {
    ...agentRun('b'),
    spans: [{ id: 'r', start: 0, end: 2e9, name: 'ingest', failed: true }],
    segments: [{ span: 'r', start: 0, end: 2e9, kind: 'self', bucket: 'code' }],
    occurrences: [],
  };
  return sampleReport([...runs, ingest], context);
}
