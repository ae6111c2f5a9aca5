import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  emptyPartial,
  merge,
  mergeAll,
  partialOf,
  reportOf,
  type TracePartial,
} from '../../../src/analyze/aggregate/index.ts';
import type { Party } from '../../../src/analyze/analyses/third-party-types.ts';
import { jsonChunks } from '../../../src/analyze/reporters/json.ts';
import { schemaErrors } from '../report/report-schema.ts';
import { type FakeSegment, type FakeSpan, type FakeTrace, fakeFacts, OPENAI } from './fake-facts.ts';
import { agentRun, BASE_SECONDS } from './fake-runs.ts';

const CONTEXT = {
  toolVersion: '0.1.0',
  sources: [],
  skipped: [],
  partialReasons: [],
  uiBase: 'http://localhost:16686',
};

const json = (partial: TracePartial): string => [...jsonChunks(reportOf(partial, CONTEXT))].join('');

const PARTIES: readonly Party[] = [
  OPENAI,
  { ...OPENAI, confidence: 'low', rule: 'guess', vendor: 'api.openai.com' },
  { name: 'db.internal', vendor: 'db.internal', class: 'internal', rule: 'single-label', confidence: 'medium' },
  { name: 'x.rds.amazonaws.com', vendor: 'AWS', class: 'managed', rule: 'suffix', confidence: 'high' },
];

/** A star of spans, its path a tiling of the root by any of them; findings, near misses and oddities at will. */
const randomTrace: fc.Arbitrary<Omit<FakeTrace, 'id'>> = fc
  .record({
    base: fc.integer({ min: 0, max: 3 }),
    cuts: fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 8 }),
    unit: fc.constantFrom(1, 1e6, 1e9),
    names: fc.array(fc.constantFrom('chat', 'search', 'SELECT', 'GET'), { minLength: 9, maxLength: 9 }),
    parties: fc.array(fc.option(fc.constantFrom(...PARTIES), { nil: undefined }), { minLength: 9, maxLength: 9 }),
    failed: fc.boolean(),
    isOpen: fc.boolean(),
    root: fc.constantFrom('answer', 'ingest'),
    findings: fc.array(fc.constantFrom('aaaaaaaaaaaa', 'bbbbbbbbbbbb'), { maxLength: 3 }),
    confidences: fc.array(fc.constantFrom('high', 'medium', 'low'), { minLength: 3, maxLength: 3 }),
    mode: fc.constantFrom('serial', 'concurrent', 'mixed'),
    isJudged: fc.boolean(),
    rules: fc.array(fc.constantFrom('pagination', 'polling'), { maxLength: 3 }),
    skews: fc.integer({ min: 0, max: 2 }),
  })
  .map((r) => {
    const edges = [0, ...r.cuts.sort((a, b) => a - b), 100].map((edge) => edge * r.unit);
    const pieces = edges.slice(1).map((end, i) => ({ start: edges[i] as number, end, id: `c${i}` }));
    const root: FakeSpan = {
      id: 'r',
      start: 0,
      name: r.root,
      failed: r.failed,
      ...(r.isOpen ? {} : { end: 100 * r.unit }),
    };
    const children = pieces.map(({ start, end, id }, i): FakeSpan => {
      const party = r.parties[i];
      return { id, parent: 'r', start, end, name: r.names[i] as string, ...(party === undefined ? {} : { party }) };
    });
    const segments = pieces.map(({ start, end, id }, i): FakeSegment => {
      const party = r.parties[i];
      const bucket = party === undefined ? 'code' : party.class === 'internal' ? 'internal' : 'party';
      return { span: id, start, end, kind: 'self', bucket };
    });
    const saving = { low: 1, likely: 2 * r.unit, high: 3 * r.unit };
    return {
      baseSeconds: BASE_SECONDS + r.base,
      spans: [root, ...children],
      segments,
      flags: Array.from({ length: r.skews }, (_, i) => ({ flag: 'skew' as const, span: i })),
      occurrences: r.findings.map((id, i) => ({
        id,
        subject: r.names[i] as string,
        confidence: r.confidences[i] as 'high',
        mode: r.mode as 'serial',
        parentSpan: 0,
        spans: [1],
        count: i + 3,
        pathNs: r.unit,
        saving: r.isJudged ? saving : null,
      })),
      nearMisses: r.rules.map((rule, i) => {
        return { kind: 'n_plus_one' as const, rule, reason: `${i}`, fingerprint: 'f', parentSpan: 0, count: i };
      }),
      blind: r.isOpen ? [{ detector: 'n_plus_one', needs: ['x'], spans: r.base }] : [],
      failures: r.failed ? [{ detector: 'n_plus_one', message: 'broke' }] : [],
    };
  });

const randomPartials = (max: number) =>
  fc
    .array(randomTrace, { minLength: 3, maxLength: max })
    .map((traces) => traces.map((trace, i) => partialOf(fakeFacts({ ...trace, id: `${i}` }))));

describe('partials', () => {
  it('form a commutative monoid', () => {
    fc.assert(
      fc.property(randomPartials(3), ([a, b, c]) => {
        const [x, y, z] = [a as TracePartial, b as TracePartial, c as TracePartial];
        expect(merge(merge(x, y), z)).toEqual(merge(x, merge(y, z)));
        expect(merge(x, y)).toEqual(merge(y, x));
        expect(merge(x, emptyPartial)).toEqual(x);
        expect(merge(emptyPartial, x)).toEqual(x);
      }),
    );
  });

  it('give the same bytes whatever the order and the grouping of the traces', () => {
    fc.assert(
      fc.property(randomPartials(12), fc.infiniteStream(fc.nat()), (partials, random) => {
        const pool = [...partials];
        while (pool.length > 1) {
          const [a] = pool.splice(random.next().value % pool.length, 1);
          const [b] = pool.splice(random.next().value % pool.length, 1);
          pool.push(merge(a as TracePartial, b as TracePartial));
        }
        const expected = json(mergeAll(partials));
        expect(json(pool[0] as TracePartial)).toBe(expected);
        expect(json(partials.reduce(merge, emptyPartial))).toBe(expected);
        expect(schemaErrors(JSON.parse(expected))).toEqual([]);
      }),
    );
  });

  it('keep what more than a hundred traces must show, whatever the grouping', () => {
    const runs = Array.from({ length: 130 }, (_, i) => {
      const likely = ((i * 37) % 130) * 1e6;
      const occurrences = [{ parentSpan: 0, spans: [1, 2], count: 5, saving: { low: 0, likely, high: likely } }];
      return partialOf(fakeFacts(agentRun(`t${i}`, { offsetSeconds: i, occurrences })));
    });
    const chunks = [runs.slice(0, 110), runs.slice(110, 115), runs.slice(115)].map(mergeAll);
    const [all, left, right] = [
      mergeAll(runs),
      chunks.reduce(merge, emptyPartial),
      runs.reduceRight((sum, run) => merge(run, sum), emptyPartial),
    ];
    expect(json(left)).toBe(json(all));
    expect(json(right)).toBe(json(all));

    const report = reportOf(all, CONTEXT);
    const [finding] = report.findings;
    expect(finding?.occurrenceCount).toBe(130);
    expect(finding?.occurrences.map(({ savingNs }) => savingNs?.likely)).toEqual(
      Array.from({ length: 25 }, (_, i) => (129 - i) * 1e6),
    );
    const named = new Set(finding?.occurrences.map(({ traceId }) => traceId));
    expect(report.traces.map(({ traceId }) => traceId).sort()).toEqual([...named].sort());
  });

  it('add up exactly where doubles no longer could', () => {
    const day = 86_400e9;
    const long = (id: string, ns: number): TracePartial =>
      partialOf(
        fakeFacts({
          id,
          spans: [{ id: 'r', start: 0, end: ns, name: 'job' }],
          segments: [{ span: 'r', start: 0, end: ns, kind: 'self', bucket: 'code' }],
        }),
      );
    const partial = mergeAll([long('a', 100 * day + 1), long('b', 100 * day + 2), long('c', 100 * day)]);
    const report = reportOf(partial, CONTEXT);
    expect(report.criticalPath.durationNs).toBe(25_920_000_000_000_003n);
    expect(report.thirdParty.own.codeNs).toBe(25_920_000_000_000_003n);
    expect(json(partial)).toContain('"windowNs":25920000000000003,');
  });
});
