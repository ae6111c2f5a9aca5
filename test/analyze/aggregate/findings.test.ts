import { describe, expect, it } from 'vitest';
import { confidenceOf, severityOf } from '../../../src/analyze/aggregate/finding-reports.ts';
import { mergeAll, partialOf, reportOf } from '../../../src/analyze/aggregate/index.ts';
import type { Occurrence } from '../../../src/analyze/detectors/types.ts';
import { fakeFacts, OCCURRENCE } from './fake-facts.ts';
import { agentRun, everythingRun } from './fake-runs.ts';

const MS = 1e6;

/** One run of 8200 ms for each list of occurrences; all span indices are those of `agentRun`. */
function findings(...runs: readonly (readonly Partial<Occurrence>[])[]) {
  const partials = runs.map((occurrences, i) => partialOf(fakeFacts(agentRun(`t${i}`, { occurrences }))));
  return reportOf(mergeAll(partials), {
    toolVersion: '0.1.0',
    sources: [],
    skipped: [],
    partialReasons: [],
    uiBase: 'http://localhost:16686',
  }).findings;
}

const saving = (ms: number) => ({ low: 0, likely: ms * MS, high: 2 * ms * MS });

describe('a finding', () => {
  it('is one thing to change, wherever it occurred', () => {
    const searches = {
      parentSpan: 0,
      sourceSpan: 1,
      spans: [2, 3, 4],
      distinct: 3,
      sumNs: 900 * MS,
      unionNs: 900 * MS,
    };
    const [finding, ...more] = findings(
      [{ ...searches, count: 3, pathNs: 900 * MS, saving: saving(600) }],
      [],
      [{ ...searches, count: 7, pathNs: 500 * MS, saving: saving(200) }],
      [{ ...searches, count: 5, pathNs: 700 * MS, saving: saving(400) }],
    );
    expect(more).toEqual([]);
    const base = 'http://localhost:16686/trace';
    const occurrence = (traceId: string, count: number, pathNs: number, ms: number) => ({
      traceId,
      parentSpanId: 'r',
      sourceSpanId: 'c1',
      spanIds: ['s0', 's1', 's2'],
      count,
      distinct: 3,
      mode: 'serial',
      sumNs: 900 * MS,
      unionNs: 900 * MS,
      pathNs,
      savingNs: saving(ms),
      links: { first: `${base}/${traceId}?uiFind=s0%20r`, trace: `${base}/${traceId}` },
    });
    expect(finding).toEqual({
      id: '0123456789ab',
      kind: 'n_plus_one',
      category: 'tool',
      title: 'web_search called 5× in a row (N+1)',
      severity: 'warning',
      confidence: 'high',
      service: 'agent',
      operation: 'planner',
      fingerprint: 'web_search',
      pathNs: 2100 * MS,
      savingNs: saving(400),
      reach: { traces: 3, share: 0.75 },
      occurrenceCount: 3,
      occurrences: [
        occurrence('t0', 3, 900 * MS, 600),
        occurrence('t3', 5, 700 * MS, 400),
        occurrence('t2', 7, 500 * MS, 200),
      ],
      evidence: { method: 'formula' },
      fix: 'one batched search',
      docs: 'docs/detectors/n-plus-one.md',
    });
  });

  it('in one run at several places saves what they save together, never more than the run', () => {
    const twice = (ms: number) => [
      { saving: saving(ms), spans: [2] },
      { saving: saving(ms), spans: [3] },
    ];
    expect(findings(twice(1000))[0]).toMatchObject({
      savingNs: saving(2000),
      reach: { traces: 1 },
      occurrenceCount: 2,
    });
    expect(findings(twice(5000))[0]?.savingNs).toEqual({ low: 0, likely: 8200 * MS, high: 8200 * MS });
  });

  it('claims no time where none of its runs can be judged, and says why', () => {
    const unjudged = { saving: null, savingNullReason: 'the trace is incomplete' };
    expect(findings([unjudged])[0]).toMatchObject({ savingNs: null, savingNullReason: 'the trace is incomplete' });
    const [half] = findings([unjudged], [{ saving: saving(400) }]);
    expect(half).toMatchObject({ savingNs: saving(400), reach: { traces: 2 } });
    expect(half).not.toHaveProperty('savingNullReason');
    expect(half?.occurrences.map(({ traceId }) => traceId)).toEqual(['t1', 't0']);
  });

  it('is called by what happens', () => {
    const title = (occurrence: Partial<Occurrence>) => findings([{ count: 4, ...occurrence }])[0]?.title;
    expect(title({ mode: 'concurrent' })).toBe('web_search called 4× at once (N+1)');
    expect(title({ mode: 'mixed' })).toBe('web_search called 4× (N+1)');
    expect(title({ kind: 'redundant_call' })).toBe('web_search called 4× with the same input (redundant)');
  });

  it('links to the recorded id of a span that was renamed', () => {
    const run = { ...everythingRun('t0'), occurrences: [{ parentSpan: 2, spans: [3] }] };
    const context = { toolVersion: '0', sources: [], skipped: [], partialReasons: [], uiBase: 'http://ui' };
    const [finding] = reportOf(partialOf(fakeFacts(run)), context).findings;
    expect(finding?.occurrences[0]).toMatchObject({
      spanIds: ['d#1'],
      links: { first: 'http://ui/trace/t0?uiFind=d%20d' },
    });
  });

  it('lists at most 100 spans of an occurrence', () => {
    const spans = Array.from({ length: 150 }, () => 2);
    expect(findings([{ spans, count: 150 }])[0]?.occurrences[0]?.spanIds).toHaveLength(100);
  });
});

describe('findings', () => {
  it('come by what they save in all runs, then by id, those without a saving last', () => {
    const often = { id: 'aaaaaaaaaaaa', saving: saving(300) };
    const once = { id: 'bbbbbbbbbbbb', saving: saving(500) };
    const equal = { id: 'cccccccccccc', saving: saving(600) };
    const none = { id: '000000000000', saving: null };
    const ids = findings([none, often, once], [often], [equal]).map(({ id }) => id[0]);
    expect(ids).toEqual(['a', 'c', 'b', '0']);
  });
});

describe('severity', () => {
  it.each([
    [1000, 100_000, 'critical'],
    [999, 100_000, 'warning'],
    [20, 100, 'critical'],
    [19, 100, 'warning'],
    [5, 100, 'warning'],
    [4, 100, 'info'],
    [100, 10_000, 'warning'],
    [99, 10_000, 'info'],
    [0, 0, 'info'],
  ])('of %i ms of path in a run of %i ms is %s', (path, window, expected) => {
    expect(severityOf(path * MS, window * MS)).toBe(expected);
  });

  it('goes by the median of the affected runs', () => {
    const [finding] = findings([{ pathNs: 50 * MS }], [{ pathNs: 90 * MS }], [{ pathNs: 5000 * MS }], []);
    expect(finding?.severity).toBe('info');
  });
});

describe('confidence', () => {
  const sure = (high: number, medium: number, low: number) => {
    const level = (ms: number) => ({ savingNs: BigInt(ms), occurrences: 1 });
    return confidenceOf({ sure: { high: level(high), medium: level(medium), low: level(low) } });
  };

  it('is the level that, with the surer ones, carries half of the saving', () => {
    expect([sure(50, 0, 50), sure(49, 1, 50), sure(49, 0, 51), sure(0, 10, 0)]).toEqual([
      'high',
      'medium',
      'low',
      'medium',
    ]);
  });

  it('goes by the number of occurrences where nothing is saved', () => {
    const none = { savingNs: 0n, occurrences: 0 };
    expect(confidenceOf({ sure: { high: none, medium: none, low: { savingNs: 0n, occurrences: 2 } } })).toBe('low');
    expect(findings([{ ...OCCURRENCE, confidence: 'medium' }])[0]?.confidence).toBe('medium');
  });
});
