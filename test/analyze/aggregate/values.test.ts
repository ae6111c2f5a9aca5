import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { medianOf, mergeValues, percentilesOf, valuesOf } from '../../../src/analyze/aggregate/values.ts';

const upTo = (n: number) => valuesOf(Array.from({ length: n }, (_, i) => n - i));

describe('percentiles', () => {
  it('are values that occurred, by nearest rank', () => {
    expect(percentilesOf(upTo(100))).toEqual({ p50Ns: 50, p95Ns: 95, p99Ns: 99 });
    expect(percentilesOf(upTo(201))).toEqual({ p50Ns: 101, p95Ns: 191, p99Ns: 199 });
    expect(percentilesOf(valuesOf([30, 10, 20, 40]))).toEqual({ p50Ns: 20, p95Ns: null, p99Ns: null });
  });

  it('need 3, 20 and 100 values', () => {
    expect(percentilesOf(upTo(2))).toEqual({ p50Ns: null, p95Ns: null, p99Ns: null });
    expect(percentilesOf(upTo(3))).toEqual({ p50Ns: 2, p95Ns: null, p99Ns: null });
    expect(percentilesOf(upTo(19))).toEqual({ p50Ns: 10, p95Ns: null, p99Ns: null });
    expect(percentilesOf(upTo(20))).toEqual({ p50Ns: 10, p95Ns: 19, p99Ns: null });
    expect(percentilesOf(upTo(99)).p99Ns).toBeNull();
  });

  it('are not needed for a median, which one value has', () => {
    expect([medianOf(upTo(0)), medianOf(upTo(1)), medianOf(upTo(2)), medianOf(upTo(5))]).toEqual([null, 1, 1, 3]);
  });
});

describe('multisets of values', () => {
  it('merge to the sorted values of both', () => {
    const integers = fc.array(fc.integer({ min: -1000, max: 1000 }));
    fc.assert(
      fc.property(integers, integers, (a, b) => {
        const expected = [...a, ...b].sort((x, y) => x - y);
        expect([...mergeValues(valuesOf(a), valuesOf(b))]).toEqual(expected);
      }),
    );
  });
});
