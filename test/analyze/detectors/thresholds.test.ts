import { describe, expect, it } from 'vitest';
import { DEFAULT_THRESHOLDS, readThresholds } from '../../../src/analyze/detectors/thresholds.ts';

const problem = (document: unknown): string => {
  const result = readThresholds(document);
  return result instanceof Error ? result.message : 'no problem';
};

describe('thresholds', () => {
  it('default to the published table', () => {
    const counts = (key: 'n_plus_one.minCount' | 'redundant_call.minCount' | 'n_plus_one.minSumMs') =>
      (['db', 'http', 'rpc', 'messaging', 'retrieval', 'unknown', 'tool', 'mcp', 'llm', 'embedding'] as const).map(
        (category) => DEFAULT_THRESHOLDS.of(key, category),
      );
    expect(counts('n_plus_one.minCount')).toEqual([5, 5, 5, 5, 5, 5, 3, 3, 3, 3]);
    expect(counts('redundant_call.minCount')).toEqual([5, 5, 5, 5, 5, 5, 2, 2, 2, 2]);
    expect(counts('n_plus_one.minSumMs')).toEqual([50, 100, 100, 100, 100, 100, 100, 100, 0, 0]);
  });

  it('take the nearest override: fingerprint, category, all, default', () => {
    const thresholds = readThresholds({
      all: { 'n_plus_one.minCount': 7 },
      categories: { db: { 'n_plus_one.minCount': 8 } },
      fingerprints: { 'SELECT ?': { 'n_plus_one.minCount': 9 } },
    });
    if (thresholds instanceof Error) throw thresholds;
    expect(thresholds.of('n_plus_one.minCount')).toBe(7);
    expect(thresholds.of('n_plus_one.minCount', 'tool')).toBe(7);
    expect(thresholds.of('n_plus_one.minCount', 'db')).toBe(8);
    expect(thresholds.of('n_plus_one.minCount', 'db', 'SELECT ?')).toBe(9);
    expect(thresholds.of('n_plus_one.minMeanMs', 'db', 'SELECT ?')).toBe(1);
  });

  it.each([
    [null, 'thresholds must be an object with "all", "categories" or "fingerprints"'],
    [{ global: {} }, 'unknown member "global" of thresholds'],
    [{ all: 3 }, 'thresholds.all must be an object of numbers'],
    [
      { all: { 'n_plus_one.minCout': 3 } },
      'unknown threshold "n_plus_one.minCout" in all; known are n_plus_one.minCount,',
    ],
    [{ all: { toString: 3 } }, 'unknown threshold "toString"'],
    [
      { all: { 'n_plus_one.minCount': '3' } },
      'threshold "n_plus_one.minCount" in all must be a number of at least 0, not "3"',
    ],
    [{ all: { 'n_plus_one.minCount': -1 } }, 'must be a number of at least 0, not -1'],
    [{ categories: { sql: {} } }, 'unknown category "sql" in thresholds; known are db,'],
    [{ categories: [] }, 'thresholds.categories must be an object'],
    [{ fingerprints: { x: { y: 1 } } }, 'unknown threshold "y" in fingerprints.x'],
    [{}, 'no problem'],
  ])('of %j: %s', (document, message) => {
    expect(problem(document)).toContain(message);
  });
});
