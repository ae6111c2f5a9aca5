import { describe, expect, it } from 'vitest';
import {
  formatCount,
  formatDuration,
  formatMean,
  formatPeriod,
  formatRange,
  formatShare,
  plural,
} from '../../../src/analyze/reporters/format.ts';

describe('durations', () => {
  it.each([
    [0, '0 s'],
    [1, '1 ns'],
    [999, '999 ns'],
    [1000, '1.0 µs'],
    [12_000, '12 µs'],
    [9_949, '9.9 µs'],
    [9_951, '10 µs'],
    [999_499, '999 µs'],
    [999_500, '1.0 ms'],
    [3_500_000, '3.5 ms'],
    [350e6, '350 ms'],
    [999_500_000, '1.0 s'],
    [8.2e9, '8.2 s'],
    [21.44e9, '21.4 s'],
    [59.94e9, '59.9 s'],
    [59.95e9, '1 min'],
    [80e9, '1 min 20 s'],
    [120e9, '2 min'],
    [3599.4e9, '59 min 59 s'],
    [3599.6e9, '1 h'],
    [7500e9, '2 h 5 min'],
    [172_800e9, '2 d'],
    [90 * 3600e9, '3 d 18 h'],
    [25_920_000_000_000_003n, '300 d'],
    [-4_900_000, '−4.9 ms'],
  ])('of %d ns read %s', (ns, expected) => {
    expect(formatDuration(ns)).toBe(expected);
  });

  it('of one unit share it in a range', () => {
    expect(formatRange(1.6e9, 2.4e9)).toBe('1.6–2.4 s');
    expect(formatRange(350e6, 2.4e9)).toBe('350 ms – 2.4 s');
    expect(formatRange(60e9, 80e9)).toBe('1 min – 1 min 20 s');
    expect(formatRange(80e9, 140e9)).toBe('1 min 20 s – 2 min 20 s');
    expect(formatRange(0, 300e6)).toBe('0 s – 300 ms');
    expect(formatRange(1.61e9, 1.6e9)).toBe('1.6 s');
  });
});

describe('shares', () => {
  it('are never rounded to nothing or to all', () => {
    const shares = [0, 0.001, 0.004_99, 0.005, 0.464, 0.967, 0.994_9, 0.996, 1];
    expect(shares.map(formatShare)).toEqual(['0 %', '<1 %', '<1 %', '1 %', '46 %', '97 %', '99 %', '>99 %', '100 %']);
  });
});

describe('counts', () => {
  it('are grouped by thousands', () => {
    expect([7, 999, 48_211, 1_000_000, 9_007_199_254_740_993n].map(formatCount)).toEqual([
      '7',
      '999',
      '48,211',
      '1,000,000',
      '9,007,199,254,740,993',
    ]);
  });

  it('agree with their noun', () => {
    expect([plural(1, 'run'), plural(0, 'run'), plural(2, 'entry', 'entries')]).toEqual([
      '1 run',
      '0 runs',
      '2 entries',
    ]);
  });

  it('per run have one decimal where they need it', () => {
    expect([formatMean(10, 2), formatMean(7, 3), formatMean(1001, 10), formatMean(5, 0)]).toEqual([
      '5',
      '2.3',
      '100',
      '0',
    ]);
  });
});

describe('a period', () => {
  const at = (clock: string, day = '2026-11-20') => `${Date.parse(`${day}T${clock}:30Z`)}000000`;

  it('names the day once, both where they differ, and one time where they do not', () => {
    expect(formatPeriod(at('14:00'), at('15:00'))).toBe('20 Nov 2026 14:00–15:00 UTC');
    expect(formatPeriod(at('14:00'), at('14:00'))).toBe('20 Nov 2026 14:00 UTC');
    expect(formatPeriod(at('23:50'), at('00:10', '2026-11-21'))).toBe('20 Nov 2026 23:50 – 21 Nov 2026 00:10 UTC');
  });
});
