import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lengthOf, mostAtOnce, overlapWith, unionOf } from '../../../src/analyze/analyses/intervals.ts';
import { wallTimes } from '../../../src/analyze/analyses/wall-time.ts';

type Interval = readonly [number, number];

const interval = fc.tuple(fc.nat(30), fc.nat(8)).map(([start, length]): Interval => [start, start + length]);
const intervals = fc.array(interval, { maxLength: 12 });
const starts = (list: readonly Interval[]) => Float64Array.from(list, ([start]) => start);
const ends = (list: readonly Interval[]) => Float64Array.from(list, ([, end]) => end);
const union = (list: readonly Interval[]) => unionOf(starts(list), ends(list));
/** Whether a unit of time lies in one of the intervals: the oracle counts units. */
const holds = (list: readonly Interval[], unit: number) => list.some(([start, end]) => start <= unit && unit < end);
const units = (accept: (unit: number) => boolean) =>
  Array.from({ length: 40 }, (_, unit) => unit).filter(accept).length;

describe('intervals', () => {
  it('have the length of their union', () => {
    fc.assert(fc.property(intervals, (list) => lengthOf(union(list)) === units((unit) => holds(list, unit))));
  });

  it('overlap a stretch by what of it they hold', () => {
    fc.assert(
      fc.property(intervals, interval, (list, [from, to]) => {
        const expected = units((unit) => from <= unit && unit < to && holds(list, unit));
        expect(overlapWith(union(list))(from, to)).toBe(expected);
      }),
    );
  });

  it('run at most so many at once', () => {
    fc.assert(
      fc.property(intervals, (all) => {
        const list = all.filter(([start, end]) => end > start);
        const running = Array.from(
          { length: 40 },
          (_, unit) => list.filter(([start, end]) => start <= unit && unit < end).length,
        );
        expect(mostAtOnce(starts(list), ends(list))).toBe(Math.max(...running));
      }),
    );
  });
});

describe('wall time', () => {
  //  a  ####  ######      10 in flight, alone 5
  //  b     #######          7 in flight, alone 2
  it('is alone where no other party is in flight', () => {
    const a: Interval[] = [
      [0, 4],
      [6, 12],
    ];
    const b: Interval[] = [[3, 10]];
    const times = (list: Interval[]) => ({ times: { start: starts(list), end: ends(list) }, counts: true });
    expect(wallTimes([times(a), times(b)]).parties).toEqual([
      { sumNs: 10, wallNs: 10, exclusiveWallNs: 5 },
      { sumNs: 7, wallNs: 7, exclusiveWallNs: 2 },
    ]);
  });

  it('agrees with counting units of time, whatever the parties', () => {
    const parties = fc.array(fc.record({ list: intervals, counts: fc.boolean() }), { maxLength: 5 });
    fc.assert(
      fc.property(parties, (all) => {
        const measured = wallTimes(
          all.map(({ list, counts }) => ({ times: { start: starts(list), end: ends(list) }, counts })),
        );
        all.forEach(({ list }, i) => {
          const others = all.flatMap((other, j) => (j !== i && other.counts ? other.list : []));
          expect(measured.parties[i]).toEqual({
            sumNs: list.reduce((sum, [start, end]) => sum + end - start, 0),
            wallNs: units((unit) => holds(list, unit)),
            exclusiveWallNs: units((unit) => holds(list, unit) && !holds(others, unit)),
          });
        });
      }),
    );
  });
});
