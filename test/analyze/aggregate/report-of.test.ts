import { describe, expect, it } from 'vitest';
import { mergeAll, partialOf, reportOf } from '../../../src/analyze/aggregate/index.ts';
import { type FakeSpan, type FakeTrace, fakeFacts, OPENAI } from './fake-facts.ts';
import { agentRun, BASE_SECONDS, everythingRun } from './fake-runs.ts';

const MS = 1e6;
const CONTEXT = { toolVersion: '0.1.0', sources: [], skipped: [], partialReasons: [] };
const LINKED = { ...CONTEXT, uiBase: 'http://localhost:16686/' };

const report = (runs: readonly FakeTrace[], context: Parameters<typeof reportOf>[1] = CONTEXT) =>
  reportOf(mergeAll(runs.map((run) => partialOf(fakeFacts(run)))), context);

/** A run that is one span. */
function plainRun(id: string, ms: number, more: Partial<FakeSpan> & Partial<FakeTrace> = {}): FakeTrace {
  const { name = 'answer', service = 'agent', failed = false, ...trace } = more;
  const span: FakeSpan = { id: 'r', start: 0, end: ms * MS, name, service, failed };
  const segments = [{ span: 'r', start: 0, end: ms * MS, kind: 'self', bucket: 'code' }] as const;
  return { id, spans: [span], segments, ...trace };
}

describe('entry points', () => {
  it('are the operations of the roots, the one with the most time first', () => {
    const runs = [
      plainRun('a', 10, { name: 'ingest' }),
      plainRun('b', 30),
      plainRun('c', 20, { failed: true }),
      plainRun('d', 40),
    ];
    expect(report(runs).entryPoints).toEqual([
      {
        service: 'agent',
        operation: 'answer',
        traces: 3,
        failed: 1,
        incomplete: 0,
        windowNs: 90 * MS,
        p50Ns: 30 * MS,
        p95Ns: null,
        p99Ns: null,
      },
      {
        service: 'agent',
        operation: 'ingest',
        traces: 1,
        failed: 0,
        incomplete: 0,
        windowNs: 10 * MS,
        p50Ns: null,
        p95Ns: null,
        p99Ns: null,
      },
    ]);
  });

  it('with equal time come by service, then operation', () => {
    const names = [
      ['b', 'x'],
      ['a', 'y'],
      ['a', 'x'],
    ].map(([service, name], i) => plainRun(`${i}`, 10, { service: service!, name: name! }));
    expect(report(names).entryPoints.map(({ service, operation }) => service + operation)).toEqual(['ax', 'ay', 'bx']);
  });

  it('count runs in flight and runs with lost spans apart from the percentiles', () => {
    const inFlight = plainRun('x', 999, { spans: [{ id: 'r', start: 0, name: 'answer' }] });
    const lost = plainRun('y', 999, {
      spans: [
        { id: 'r', start: 0, end: 999 * MS, name: 'answer' },
        { id: 'o', parent: 'gone', start: 5, end: 6, name: 'orphan' },
      ],
    });
    const [entry] = report([plainRun('a', 10), plainRun('b', 20), plainRun('c', 30), inFlight, lost]).entryPoints;
    expect(entry).toMatchObject({ traces: 5, incomplete: 2, p50Ns: 20 * MS });
  });

  it('under a virtual root are named by the earliest span that has no parent', () => {
    const spans: FakeSpan[] = [
      { id: 'o', parent: 'gone', start: 0, end: 5, name: 'orphan' },
      { id: 'b', start: 2, end: 9, name: 'second', failed: true },
      { id: 'a', start: 1, end: 9, name: 'first' },
    ];
    const [trace] = report([
      plainRun('a', 10, { spans, segments: [{ span: null, start: 0, end: 9, kind: 'untraced', bucket: 'untraced' }] }),
    ]).traces;
    expect(trace).toMatchObject({ rootSpanId: null, rootName: 'first', failed: true, complete: false });
  });

  it('are judged by orphans only where there is nothing else, and never complete then', () => {
    const spans: FakeSpan[] = [
      { id: 'b', parent: 'gone', start: 2, end: 9, name: 'second' },
      { id: 'a', parent: 'gone', start: 1, end: 9, name: 'first' },
    ];
    const [trace] = report([
      plainRun('a', 10, { spans, segments: [{ span: null, start: 1, end: 9, kind: 'untraced', bucket: 'untraced' }] }),
    ]).traces;
    expect(trace).toMatchObject({ rootSpanId: null, rootName: 'first', complete: false });
  });
});

describe('the critical path of many traces', () => {
  it('is told by operation, as ratios of sums', () => {
    const { criticalPath } = report([agentRun('a'), agentRun('b', { extraMs: 3600 })]);
    expect(criticalPath.durationNs).toBe(20_000 * MS);
    expect(criticalPath.byOperation).toEqual([
      {
        service: 'agent',
        operation: 'chat gpt',
        kind: 'llm',
        pathNs: 14_000 * MS,
        pathShare: 0.7,
        traces: 2,
        spans: 4,
        p50Ns: 2900 * MS,
        p95Ns: null,
        p99Ns: null,
      },
      {
        service: 'agent',
        operation: 'web_search',
        kind: 'tool',
        pathNs: 5400 * MS,
        pathShare: 0.27,
        traces: 2,
        spans: 18,
        p50Ns: 300 * MS,
        p95Ns: null,
        p99Ns: null,
      },
      {
        service: 'agent',
        operation: 'answer',
        kind: 'agent',
        pathNs: 600 * MS,
        pathShare: 0.03,
        traces: 2,
        spans: 2,
        p50Ns: null,
        p95Ns: null,
        p99Ns: null,
      },
    ]);
  });

  it('is divided among parties and own time without rest', () => {
    const { thirdParty } = report([agentRun('a'), agentRun('b', { extraMs: 3600 })]);
    expect(thirdParty).toEqual({
      calls: 4,
      sumNs: 14_000 * MS,
      wallNs: 14_000 * MS,
      wallShare: 0.7,
      pathNs: 14_000 * MS,
      criticalPathShare: 0.7,
      medianTraceShare: 5200 / 8200,
      parties: [
        {
          ...OPENAI,
          calls: 4,
          errors: 0,
          sumNs: 14_000 * MS,
          wallNs: 14_000 * MS,
          wallShare: 0.7,
          exclusiveWallNs: 14_000 * MS,
          pathNs: 14_000 * MS,
          criticalPathShare: 0.7,
          p50Ns: 2900 * MS,
          p95Ns: null,
          p99Ns: null,
        },
      ],
      own: { codeNs: 6000 * MS, internalNs: 0, waitNs: 0, untracedNs: 0 },
    });
  });
});

describe('a trace of the report', () => {
  it('names the spans of its path, with their ancestors, and of its flags, and links by recorded ids', () => {
    const [trace] = report([everythingRun('abc')], LINKED).traces;
    const url = 'http://localhost:16686/trace/00000000000000000000000000000abc';
    expect(trace?.links).toEqual({ trace: url });
    expect(
      trace?.spans.map(({ spanId, recordedSpanId, parentSpanId, link }) => [
        spanId,
        recordedSpanId,
        parentSpanId,
        link,
      ]),
    ).toEqual([
      ['p', undefined, null, `${url}?uiFind=p`],
      ['w', undefined, 'p', `${url}?uiFind=w`],
      ['d', undefined, 'p', `${url}?uiFind=d`],
      ['d#1', 'd', 'p', `${url}?uiFind=d`],
      ['q', undefined, null, `${url}?uiFind=q`],
    ]);
  });

  it('says how its path was found', () => {
    const [trace] = report([everythingRun('abc')]).traces;
    expect(trace?.criticalPath.how).toEqual({
      directNs: 30 * MS,
      hoistedNs: 10 * MS,
      throughWaitNs: 30 * MS,
      adoptedNs: 30 * MS,
    });
    expect(trace?.criticalPath.segments[1]).toEqual({
      spanId: 'd',
      startNs: 20 * MS,
      endNs: 50 * MS,
      kind: 'self',
      via: 'wait',
      waitSpanId: 'w',
      bucket: 'party',
    });
  });

  it('measures times from the start of its window', () => {
    const [trace] = report([agentRun('a', { offsetSeconds: 7 })]).traces;
    expect(trace).toMatchObject({ startUnixNano: `${BASE_SECONDS + 7}000000000`, durationNs: 8200 * MS });
    expect(trace?.spans[1]).toMatchObject({
      spanId: 'c1',
      startNs: 100 * MS,
      durationNs: 2900 * MS,
      party: 'api.openai.com',
    });
    expect(trace?.criticalPath.segments[0]).toMatchObject({ startNs: 0, endNs: 100 * MS });
  });

  it('names a missing parent and the members of a cycle by their ids', () => {
    const spans: FakeSpan[] = [
      { id: 'r', start: 0, end: 9, name: 'answer' },
      { id: 'o', parent: 'gone', start: 1, end: 2, name: 'o' },
      { id: 'x', parent: 'y', start: 3, end: 4, name: 'x' },
      { id: 'y', parent: 'x', start: 4, end: 5, name: 'y' },
    ];
    const { traces, dataQuality } = report([plainRun('a', 9, { spans })]);
    expect(traces[0]?.flags).toEqual([
      { flag: 'cycle', otherId: 'x,y' },
      { flag: 'missing-parent', otherId: 'gone' },
    ]);
    expect(dataQuality).toMatchObject({ incompleteTraces: 1, repairs: { cycle: 1, 'missing-parent': 1 } });
  });
});

describe('data quality', () => {
  it('counts repairs of the data, not how the path was found', () => {
    const flags = [
      { flag: 'hoisted', span: 0 },
      { flag: 'skew', span: 0 },
      { flag: 'wait', span: 0 },
    ] as const;
    const { dataQuality, traces } = report([plainRun('a', 9, { flags }), plainRun('b', 9, { flags: [flags[1]] })]);
    expect(dataQuality.repairs).toEqual({ skew: 2 });
    expect(traces[0]?.flags.map(({ flag }) => flag)).toEqual(['hoisted', 'skew', 'wait']);
  });

  it('adds up what each rule was blind to', () => {
    const blind = (spans: number) => [{ detector: 'n_plus_one', needs: ['a', 'b'], spans }];
    const { dataQuality } = report([
      plainRun('a', 9, { blind: blind(3) }),
      plainRun('b', 9, { blind: blind(4), ran: ['polling'] }),
    ]);
    expect(dataQuality.blind).toEqual(blind(7));
    expect(dataQuality.ran).toEqual(['n_plus_one', 'polling', 'redundant_call']);
  });
});

describe('the overview', () => {
  it('tells what the slowest of 20 runs waits for that the others do not', () => {
    const runs = Array.from({ length: 20 }, (_, i) => agentRun(`t${i}`, { extraMs: i === 7 ? 9500 : 0 }));
    const { overview } = report(runs, LINKED);
    expect(overview?.entryPoints[0]?.slow).toEqual({
      runs: 1,
      excessNs: 9500 * MS,
      largest: { name: 'api.openai.com', excessNs: 9500 * MS },
    });
    expect(overview?.entryPoints[0]?.slowest).toEqual({
      traceId: 't7',
      durationNs: 17_700 * MS,
      link: 'http://localhost:16686/trace/t7',
    });
    expect(report(runs.slice(1)).overview?.entryPoints[0]?.slow).toBeUndefined();
  });
});

describe('a partial report', () => {
  it('says why, each reason once', () => {
    const { partial, partialReasons } = report([], { ...CONTEXT, partialReasons: ['source_failed', 'limit', 'limit'] });
    expect({ partial, partialReasons }).toEqual({ partial: true, partialReasons: ['limit', 'source_failed'] });
  });
});

describe('spans that were lost', () => {
  const run = (id: string, losses: FakeSpan['losses'], service = 'agent') => {
    const spans = [{ id: 'r', start: 0, end: MS, name: 'answer', service, ...(losses && { losses }) }];
    return plainRun(id, 1, { spans });
  };

  it('are the last word of each process, together by service', () => {
    const { dataQuality } = report([
      run('a', { deliveryId: 'p1', dropped: 5, refused: 0 }),
      run('b', { deliveryId: 'p1', dropped: 12, refused: 1 }),
      run('c', { deliveryId: 'p2', dropped: 3, refused: 0 }),
      run('d', { deliveryId: 'p3', dropped: 0, refused: 2 }, 'tools'),
      run('f', { deliveryId: 'p4', dropped: 0, refused: 0, sampledOut: 30 }, 'tools'),
      run('g', { deliveryId: 'p4', dropped: 0, refused: 0, sampledOut: 40 }, 'tools'),
      run('e', undefined),
    ]);
    expect(dataQuality.lostSpans).toEqual([
      { service: 'agent', dropped: 15, refused: 1 },
      { service: 'tools', dropped: 0, refused: 2, sampledOut: 40 },
    ]);
  });

  it('are not mentioned where nobody says so', () => {
    expect(report([run('a', undefined)]).dataQuality).not.toHaveProperty('lostSpans');
    expect(report([run('a', { deliveryId: '', dropped: 0, refused: 0 })]).dataQuality).not.toHaveProperty('lostSpans');
  });
});
