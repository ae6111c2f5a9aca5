import { createMinTree } from './min-tree.ts';
import { Edge, type SpanTree } from './span-tree.ts';

/**
 * R4: spans whose parent is missing hang under the root; from there each is moved down while exactly one child holds it
 * (starts no later, ends no earlier) and that child has children.
 *
 *     R  #              #
 *     A   ###        ###    the only holder
 *     O      ########       hoisted into A
 *
 * The longest orphan comes first, because it may hold others. Going by start, and by falling end among equal starts,
 * does the same: a holder comes before what it holds. In that order "starts no later" is true of all that came before,
 * and "exactly one child holds O" means: the latest end of the children is late enough, the second latest is not. So
 * all orphans go down along one path, from each span to its child that ends last; how far is a search on that path.
 */
export function placeOrphans(tree: SpanTree): void {
  const { trace, root, start, parent, edge } = tree;
  if (!trace.tops.some((top) => trace.orphan[top] === 1)) return;
  const path = createHolderPath(tree);
  for (let from = 0; from < tree.size; ) {
    let to = from;
    const orphans: number[] = [];
    for (; to < tree.size && start[to] === start[from]; to++) {
      if (trace.orphan[to]) orphans.push(to);
      else if (to !== root) path.add(parent[to] as number, to);
    }
    orphans.sort((a, b) => (tree.end[b] as number) - (tree.end[a] as number) || a - b);
    for (const orphan of orphans) {
      const holder = path.deepestHolder(tree.end[orphan] as number);
      parent[orphan] = holder;
      if (holder !== tree.size) edge[orphan] = Edge.hoisted;
      path.add(holder, orphan);
    }
    from = to;
  }
}

/** The path from the root on which each span is followed by its child that ends last, as long as that has children. */
function createHolderPath(tree: SpanTree) {
  const { trace, size, root, end } = tree;
  const lastChild = new Int32Array(size + 1).fill(-1);
  const lastEnd = new Float64Array(size + 1).fill(Number.NEGATIVE_INFINITY);
  const secondEnd = new Float64Array(size + 1).fill(Number.NEGATIVE_INFINITY);
  const depthOf = new Int32Array(size + 1).fill(-1);
  const path: number[] = [];
  // By depth. An orphan that ends at e gets past a span if lastEnd >= e > secondEnd.
  const lastEnds = createMinTree(size + 1);
  const negatedSecondEnds = createMinTree(size + 1);

  const isContainer = (node: number): boolean =>
    node === root || (trace.childOffset[node + 1] as number) > (trace.childOffset[node] as number);

  function rate(depth: number): void {
    lastEnds.set(depth, lastEnd[path[depth] as number] as number);
    negatedSecondEnds.set(depth, -(secondEnd[path[depth] as number] as number));
  }

  function shorten(length: number): void {
    while (path.length > length) {
      depthOf[path.pop() as number] = -1;
      lastEnds.set(path.length, Number.POSITIVE_INFINITY);
      negatedSecondEnds.set(path.length, Number.POSITIVE_INFINITY);
    }
  }

  function lengthen(from: number): void {
    for (let node = from; node >= 0 && isContainer(node); node = lastChild[node] as number) {
      tree.steps++;
      depthOf[node] = path.length;
      path.push(node);
      rate(path.length - 1);
    }
  }

  lengthen(root);
  return {
    add(holder: number, child: number): void {
      tree.steps++;
      const depth = depthOf[holder] as number;
      const childEnd = end[child] as number;
      if (childEnd > (lastEnd[holder] as number)) {
        secondEnd[holder] = lastEnd[holder] as number;
        lastEnd[holder] = childEnd;
        lastChild[holder] = child;
        if (depth < 0) return;
        shorten(depth + 1);
        rate(depth);
        lengthen(child);
      } else if (childEnd > (secondEnd[holder] as number)) {
        secondEnd[holder] = childEnd;
        if (depth >= 0) rate(depth);
      }
    },
    /** The last span on the path that a span which has just begun and ends at `time` gets to. */
    deepestHolder(time: number): number {
      const tooShort = lastEnds.firstAtMost(time - 1); // times are whole numbers
      const ambiguous = negatedSecondEnds.firstAtMost(-time);
      const stops = [tooShort, ambiguous, path.length - 1].filter((depth) => depth >= 0);
      return path[Math.min(...stops)] as number;
    },
  };
}
