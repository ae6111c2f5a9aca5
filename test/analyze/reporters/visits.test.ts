import { expect, it } from 'vitest';
import { chooseVisits, type VisitGroup } from '../../../src/analyze/reporters/visits.ts';

/** Groups one after the other, of these lengths. */
function groups(...lengths: readonly number[]): VisitGroup[] {
  let at = 0;
  return lengths.map((length, i) => {
    const visit = { spanId: String(i), startNs: at, endNs: at + length, kinds: { self: length } };
    at += length;
    return { ...visit, first: visit, count: 1, betweenNs: 0 };
  });
}

const shown = (lengths: readonly number[], max: number) =>
  chooseVisits(groups(...lengths), max).map((line) => ('hidden' in line ? `${line.hidden} hidden` : line.first.spanId));

it('shows the longest in order of time, and counts what is between them', () => {
  expect(shown([300, 20, 30, 500, 150], 4)).toEqual(['0', '2 hidden', '3', '4']);
  expect(shown([300, 20, 30, 500, 150], 3)).toEqual(['3 hidden', '3', '1 hidden']);
});

it('leaves out stretches of less than a thousandth of the run', () => {
  expect(shown([600_000, 100, 100, 100, 399_000], 3)).toEqual(['0', '4']);
  expect(shown([600_000, 400, 400, 400, 398_800], 3)).toEqual(['0', '3 hidden', '4']);
});
