import { type Children, Edge, isEvidence, lengthOf, type SpanTree, topDown } from './span-tree.ts';

/**
 * What is known of the evidence in each subtree, the span itself included; off-path subtrees only count for themselves.
 */
export interface Evidence {
  /** Infinity without any. */
  readonly first: Float64Array;
  /** -Infinity without any. */
  readonly last: Float64Array;
  /** Lengths of all evidence spans added up. */
  readonly sum: Float64Array;
}

export function collectEvidence(tree: SpanTree, children: Children): Evidence {
  const first = new Float64Array(tree.size + 1).fill(Number.POSITIVE_INFINITY);
  const last = new Float64Array(tree.size + 1).fill(Number.NEGATIVE_INFINITY);
  const sum = new Float64Array(tree.size + 1);
  const order = topDown(tree, children);
  for (let at = order.length - 1; at >= 0; at--) {
    const node = order[at] as number;
    if (isEvidence(tree, node)) {
      first[node] = Math.min(first[node] as number, tree.start[node] as number);
      last[node] = Math.max(last[node] as number, tree.end[node] as number);
      sum[node]! += lengthOf(tree, node);
    }
    const parent = tree.parent[node] as number;
    if (parent < 0 || tree.edge[node] === Edge.off) continue;
    first[parent] = Math.min(first[parent] as number, first[node] as number);
    last[parent] = Math.max(last[parent] as number, last[node] as number);
    sum[parent]! += sum[node] as number;
  }
  return { first, last, sum };
}
