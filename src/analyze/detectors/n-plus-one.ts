import { repeatCalls } from '../analyses/repeat-calls.ts';
import { factOf } from '../model/facts.ts';
import { repeatJudgment } from './repeat-judgment.ts';
import type { Detector } from './types.ts';

/** The same kind of call once per item of a list, where one call could have fetched them all (docs/detectors/n-plus-one.md). */
export const nPlusOne: Detector = {
  id: 'n_plus_one',
  detect(trace, thresholds) {
    const { occurrences, nearMisses } = repeatJudgment(trace, thresholds);
    const { unnamed } = factOf(trace, repeatCalls);
    const spans = [...unnamed.values()].reduce((sum, n) => sum + n, 0);
    return {
      occurrences: occurrences.filter(({ kind }) => kind === 'n_plus_one'),
      nearMisses: nearMisses.filter(({ kind }) => kind === 'n_plus_one'),
      ...(spans === 0 ? {} : { blind: { needs: [...unnamed.keys()].sort(), spans } }),
    };
  },
};
