import { completeness } from '../analyses/completeness.ts';
import type { RepeatCall } from '../analyses/repeat-calls.ts';
import { factOf } from '../model/facts.ts';
import type { Trace } from '../model/trace.ts';
import { findingId } from './finding-id.ts';
import { fixFor } from './fixes.ts';
import type { RepeatFacts } from './repeat-facts.ts';
import type { Verdict } from './repeat-trial.ts';
import { type GroupSaving, savingOf } from './saving.ts';
import { sourceCall } from './source-call.ts';
import { isModelDriven } from './turn-order.ts';
import type { Confidence, FindingKind, Occurrence } from './types.ts';

export function occurrenceOf(trace: Trace, { facts, kind }: Verdict): Occurrence {
  const { group, measure } = facts;
  const first = group.calls[0] as RepeatCall;
  const { category, service, parent } = group;
  const spans = group.calls.map((call) => call.span);
  const saved = savingOf(trace, spans, measure, kind === 'redundant_call');
  const fingerprint = first.fingerprint.text;
  const above = group.between[0] ?? parent;
  return {
    id: findingId(trace, { kind, category, fingerprint, service }, above),
    kind,
    category,
    fingerprint,
    subject: first.fingerprint.subject,
    service,
    operation: parent < 0 ? '' : trace.name(parent),
    fix: fixFor(kind, category, facts.distinct === null),
    confidence: confidenceOf(trace, facts, kind, saved),
    parentSpan: parent,
    sourceSpan: sourceCall(trace, first, parent),
    spans,
    count: measure.count,
    distinct: facts.distinct,
    mode: facts.mode,
    sumNs: measure.sumNs,
    unionNs: measure.unionNs,
    pathNs: saved.pathNs,
    saving: saved.saving,
    ...(saved.savingNullReason === undefined ? {} : { savingNullReason: saved.savingNullReason }),
  };
}

const LEVELS: readonly Confidence[] = ['low', 'medium', 'high'];

function confidenceOf(trace: Trace, facts: RepeatFacts, kind: FindingKind, saved: GroupSaving): Confidence {
  let level = kind === 'redundant_call' ? (facts.results === 'equal' ? 2 : 0) : surenessOf(trace, facts);
  if (!factOf(trace, completeness).complete) level--;
  if (saved.directNs * 2 < saved.pathNs) level--;
  return LEVELS[Math.max(0, level)] as Confidence;
}

/** High: different values were seen. A statement or URL that nobody recorded makes it a guess. */
function surenessOf(trace: Trace, { group, distinct }: RepeatFacts): 0 | 1 | 2 {
  const { category, calls } = group;
  const { detail } = (calls[0] as RepeatCall).fingerprint;
  if (category === 'unknown') return 1;
  if (detail === 0 || (detail === 1 && (category === 'db' || category === 'http'))) return 0;
  if (distinct === null || distinct < 2) return 1;
  const chosenOneByOne = (category === 'tool' || category === 'mcp') && isModelDriven(trace, group);
  return chosenOneByOne ? 1 : 2;
}
