import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DETECTORS, judge } from '../../../src/analyze/detectors/index.ts';
import type { Detector } from '../../../src/analyze/detectors/types.ts';
import { traceFrom } from '../../support/trace-from.ts';

const docs = new URL('../../../docs/detectors/', import.meta.url);

describe('the registry of rules', () => {
  it.each(DETECTORS.map((detector) => detector.id))(
    '%s has a page that shows a bad and a good trace and how to silence it',
    (id) => {
      const page = new URL(`${id.replaceAll('_', '-')}.md`, docs);
      expect(existsSync(page)).toBe(true);
      const text = readFileSync(page, 'utf8');
      for (const heading of [
        '## Why',
        '## How it decides',
        '## A bad trace',
        '## A good trace',
        '## Silence it or change its limits',
      ]) {
        expect(text).toContain(heading);
      }
    },
  );

  it('names every rule once', () => {
    expect(new Set(DETECTORS.map(({ id }) => id)).size).toBe(DETECTORS.length);
  });

  it('turns a rule that throws into a failure and goes on with the next', () => {
    const broken: Detector = {
      id: 'n_plus_one',
      detect() {
        throw new RangeError('out of range');
      },
    };
    const fine: Detector = {
      id: 'redundant_call',
      detect: () => ({ occurrences: [], nearMisses: [], blind: { needs: ['a'], spans: 2 } }),
    };
    const trace = traceFrom([{ id: 'R', start: 0, end: 1 }]);
    expect(judge(trace, undefined, [broken, fine])).toEqual({
      occurrences: [],
      nearMisses: [],
      ran: ['redundant_call'],
      blind: [{ detector: 'redundant_call', needs: ['a'], spans: 2 }],
      failures: [{ detector: 'n_plus_one', message: 'out of range' }],
    });
  });
});
