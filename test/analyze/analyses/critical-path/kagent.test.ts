import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { criticalPath } from '../../../../src/analyze/analyses/critical-path/index.ts';
import type { Trace } from '../../../../src/analyze/model/trace.ts';
import { identityOf } from '../../../../src/analyze/semantics/identity.ts';
import { rolesOf } from '../../../../src/analyze/semantics/role.ts';
import { tracesOf } from '../../../support/traces-of.ts';

/** The share of the window that is the own time of model and I/O spans answered by a host (R15). */
function shareOf(file: string, host: string): number {
  const document = readFileSync(new URL(`../../../fixtures/traces/kagent-jaeger/${file}`, import.meta.url));
  const [trace] = tracesOf(document) as [Trace];
  const roles = rolesOf(trace);
  const path = criticalPath(trace);
  const held = path.segments
    .filter(({ span, kind }) => kind === 'self' && (roles[span] === 'llm' || roles[span] === 'io'))
    .filter(({ span }) => identityOf(trace, span).host === host)
    .reduce((sum, { start, end }) => sum + end - start, 0);
  return held / (path.windowEnd - path.windowStart);
}

describe('the critical path of a recorded agent run', () => {
  it('is held by the model where the calls hang under a span that ended early, and the request only polls', () => {
    expect(shareOf('helm.json', 'api.openai.com')).toBeCloseTo(0.967, 2);
    expect(shareOf('k8s.json', 'api.openai.com')).toBeCloseTo(0.974, 2);
  });
});
