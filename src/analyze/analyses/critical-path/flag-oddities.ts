import { type Children, childrenIn, Edge, hasChildren, isMarker, lengthOf, type SpanTree } from './span-tree.ts';

/** Flags what the tree shows to be odd without any rule having to act on it. */
export function flagOddities(tree: SpanTree, children: Children): void {
  for (let node = 0; node <= tree.size; node++) {
    if (tree.aside[node] || !hasChildren(children, node)) continue;
    flagStarts(tree, node, children);
    flagClosedTogether(tree, node, children);
  }
}

/** Awaited children that begin before their parent, or are over by then. */
function flagStarts(tree: SpanTree, parent: number, children: Children): void {
  const { start, end, edge, flags } = tree;
  const parentStart = start[parent] as number;
  for (const span of childrenIn(children, parent)) {
    tree.steps++;
    if (!(edge[span] === Edge.awaited || edge[span] === Edge.wait) || isMarker(tree, span)) continue;
    if ((start[span] as number) >= parentStart - tree.tolerance) continue;
    flags.push({ flag: (end[span] as number) <= parentStart ? 'outside-parent' : 'clipped-start', span });
  }
}

const MIN_CLOSED_TOGETHER = 3;

/** Children that began at different times but end with their parent: their ends are those of a session, not of work. */
function flagClosedTogether(tree: SpanTree, parent: number, children: Children): void {
  const { start, end, edge } = tree;
  const below = childrenIn(children, parent);
  if (below.length < MIN_CLOSED_TOGETHER) return;
  const length = lengthOf(tree, parent);
  const near = Math.max(0.001 * length, tree.tolerance);
  const together = [...below].filter(
    (span) =>
      (edge[span] === Edge.awaited || edge[span] === Edge.wait) &&
      !isMarker(tree, span) &&
      lengthOf(tree, span) >= 0.01 * length &&
      Math.abs((end[parent] as number) - (end[span] as number)) <= near,
  );
  if (together.length < MIN_CLOSED_TOGETHER) return;
  const starts = together.map((span) => start[span] as number).sort((a, b) => a - b);
  let apart = 0;
  let last = Number.NEGATIVE_INFINITY;
  for (const time of starts) {
    if (time <= last + 0.01 * length) continue;
    apart++;
    last = time;
  }
  if (apart < MIN_CLOSED_TOGETHER) return;
  const where = parent < tree.size ? { span: parent } : {};
  tree.flags.push({ flag: 'closed-together', ...where, count: together.length });
}
