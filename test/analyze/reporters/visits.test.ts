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

it('shows nothing so short one by one, unless there is nothing longer', () => {
  expect(shown([600_000, 100, 399_900], 8)).toEqual(['0', '2']);
  expect(shown([0], 8)).toEqual(['0']);
});

it('spends no line on the stretches that it leaves out', () => {
  const lengths = [10, 300_000, 10, 480_000, 10, 350_000, 10, 250_000, 10];
  expect(shown(lengths, 4)).toEqual(['1', '3', '5', '7']);
  expect(shown(lengths, 3)).toEqual(['3 hidden', '3', '5 hidden']);
});
