import type { Trace } from '../../model/trace.ts';
import { identityOf } from '../../semantics/identity.ts';
import { isSameModel } from '../../semantics/same-model.ts';

/**
 * R10: whether two model or I/O spans can be one call seen by two instrumentations. Their scopes tell; without scopes
 * only a call of another name for the same model in another branch is taken for one.
 */
export function areTwins(trace: Trace, a: number, b: number, inOneBranch: boolean): boolean {
  const [scopeA, scopeB] = [trace.scope(a), trace.scope(b)];
  const scopesKnown = scopeA !== '' && scopeB !== '';
  if (scopesKnown ? scopeA === scopeB : inOneBranch || trace.name(a) === trace.name(b)) return false;
  const [one, other] = [identityOf(trace, a), identityOf(trace, b)];
  if (one.host !== undefined && other.host !== undefined && one.host !== other.host) return false;
  if (one.model === undefined || other.model === undefined) return scopesKnown;
  return isSameModel(one.model, other.model);
}
