import { SpanKind } from '../../model/span.ts';
import { type Children, lengthOf, type SpanTree, topDown } from './span-tree.ts';

/**
 * R5: a call to another process cannot leave the span that makes it; where it seems to, the clocks differ. Its subtree
 * is shifted: into the middle of the caller, or, if it is longer, forward to the caller's start.
 *
 *     client ##          ##
 *     server   ##########       (recorded: far right)
 */
export function alignClocks(tree: SpanTree, children: Children): void {
  const { root, start, end, parent, call, flags } = tree;
  const shift = new Float64Array(tree.size + 1);
  for (const node of topDown(tree, children)) {
    if (node === root) continue;
    const caller = parent[node] as number;
    const inherited = shift[caller] as number;
    start[node]! += inherited;
    end[node]! += inherited;
    shift[node] = inherited;
    if (!isCall(tree, node, caller)) continue;
    call[node] = 1;
    const own = shiftOf(tree, node, caller);
    if (own === 0) continue;
    start[node]! += own;
    end[node]! += own;
    shift[node] = inherited + own;
    flags.push({ flag: 'skew', span: node, valueNs: own });
  }
}

function isCall(tree: SpanTree, node: number, caller: number): boolean {
  const { trace } = tree;
  if (caller === tree.size || trace.orphan[node] || trace.loose[node]) return false;
  if (trace.process(node) === trace.process(caller)) return false;
  if (trace.kind(node) === SpanKind.server && trace.kind(caller) === SpanKind.client) return true;
  return (
    trace.kind(node) !== SpanKind.consumer &&
    lengthOf(tree, node) <= lengthOf(tree, caller) &&
    overhang(tree, node, caller) <= 0.2 * lengthOf(tree, node)
  );
}

/** By how much a span sticks out of another, on the worse side. */
function overhang({ start, end }: SpanTree, node: number, other: number): number {
  const early = (start[other] as number) - (start[node] as number);
  const late = (end[node] as number) - (end[other] as number);
  return Math.max(0, early, late);
}

function shiftOf(tree: SpanTree, node: number, caller: number): number {
  if (overhang(tree, node, caller) <= tree.tolerance) return 0;
  const slack = lengthOf(tree, caller) - lengthOf(tree, node);
  const toCallersStart = (tree.start[caller] as number) - (tree.start[node] as number);
  return slack < 0 ? Math.max(0, toCallersStart) : toCallersStart + Math.floor(slack / 2000) * 1000;
}
