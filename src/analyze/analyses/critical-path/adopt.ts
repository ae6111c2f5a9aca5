import { createLooks, type MayLook } from './looks.ts';
import { createSiblings, type Siblings } from './siblings.ts';
import {
  type Children,
  Edge,
  hasChildren,
  isEvidence,
  isMarker,
  lengthOf,
  type SpanTree,
  topDown,
} from './span-tree.ts';
import { areTwins } from './twins.ts';

/** How far up a wrapper looks for what was done inside it. */
const MAX_LEVELS = 32;

/**
 * R10: a childless wrapper whose inner spans lost their way takes them in: they hang under one of its ancestors, lie
 * inside it (1 % slack), are no longer and together cover at least 95 % of it. Short wrappers come first.
 *
 *     tool  #       #
 *     http   #######     hung under the root
 */
export function adopt(tree: SpanTree, children: Children): void {
  const wrappers: number[] = [];
  for (let node = 0; node < tree.size; node++) if (isWrapper(tree, children, node)) wrappers.push(node);
  if (wrappers.length === 0) return;
  const work = createWork(tree, children);
  const siblingsUnder = createSiblings(tree, children);
  const newSearch = createLooks(tree);
  wrappers.sort((a, b) => lengthOf(tree, a) - lengthOf(tree, b) || a - b);
  for (const wrapper of wrappers) {
    for (const { span, siblings } of findContent(tree, wrapper, work, siblingsUnder, newSearch())) {
      siblings.take(span);
      work.moveInto(span, wrapper);
      tree.parent[span] = wrapper;
      tree.edge[span] = Edge.adopted;
      if (!tree.aside[wrapper]) tree.flags.push({ flag: 'adopted', span, other: wrapper });
    }
  }
}

function isWrapper(tree: SpanTree, children: Children, node: number): boolean {
  const role = tree.role[node];
  const wraps = role === 'agent' || role === 'tool' || role === 'llm';
  return wraps && !hasChildren(children, node) && !tree.trace.open[node] && !isMarker(tree, node);
}

/** A span to adopt, and the list it is found in. */
interface Found {
  readonly span: number;
  readonly siblings: Siblings;
}

/** The content of the nearest ancestor under which there is any; for a model call also the tools that it ran itself. */
function findContent(
  tree: SpanTree,
  wrapper: number,
  work: Work,
  siblingsUnder: (holder: number) => Siblings,
  mayLook: MayLook,
): Found[] {
  const isModelCall = tree.role[wrapper] === 'llm';
  const streamed: Found[] = [];
  let branch = wrapper;
  for (let level = 1; level <= MAX_LEVELS; level++) {
    const holder = tree.parent[branch] as number;
    if (holder < 0 || tree.edge[branch] === Edge.off) break;
    const siblings = siblingsUnder(holder);
    const fits = (span: number): boolean => span !== branch && mayTake(tree, wrapper, span, work, level === 1);
    const find = isModelCall ? findTwin : findCover;
    const found = find(tree, wrapper, siblings, fits, mayLook).map((span) => ({ span, siblings }));
    if (isModelCall && level === 1) {
      for (const span of findStreamed(tree, wrapper, siblings, mayLook)) streamed.push({ span, siblings });
    }
    if (found.length > 0) return [...found, ...streamed];
    branch = holder;
  }
  return streamed;
}

function mayTake(tree: SpanTree, wrapper: number, span: number, work: Work, inOneBranch: boolean): boolean {
  const role = tree.role[span];
  switch (tree.role[wrapper]) {
    case 'agent':
      return role !== 'agent' && work.isInside(span);
    case 'tool':
      return role !== 'tool' && work.hasCallInside(span);
    default:
      return (role === 'llm' || role === 'io') && areTwins(tree.trace, wrapper, span, inOneBranch);
  }
}

type Fits = (span: number) => boolean;

/** All that fits, if together it covers 95 % of the wrapper; it is given up as soon as too much is left bare. */
function findCover(tree: SpanTree, wrapper: number, siblings: Siblings, fits: Fits, mayLook: MayLook): number[] {
  const [start, end] = [tree.start[wrapper] as number, tree.end[wrapper] as number];
  const length = end - start;
  const found: number[] = [];
  let covered = start;
  let bare = 0;
  for (const span of siblings.within(start - 0.01 * length, end, length)) {
    if (!mayLook()) return [];
    if ((tree.end[span] as number) > end + 0.01 * length || !fits(span)) continue;
    bare += Math.max(0, (tree.start[span] as number) - covered);
    if (bare > 0.05 * length) return [];
    covered = Math.max(covered, tree.end[span] as number);
    found.push(span);
  }
  return bare + Math.max(0, end - covered) <= 0.05 * length ? found : [];
}

/** The first span that fits and alone covers 95 % of the wrapper. */
function findTwin(tree: SpanTree, wrapper: number, siblings: Siblings, fits: Fits, mayLook: MayLook): number[] {
  const [start, end] = [tree.start[wrapper] as number, tree.end[wrapper] as number];
  const length = end - start;
  for (const span of siblings.within(start - 0.01 * length, start + 0.05 * length, length)) {
    if (!mayLook()) return [];
    const spanEnd = tree.end[span] as number;
    const covered = Math.min(end, spanEnd) - Math.max(start, tree.start[span] as number);
    if (spanEnd <= end + 0.01 * length && covered >= 0.95 * length && fits(span)) return [span];
  }
  return [];
}

/** Tools that a streaming model call ran itself: siblings inside it that end within its last 1 %. */
function findStreamed(tree: SpanTree, wrapper: number, siblings: Siblings, mayLook: MayLook): number[] {
  const [start, end] = [tree.start[wrapper] as number, tree.end[wrapper] as number];
  const slack = 0.01 * (end - start);
  const found: number[] = [];
  for (const span of siblings.within(start - slack, end, end - start)) {
    if (!mayLook()) break;
    if (tree.role[span] === 'tool' && Math.abs(end - (tree.end[span] as number)) <= slack) found.push(span);
  }
  return found;
}

/** In whose subtree work was done, and in whose a model was called or I/O done. */
interface Work {
  isInside(node: number): boolean;
  hasCallInside(node: number): boolean;
  /** Tells that `span` is about to hang under `holder`. */
  moveInto(span: number, holder: number): void;
}

const NONE = 0;
const WORK = 1;
const CALL = 2;

function createWork(tree: SpanTree, children: Children): Work {
  const inside = new Uint8Array(tree.size + 1);
  const raise = (node: number, level: number): void => {
    for (let at = node; at >= 0 && (inside[at] as number) < level; at = tree.parent[at] as number) {
      tree.steps++;
      inside[at] = level;
      if (tree.edge[at] === Edge.off) return;
    }
  };
  for (const node of topDown(tree, children)) {
    if (node < tree.size && isEvidence(tree, node)) raise(node, tree.role[node] === 'tool' ? WORK : CALL);
  }
  return {
    isInside: (node) => inside[node] !== NONE,
    hasCallInside: (node) => inside[node] === CALL,
    moveInto: (span, holder) => raise(holder, inside[span] as number),
  };
}
