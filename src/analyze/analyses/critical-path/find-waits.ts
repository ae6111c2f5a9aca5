import { createCoverage } from './coverage.ts';
import { collectEvidence, type Evidence } from './evidence.ts';
import type { Interval } from './intervals.ts';
import { createLooks, type MayLook } from './looks.ts';
import {
  type Children,
  childrenIn,
  Edge,
  hasChildren,
  isEvidence,
  isMarker,
  lengthOf,
  type SpanTree,
} from './span-tree.ts';

/**
 * R11: a child that does nothing itself is a wait if, for at least 90 % of its time, work was done beside it that was
 * finished when it ended. The idle children of one operation (polls) are judged together and each alone.
 *
 *     receive !              !
 *     run      ##############
 */
export function findWaits(tree: SpanTree, children: Children): void {
  const evidence = collectEvidence(tree, children);
  const newSearch = createLooks(tree);
  for (let node = 0; node <= tree.size; node++) {
    if (!hasChildren(children, node)) continue;
    const { families, sources } = divide(tree, node, children, evidence);
    if (families.length > 0 && sources.length > 0) {
      const busy = busyIntervals(tree, families, sources, { children, evidence, mayLook: newSearch() });
      judge(tree, families, busy);
    }
  }
}

/** The idle children of one operation. */
interface Family {
  readonly members: number[];
  end: number;
}

/** A child whose evidence may explain waits. A hoisted one counts as busy from its first evidence to its last. */
interface Source {
  readonly span: number;
  readonly isHoisted: boolean;
}

function divide(tree: SpanTree, node: number, children: Children, evidence: Evidence) {
  const families = new Map<string, Family>();
  const sources: Source[] = [];
  for (const child of childrenIn(children, node)) {
    tree.steps++;
    const edge = tree.edge[child];
    if (edge === Edge.off) continue;
    if (edge === Edge.awaited && isIdle(tree, child, children, evidence)) join(tree, families, child);
    else if ((evidence.sum[child] as number) > 0) sources.push({ span: child, isHoisted: edge === Edge.hoisted });
  }
  if (node === tree.root && families.size > 0) {
    for (const tail of tree.tails) {
      if ((evidence.sum[tail] as number) > 0) sources.push({ span: tail, isHoisted: true });
    }
  }
  return { families: [...families.values()].sort((a, b) => a.end - b.end), sources };
}

function isIdle(tree: SpanTree, node: number, children: Children, evidence: Evidence): boolean {
  const role = tree.role[node];
  const canWait = role === 'none' || (role === 'agent' && hasChildren(children, node));
  return canWait && !isMarker(tree, node) && (evidence.sum[node] as number) <= 0.1 * lengthOf(tree, node);
}

function join(tree: SpanTree, families: Map<string, Family>, node: number): void {
  const operation = tree.trace.name(node).replace(/\d+/g, '');
  const family = families.get(operation);
  const end = tree.end[node] as number;
  if (!family) families.set(operation, { members: [node], end });
  else {
    family.members.push(node);
    family.end = Math.max(family.end, end);
  }
}

/** Goes through the families by end, with the work that was finished by then. */
function judge(tree: SpanTree, families: readonly Family[], busy: readonly Interval[]): void {
  const coverage = createCoverage();
  let added = 0;
  for (const { members, end } of families) {
    for (; added < busy.length && (busy[added] as Interval).end <= end + tree.tolerance; added++) {
      const { start, end: until } = busy[added] as Interval;
      coverage.add(start, until);
    }
    const covered = members.map((member) => coverage.within(tree.start[member] as number, tree.end[member] as number));
    const lengths = members.map((member) => lengthOf(tree, member));
    tree.steps += members.length;
    if (sumOf(covered) < 0.9 * sumOf(lengths)) continue;
    members.forEach((member, i) => {
      if ((covered[i] as number) < 0.9 * (lengths[i] as number)) return;
      tree.edge[member] = Edge.wait;
      if (!tree.aside[member]) tree.flags.push({ flag: 'wait', span: member });
    });
  }
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);

interface Search {
  readonly children: Children;
  readonly evidence: Evidence;
  readonly mayLook: MayLook;
}

/**
 * When work was done, by end; each interval counts from its end on. A source that was finished when the first family
 * ended is one interval; of one that went on, what had been finished when must be looked up span by span.
 */
function busyIntervals(
  tree: SpanTree,
  families: readonly Family[],
  sources: readonly Source[],
  search: Search,
): Interval[] {
  const { evidence } = search;
  const firstEnd = (families[0] as Family).end + tree.tolerance;
  const lastEnd = (families.at(-1) as Family).end + tree.tolerance;
  const busy: Interval[] = [];
  for (const { span, isHoisted } of sources) {
    const whole = { start: evidence.first[span] as number, end: evidence.last[span] as number };
    if (whole.end <= lastEnd) busy.push(whole);
    if (whole.end <= firstEnd || whole.start >= lastEnd) continue;
    for (const done of evidenceIn(tree, span, lastEnd, search)) {
      const end = tree.end[done] as number;
      busy.push({ start: isHoisted ? whole.start : (tree.start[done] as number), end });
    }
  }
  return busy.sort((a, b) => a.end - b.end || a.start - b.start);
}

/** The evidence spans in a subtree that ended by `time`. */
function evidenceIn(tree: SpanTree, top: number, time: number, { children, evidence, mayLook }: Search): number[] {
  const found: number[] = [];
  const pending = [top];
  while (pending.length > 0) {
    const node = pending.pop() as number;
    if (isEvidence(tree, node) && (tree.end[node] as number) <= time) found.push(node);
    for (const child of childrenIn(children, node)) {
      if (!mayLook()) return found;
      const matters = tree.edge[child] !== Edge.off && (evidence.first[child] as number) < time;
      if (matters) pending.push(child);
    }
  }
  return found;
}
