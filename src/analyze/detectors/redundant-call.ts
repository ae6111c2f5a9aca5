import type { RepeatCall } from '../analyses/repeat-calls.ts';
import { repeats } from '../analyses/repeats.ts';
import { factOf } from '../model/facts.ts';
import type { Trace } from '../model/trace.ts';
import { repeatJudgment } from './repeat-judgment.ts';
import type { Thresholds } from './thresholds.ts';
import type { Blind, Category, Detector } from './types.ts';

/** The very same call more than once, where its first answer would have done (docs/detectors/redundant-call.md). */
export const redundantCall: Detector = {
  id: 'redundant_call',
  detect(trace, thresholds) {
    const { occurrences, nearMisses } = repeatJudgment(trace, thresholds);
    const blind = blindOf(trace, thresholds);
    return {
      occurrences: occurrences.filter(({ kind }) => kind === 'redundant_call'),
      nearMisses: nearMisses.filter(({ kind }) => kind === 'redundant_call'),
      ...(blind === undefined ? {} : { blind }),
    };
  },
};

/** What would show whether repeated calls are the same; absent: nothing that can be recorded as an attribute. */
const NEEDS: Readonly<Partial<Record<Category, string>>> = {
  db: 'db.query.parameter.<key>',
  tool: 'gen_ai.tool.call.arguments',
  mcp: 'gen_ai.tool.call.arguments',
  llm: 'gen_ai.input.messages',
  embedding: 'gen_ai.input.messages',
  retrieval: 'gen_ai.retrieval.query.text',
};

/** Repeated calls of which it is not recorded what they asked for. */
function blindOf(trace: Trace, thresholds: Thresholds): Blind | undefined {
  const needs = new Set<string>();
  let spans = 0;
  for (const { category, calls } of factOf(trace, repeats)) {
    const need = NEEDS[category];
    const { fingerprint } = calls[0] as RepeatCall;
    if (need === undefined || calls.length < thresholds.of('redundant_call.minCount', category, fingerprint.text))
      continue;
    const hidden = calls.filter((call) => !call.fingerprint.complete && !call.fingerprint.writes).length;
    if (hidden === 0) continue;
    needs.add(need);
    spans += hidden;
  }
  return spans === 0 ? undefined : { needs: [...needs].sort(), spans };
}
