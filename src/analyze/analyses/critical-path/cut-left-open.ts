import { type Children, isEvidence, outlives, type SpanTree, topDown } from './span-tree.ts';

/**
 * R7: a span that outlives its parent, but in which nothing was done any more, was only closed late: an agent whose
 * span stays open until the session ends. It is cut back to the parent's end (an agent: to its last evidence, if that
 * is later). Returns whether the parent, that it no longer outlives, takes it in as hoisted work.
 *
 *     tool  #       |
 *     agent  ##  ###|=======   session end
 *     bash     ##
 */
export function cutLeftOpen(tree: SpanTree, node: number, parent: number, lastEvidence: Float64Array): boolean {
  const { start, end, role, flags } = tree;
  const parentEnd = end[parent] as number;
  const worked = lastEvidence[node] as number;
  if (!outlives(tree, node, parent) || (start[node] as number) >= parentEnd) return false;
  let cut = end[node] as number;
  if (role[node] === 'agent') cut = Math.min(cut, Math.max(parentEnd, worked));
  else if (role[node] === 'none' && Number.isFinite(worked) && worked <= parentEnd + tree.tolerance) cut = parentEnd;
  if (cut === end[node]) return false;
  end[node] = cut;
  if (!tree.aside[node]) flags.push({ flag: 'left-open', span: node });
  return !outlives(tree, node, parent);
}

/** Per node the last end of an evidence span in its subtree, itself included; -Infinity without any. */
export function lastEvidenceOf(tree: SpanTree, children: Children): Float64Array {
  const last = new Float64Array(tree.size + 1).fill(Number.NEGATIVE_INFINITY);
  const order = topDown(tree, children);
  for (let at = order.length - 1; at > 0; at--) {
    const node = order[at] as number;
    if (isEvidence(tree, node)) last[node] = Math.max(last[node] as number, tree.end[node] as number);
    if (tree.trace.loose[node] || tree.async[node]) continue;
    const parent = tree.parent[node] as number;
    last[parent] = Math.max(last[parent] as number, last[node] as number);
  }
  return last;
}
