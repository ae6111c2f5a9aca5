import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { thirdParty } from '../../../src/analyze/analyses/third-party.ts';
import { judge } from '../../../src/analyze/detectors/index.ts';
import type { Trace } from '../../../src/analyze/model/trace.ts';
import { tracesOf } from '../../support/traces-of.ts';

const traceOf = (file: string): Trace => {
  const document = readFileSync(new URL(`../../fixtures/traces/kagent-jaeger/${file}`, import.meta.url));
  return tracesOf(document)[0] as Trace;
};

describe('the parties of a recorded agent run', () => {
  it.each([
    ['helm.json', 2, 0.967],
    ['k8s.json', 1, 0.974],
  ])('in %s are the model vendor, by its host and its provider, and services of the cluster', (file, calls, share) => {
    const { parties, own } = thirdParty(traceOf(file));
    const window =
      parties.reduce((ns, use) => ns + (use.party.class === 'internal' ? 0 : use.pathNs), 0) +
      (own.codeNs + own.internalNs + own.waitNs + own.untracedNs);
    expect(parties.map(({ party }) => [party.name, party.class, party.rule])).toEqual([
      ['api.openai.com', 'third_party', 'provider'],
      ['kagent-controller.kagent', 'internal', 'private-name'],
      ['kagent-tools.kagent', 'internal', 'private-name'],
    ]);
    // Several instrumentations see each model call; it is one call.
    expect(parties[0]?.calls).toHaveLength(calls);
    expect((parties[0]?.pathNs ?? 0) / window).toBeCloseTo(share, 2);
  });

  it('have many small requests to the controller, too short for a finding', () => {
    const { occurrences, nearMisses } = judge(traceOf('helm.json'));
    expect(occurrences).toEqual([]);
    expect(nearMisses.map(({ rule, count }) => `${rule} ${count}`)).toEqual(['min_sum 8', 'min_sum 5']);
  });
});
