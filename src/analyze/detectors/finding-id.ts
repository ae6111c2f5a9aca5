import { hash } from 'node:crypto';
import { callTree } from '../analyses/call-tree.ts';
import { factOf } from '../model/facts.ts';
import type { Trace } from '../model/trace.ts';
import { canonicalName } from '../semantics/names.ts';
import { kindsOf } from '../semantics/span-kinds.ts';
import type { Category, FindingKind } from './types.ts';

const LEVELS = 3;
/** Recursion deeper than this no longer tells one place from another. */
const MOST_STEPS = 64;

/** What makes two occurrences the same finding: nothing that differs from run to run or from dialect to dialect. */
export interface FindingIdentity {
  readonly kind: FindingKind;
  readonly category: Category;
  readonly fingerprint: string;
  /** '' where not recorded. */
  readonly service: string;
}

/** 12 hex digits over the identity and the names of the (at most three) spans above the calls, nearest first. */
export function findingId(trace: Trace, identity: FindingIdentity, above: number): string {
  const { kind, category, fingerprint, service } = identity;
  const text = [kind, category, fingerprint, parentPath(trace, above).join(' < '), service].join(' | ');
  return hash('sha256', text).slice(0, 12);
}

/** Canonical names from `span` upwards; a name that repeats the one below it (recursion) counts once. */
function parentPath(trace: Trace, span: number): string[] {
  const kinds = factOf(trace, kindsOf);
  const { parent } = factOf(trace, callTree);
  const names: string[] = [];
  for (let at = span, steps = 0; at >= 0 && names.length < LEVELS && steps < MOST_STEPS; steps++) {
    const name = canonicalName(trace, at, kinds[at] ?? 'other');
    if (name !== names.at(-1)) names.push(name);
    at = parent[at] as number;
  }
  return names;
}
