import { type Children, isEvidence, isMarker, type SpanTree, topDown } from './span-tree.ts';

/**
 * R6: the window is the root's interval, unless the root is an instant or did nothing itself while all the work came
 * after it (an async generator, an event): then it lasts to the end of the trace. What was declared as not awaited
 * (loose and async subtrees) has no say.
 *
 *     R ####??
 *     L       ######   async generator
 */
export function extendWindow(tree: SpanTree, children: Children): void {
  const { root, end, flags } = tree;
  const { firstEvidence, lastEnd } = spread(tree, children);
  const endedEarly = !isEvidence(tree, root) && firstEvidence >= tree.rootEnd && Number.isFinite(firstEvidence);
  if (!(isMarker(tree, root) || endedEarly) || lastEnd <= tree.rootEnd) return;
  end[root] = lastEnd;
  flags.push({ flag: 'root-extended', ...(root < tree.size ? { span: root } : {}), valueNs: lastEnd - tree.rootEnd });
}

function spread(tree: SpanTree, children: Children): { readonly firstEvidence: number; readonly lastEnd: number } {
  const { trace, root, start, end, parent } = tree;
  const apart = new Uint8Array(tree.size + 1);
  let firstEvidence = Number.POSITIVE_INFINITY;
  let lastEnd = Number.NEGATIVE_INFINITY;
  for (const node of topDown(tree, children)) {
    if (node === root) continue;
    apart[node] = (apart[parent[node] as number] || trace.loose[node] || tree.async[node] ? 1 : 0) as number;
    if (apart[node]) continue;
    lastEnd = Math.max(lastEnd, end[node] as number);
    if (isEvidence(tree, node)) firstEvidence = Math.min(firstEvidence, start[node] as number);
  }
  return { firstEvidence, lastEnd };
}
