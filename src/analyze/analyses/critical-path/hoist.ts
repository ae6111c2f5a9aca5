import { type Containers, createContainers } from './containers.ts';
import { cutLeftOpen, lastEvidenceOf } from './cut-left-open.ts';
import { type Children, childrenIn, Edge, hasChildren, outlives, type SpanTree } from './span-tree.ts';

/**
 * R7-R9: decides for every child whether its parent waited for it, from the root downwards, so that the parent's own
 * end is final when its children are looked at.
 *
 * R8: a child that outlives its parent, or is loose, was not awaited by it. It becomes hoisted work of the nearest
 * ancestor (loose: above the parent) that ends no earlier; the root also accepts what does not outlive it.
 * R9: where there is none, the child is off the path, with its subtree.
 *
 *     R ##        ##
 *     S   #
 *     B    #######      started by S, hoisted into R
 */
export function hoist(tree: SpanTree, children: Children): void {
  const lastEvidence = lastEvidenceOf(tree, children);
  const holder = tree.parent.slice();
  const containers = createContainers(tree.end);

  function judge(node: number, parent: number): void {
    tree.steps++;
    tree.aside[node] = tree.aside[parent] as number;
    const verdict = judgeChild(tree, node, parent, containers, lastEvidence);
    if (verdict >= 0) holder[node] = verdict;
    else setAside(tree, node, hasChildren(children, node));
  }

  visitDepthFirst(children, tree.root, {
    enter(node) {
      const below = childrenIn(children, node);
      for (const child of below) if (tree.trace.loose[child]) judge(child, node);
      containers.enter(node, tree.edge[node] === Edge.off);
      for (const child of below) if (!tree.trace.loose[child]) judge(child, node);
    },
    leave: () => containers.leave(),
  });
  tree.parent.set(holder);
}

/** The span that holds the child from now on, its edge set; -1: none. */
function judgeChild(
  tree: SpanTree,
  node: number,
  parent: number,
  containers: Containers,
  lastEvidence: Float64Array,
): number {
  const { trace, edge } = tree;
  if (tree.async[node]) return -1;
  const isLoose = trace.loose[node] === 1;
  if (!isLoose) {
    if (tree.call[node]) return parent;
    if (cutLeftOpen(tree, node, parent, lastEvidence)) {
      edge[node] = Edge.hoisted;
      return parent;
    }
    if (!outlives(tree, node, parent)) return parent;
  }
  const into = isLoose ? acceptorAbove(tree, node, parent, containers) : acceptor(tree, node, containers);
  if (into < 0) return -1;
  edge[node] = Edge.hoisted;
  if (!tree.aside[node] && !trace.orphan[node]) {
    tree.flags.push({ flag: 'hoisted', span: node, ...(into < tree.size ? { other: into } : {}) });
  }
  return into;
}

function acceptor(tree: SpanTree, node: number, containers: Containers): number {
  const nearest = containers.nearestEndingAt((tree.end[node] as number) - tree.tolerance);
  if (nearest >= 0) return nearest;
  return !tree.aside[node] && !outlives(tree, node, tree.root) ? tree.root : -1;
}

/** For a loose child, asked before its parent is entered; nobody is above a root or the top of what is off the path. */
function acceptorAbove(tree: SpanTree, node: number, parent: number, containers: Containers): number {
  return parent === tree.root || tree.edge[parent] === Edge.off ? -1 : acceptor(tree, node, containers);
}

/** R9. Inside a subtree that is off the path already nothing is said again. */
function setAside(tree: SpanTree, node: number, isParent: boolean): void {
  tree.edge[node] = Edge.off;
  if (tree.aside[node]) return;
  tree.aside[node] = 1;
  const isTail = !tree.async[node] && (tree.end[node] as number) > (tree.end[tree.root] as number);
  tree.flags.push({ flag: isTail ? 'async-tail' : 'detached', span: node });
  if (isTail && isParent && !tree.trace.loose[node]) tree.tails.push(node);
}

function visitDepthFirst(
  children: Children,
  root: number,
  visitor: { readonly enter: (node: number) => void; readonly leave: () => void },
): void {
  const path: number[] = [root];
  const next: number[] = [children.offset[root] as number];
  visitor.enter(root);
  while (path.length > 0) {
    const node = path.at(-1) as number;
    const at = next.at(-1) as number;
    if (at < (children.offset[node + 1] as number)) {
      next[next.length - 1] = at + 1;
      const child = children.list[at] as number;
      path.push(child);
      next.push(children.offset[child] as number);
      visitor.enter(child);
    } else {
      path.pop();
      next.pop();
      visitor.leave();
    }
  }
}
