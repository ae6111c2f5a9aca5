import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JaegerClient } from '../../../src/analyze/sources/jaeger-client.ts';
import type { JaegerQuery } from '../../../src/analyze/sources/jaeger-query.ts';
import type { JaegerSearch } from '../../../src/analyze/sources/jaeger-routes.ts';
import { selectTraces } from '../../../src/analyze/sources/jaeger-select.ts';
import { SourceError } from '../../../src/analyze/sources/source-error.ts';

/** A stored trace: where each service has spans of it, in microseconds. */
interface Stored {
  readonly id: string;
  readonly spans: readonly (readonly [service: string, startUs: number])[];
}

const id = (n: number) => n.toString(16).padStart(32, '0');
const ns = (us: number) => BigInt(us) * 1000n;
const startOf = (trace: Stored) => Math.min(...trace.spans.map(([, us]) => us));

/** A Jaeger that stores traces as they come and lists any `ask` of the matching ones, oldest stored first. */
function fakeJaeger(stored: readonly Stored[], maxDepth = Number.POSITIVE_INFINITY) {
  const searches: JaegerSearch[] = [];
  const client: JaegerClient = {
    name: { peer: 'Jaeger', printed: 'http://fake', secrets: [] },
    services: async () => [...new Set(stored.flatMap(({ spans }) => spans.map(([service]) => service)))].sort(),
    operations: async () => [],
    trace: async () => 'not found',
    search: async (search) => {
      searches.push(search);
      if (search.ask > maxDepth) {
        const why = 'it says: search depth must be greater than 0 and less than max traces';
        throw new SourceError('TA1205', 'failed', { why });
      }
      expect(search.minUnixNano < search.maxUnixNano).toBe(true);
      const hits = stored.filter(({ spans }) =>
        spans.some(
          ([service, us]) => service === search.service && ns(us) >= search.minUnixNano && ns(us) <= search.maxUnixNano,
        ),
      );
      return new Map(hits.slice(0, search.ask).map((trace) => [trace.id, ns(startOf(trace))]));
    },
  };
  return { client, searches };
}

function query(more: Partial<JaegerQuery> = {}): JaegerQuery {
  const none = { services: [], operation: undefined, minDurationNs: undefined, tags: [], traceIds: [] };
  return { ...none, sinceUnixNano: 0n, untilUnixNano: ns(1_000_000), limit: 100, ...more };
}

const single = (n: number, us: number, service = 'a'): Stored => ({ id: id(n), spans: [[service, us]] });

describe('a selection', () => {
  it('asks each service but jaeger once when all fit, and sorts by start, then id', async () => {
    const stored = [single(3, 50, 'b'), single(2, 50, 'a'), single(1, 70, 'a'), single(9, 60, 'jaeger')];
    const { client, searches } = fakeJaeger(stored);
    expect(await selectTraces(client, query())).toEqual({
      traces: [
        { traceId: id(2), startUnixNano: ns(50) },
        { traceId: id(3), startUnixNano: ns(50) },
        { traceId: id(1), startUnixNano: ns(70) },
      ],
      limitReached: false,
      notes: [],
    });
    expect(searches.map(({ service, ask }) => [service, ask])).toEqual([
      ['a', 101],
      ['b', 101],
    ]);
  });

  it('asks for the services named, jaeger included, and none other', async () => {
    const { client, searches } = fakeJaeger([single(1, 1, 'jaeger'), single(2, 2, 'a')]);
    const { traces } = await selectTraces(client, query({ services: ['jaeger'] }));
    expect(traces.map(({ traceId }) => traceId)).toEqual([id(1)]);
    expect(searches).toHaveLength(1);
  });

  it('takes traces named by id without searching', async () => {
    const { client, searches } = fakeJaeger([single(1, 1)]);
    const selection = await selectTraces(client, query({ traceIds: [id(7)] }));
    expect(selection).toEqual({ traces: [{ traceId: id(7), startUnixNano: 0n }], limitReached: false, notes: [] });
    expect(searches).toEqual([]);
  });
});

describe('the limit', () => {
  it('is not reached when just met', async () => {
    const stored = Array.from({ length: 100 }, (_, n) => single(n, n * 10));
    const { client } = fakeJaeger(stored);
    const selection = await selectTraces(client, query());
    expect([selection.traces.length, selection.limitReached]).toEqual([100, false]);
  });

  it('makes the window be split until the newest are known, and is said', async () => {
    const stored = Array.from({ length: 5_000 }, (_, n) => single(n, n * 100));
    const { client, searches } = fakeJaeger(stored);
    const selection = await selectTraces(client, query({ limit: 10 }));
    expect(selection).toEqual({
      traces: Array.from({ length: 10 }, (_, n) => ({ traceId: id(4_990 + n), startUnixNano: ns((4_990 + n) * 100) })),
      limitReached: true,
      notes: [
        'limit reached: the newest 10 traces were taken and there are more; raise --limit or narrow --since, --until, --service',
      ],
    });
    expect(searches.length).toBeLessThan(30);
  });

  it('may be more than one search may ask for', async () => {
    const stored = Array.from({ length: 2_500 }, (_, n) => single(n, n * 100));
    const { client, searches } = fakeJaeger(stored);
    const selection = await selectTraces(client, query({ limit: 10_000 }));
    expect([selection.traces.length, selection.limitReached]).toEqual([2_500, false]);
    expect(Math.max(...searches.map(({ ask }) => ask))).toBe(1_000);
  });

  it('may be more than the storage can list', async () => {
    const stored = Array.from({ length: 40 }, (_, n) => single(n, n * 100));
    const { client } = fakeJaeger(stored, 30);
    const selection = await selectTraces(client, query());
    expect([selection.traces.length, selection.limitReached]).toEqual([40, false]);
  });

  it('is not all when a single instant holds more than Jaeger lists', async () => {
    const stored = [...Array.from({ length: 9 }, (_, n) => single(n, 500)), single(99, 100)];
    const { client } = fakeJaeger(stored, 4);
    const selection = await selectTraces(client, query());
    expect(selection.limitReached).toBe(true);
    expect(selection.notes).toEqual([
      '3 traces of service "a" at the instant 1970-01-01T00:00:00.000500000Z are all that Jaeger lists; it may hold more',
    ]);
    expect(selection.traces.map(({ traceId }) => traceId)).toContain(id(99));
  });
});

describe('a window', () => {
  it('is not cut for ever when long traces fill all of it', async () => {
    const everywhere = Array.from({ length: 2_000 }, (_, at) => ['a', at * 500] as const);
    const stored = Array.from({ length: 150 }, (_, n): Stored => ({ id: id(n), spans: everywhere }));
    const { client, searches } = fakeJaeger(stored);
    const selection = await selectTraces(client, query());
    expect([selection.traces.length, selection.limitReached]).toEqual([100, true]);
    expect(searches.length).toBeLessThan(20);
  });

  it('is given up at some point, and that is said', async () => {
    const everywhere = Array.from({ length: 2_000 }, (_, at) => ['a', at * 500] as const);
    const stored = Array.from({ length: 50 }, (_, n): Stored => ({ id: id(n), spans: everywhere }));
    const { client, searches } = fakeJaeger(stored, 20);
    const selection = await selectTraces(client, query());
    expect(selection.notes).toContain('gave up on service "a" after 200 searches; there may be more');
    expect(selection.limitReached).toBe(true);
    expect(searches.length).toBeLessThan(210);
  });

  it('is searched with every filter', async () => {
    const { client, searches } = fakeJaeger([]);
    const filters = { operation: 'op', minDurationNs: 5n, tags: [['k', 'v']] as const };
    await selectTraces(client, query({ services: ['s'], ...filters }));
    expect(searches).toEqual([{ service: 's', minUnixNano: 0n, maxUnixNano: ns(1_000_000), ask: 101, ...filters }]);
  });

  it('gives exactly the newest, whatever Jaeger lists first', async () => {
    const span = fc.tuple(fc.constantFrom('a', 'b', 'jaeger'), fc.integer({ min: 0, max: 400 }));
    const traces = fc.array(fc.array(span, { minLength: 1, maxLength: 4 }), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(traces, fc.integer({ min: 1, max: 20 }), async (spans, limit) => {
        // Distinct starts within a service, so that no instant can overflow.
        const stored = spans.map(
          (list, n): Stored => ({
            id: id(n),
            spans: list.map(([service, us]) => [service, us * 100 + n] as const),
          }),
        );
        const { client } = fakeJaeger(stored);
        const all = stored
          .filter((trace) => trace.spans.some(([service]) => service !== 'jaeger'))
          .sort((a, b) => startOf(a) - startOf(b) || (a.id < b.id ? -1 : 1));
        const ties = [...all].sort((a, b) => startOf(b) - startOf(a) || (a.id < b.id ? -1 : 1)).slice(0, limit);
        const expected = all.filter((trace) => ties.includes(trace));
        const selection = await selectTraces(client, query({ limit }));
        expect(selection.traces.map(({ traceId }) => traceId)).toEqual(expected.map((trace) => trace.id));
        expect(selection.limitReached).toBe(all.length > limit);
      }),
      { numRuns: 200, seed: 7 },
    );
  });
});
