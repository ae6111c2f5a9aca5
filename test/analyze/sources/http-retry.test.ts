import { describe, expect, it } from 'vitest';
import {
  DEFAULT_RETRY,
  isRetryableStatus,
  parseRetryAfter,
  retryDelayMs,
} from '../../../src/analyze/sources/http-retry.ts';

describe('retries', () => {
  it('repeat what may pass by itself and nothing else', () => {
    const statuses = [400, 401, 403, 404, 408, 409, 422, 429, 500, 502, 503, 504];
    expect(statuses.filter(isRetryableStatus)).toEqual([429, 500, 502, 503, 504]);
  });

  it('wait anything up to a delay that doubles and is capped', () => {
    const longest = [1, 2, 3, 4, 5, 6].map((attempt) => retryDelayMs(attempt, undefined, DEFAULT_RETRY, () => 1));
    expect(longest).toEqual([250, 500, 1000, 2000, 4000, 5000]);
    expect(retryDelayMs(3, undefined, DEFAULT_RETRY, () => 0.25)).toBe(250);
    expect(retryDelayMs(3, undefined, DEFAULT_RETRY, () => 0)).toBe(0);
  });

  it('obey the server up to half a minute', () => {
    expect(retryDelayMs(1, 2_000, DEFAULT_RETRY, () => 0)).toBe(2_000);
    expect(retryDelayMs(1, 3_600_000, DEFAULT_RETRY, () => 0)).toBe(30_000);
  });

  it.each([
    ['120', 120_000],
    [' 0 ', 0],
    ['Tue, 24 Nov 2026 12:00:05 GMT', 5_000],
    ['Tue, 24 Nov 2026 11:00:00 GMT', 0],
    ['-5', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['', undefined],
    [null, undefined],
  ])('read Retry-After %j', (header, expected) => {
    expect(parseRetryAfter(header, Date.UTC(2026, 10, 24, 12))).toBe(expected);
  });
});
