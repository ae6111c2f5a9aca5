import { isCancelled } from '../../semantics/cancellation.ts';
import { type Chain, chainOf, type Stretch, type Together } from './chain.ts';
import { innermostWaits } from './innermost-waits.ts';
import { gapsBetween, type Interval, intersectionOf, intervalAt, unionOf } from './intervals.ts';
import { poolOf } from './pool.ts';
import { type Children, childrenIn, compareStarts, Edge, hasChildren, isMarker, type SpanTree } from './span-tree.ts';
import { createTimeline, type How, type Timeline } from './timeline.ts';
import type { Segment, SegmentKind } from './types.ts';

/**
 * R12-R14: gives the window away. A span's time goes, in this order of precedence, to
 *   1. the awaited children that it waited for one after the other (R12), and inside them as here;
 *   2. hoisted work in the gaps between them (R13), and inside it as here;
 *   3. where no wait runs, the span itself;
 *   4. under a wait: work that outlives the window, then the hoisted span running that started last;
 *   5. the innermost wait, and inside it as here.
 * Whoever claims an instant first gets it, so every span lays its claims in this order and no walk has to be
 * interrupted: hoisted work claims its whole length and gets what the awaited children have left.
 */
export function sweep(tree: SpanTree, children: Children): { segments: Segment[]; coCritical: (readonly number[])[] } {
  const sweeping: Sweep = {
    tree,
    children,
    timeline: createTimeline(timesOf(tree)),
    pending: [],
    isCancelled: remembered(tree.size, (span) => isCancelled(tree.trace, span)),
    together: [],
  };
  const { start, end, root } = tree;
  sweeping.pending.push({
    kind: 'look',
    into: { span: root, start: start[root] as number, end: end[root] as number },
  });
  for (let next = sweeping.pending.pop(); next !== undefined; next = sweeping.pending.pop()) {
    tree.steps++;
    perform(sweeping, next);
  }
  tree.steps += sweeping.timeline.steps;
  const coCritical = sweeping.together.sort((a, b) => a.end - b.end).map(({ spans }) => spans);
  return { segments: sweeping.timeline.segments(tree.size), coCritical };
}

interface Sweep {
  readonly tree: SpanTree;
  readonly children: Children;
  readonly timeline: Timeline;
  readonly isCancelled: (span: number) => boolean;
  /** What is still to be done; the last comes next. */
  readonly pending: Action[];
  readonly together: Together[];
}

type Action =
  /** Look into a span: lay the claims of all that it waited for, and its own. */
  | { readonly kind: 'look'; readonly into: Stretch }
  | { readonly kind: 'mark'; readonly interval: Interval; readonly howAt: (time: number) => How }
  | { readonly kind: 'claim'; readonly stretch: Stretch; readonly kindAt: (time: number) => SegmentKind };

function perform(sweeping: Sweep, action: Action): void {
  const { timeline } = sweeping;
  switch (action.kind) {
    case 'look':
      if (timeline.isAnyFree(action.into)) lookInto(sweeping, action.into);
      break;
    case 'mark':
      timeline.mark(action.interval, action.howAt);
      break;
    case 'claim':
      timeline.claim(action.stretch, action.stretch.span, action.kindAt);
      break;
  }
}

/** A test of spans that is done once for each span asked about. */
function remembered(size: number, test: (span: number) => boolean): (span: number) => boolean {
  const answers = new Int8Array(size);
  return (span) => {
    if (answers[span] === 0) answers[span] = test(span) ? 1 : -1;
    return answers[span] === 1;
  };
}

/** Every time at which something may begin or end inside the window, ascending, each once. */
function timesOf(tree: SpanTree): Float64Array {
  const [first, last] = [tree.start[tree.root] as number, tree.end[tree.root] as number];
  const times = new Float64Array(2 * tree.size + 3);
  let filled = 0;
  const add = (time: number): void => {
    if (time >= first && time <= last) times[filled++] = time;
  };
  for (let node = 0; node < tree.size; node++) {
    if (isMarker(tree, node)) continue;
    add(tree.start[node] as number);
    add(tree.end[node] as number);
  }
  for (const time of [first, last, tree.rootEnd]) add(time);
  const sorted = times.subarray(0, filled).sort();
  let kept = 0;
  for (const time of sorted) if (kept === 0 || time !== sorted[kept - 1]) sorted[kept++] = time;
  tree.steps += filled;
  return sorted.subarray(0, kept);
}

function lookInto(sweeping: Sweep, stretch: Stretch): void {
  const { tree, children, timeline, isCancelled, pending } = sweeping;
  if (!hasChildren(children, stretch.span)) {
    timeline.claim(stretch, stretch.span, ownKind(tree, stretch.span, []));
    return;
  }
  const below = divide(tree, childrenIn(children, stretch.span));
  const chain = chainOf(tree, stretch, below.awaited, isCancelled);
  report(sweeping, chain);
  const actions = [
    ...linkActions(tree, chain),
    ...(below.waits.length === 0
      ? plainActions(sweeping, stretch, below, chain)
      : waitingActions(sweeping, stretch, below, chain)),
  ];
  for (let at = actions.length - 1; at >= 0; at--) pending.push(actions[at] as Action);
}

interface Below {
  readonly awaited: number[];
  readonly hoisted: number[];
  readonly waits: number[];
  /** When any of them ran, ascending and disjoint. */
  readonly busy: Interval[];
}

function divide(tree: SpanTree, below: Uint32Array): Below {
  const awaited: number[] = [];
  const hoisted: number[] = [];
  const waits: number[] = [];
  const busy: Interval[] = [];
  for (const child of below.toSorted((a, b) => compareStarts(tree, a, b))) {
    tree.steps++;
    if (tree.edge[child] === Edge.off || isMarker(tree, child)) continue;
    if (tree.edge[child] === Edge.hoisted) hoisted.push(child);
    else if (tree.edge[child] === Edge.wait) waits.push(child);
    else awaited.push(child);
    busy.push({ start: tree.start[child] as number, end: tree.end[child] as number });
  }
  return { awaited, hoisted, waits, busy: unionOf(busy) };
}

/** What the chain says beyond its links. Only what can be seen counts: time that others have claimed cannot. */
function report({ tree, timeline, together }: Sweep, chain: Chain): void {
  for (const span of chain.cancelled) if (!tree.aside[span]) tree.flags.push({ flag: 'cancelled', span });
  for (const set of chain.together) if (timeline.isFreeBefore(set.end)) together.push(set);
}

function* linkActions(tree: SpanTree, { links }: Chain): Iterable<Action> {
  for (const link of links) {
    if (tree.edge[link.span] === Edge.adopted) {
      yield { kind: 'mark', interval: link, howAt: () => ({ via: 'adopt' }) };
    }
    yield { kind: 'look', into: link };
  }
}

function* plainActions({ tree, children }: Sweep, stretch: Stretch, below: Below, chain: Chain): Iterable<Action> {
  if (below.hoisted.length > 0) {
    const gaps = gapsBetween(chain.links.toReversed(), stretch).reverse();
    yield* lookActions(poolOf(tree, children, below.hoisted, gaps, stretch).taken, () => ({ via: 'hoist' }));
  }
  yield { kind: 'claim', stretch, kindAt: ownKind(tree, stretch.span, below.busy) };
}

function* waitingActions({ tree, children }: Sweep, stretch: Stretch, below: Below, chain: Chain): Iterable<Action> {
  const waiting = innermostWaits(tree, below.waits, stretch);
  const howAt = (time: number): How => {
    const now = intervalAt(waiting, time);
    return now === undefined ? { via: 'hoist' } : { via: 'wait', wait: now.wait };
  };
  const waitTime = unionOf(waiting);
  const gaps = gapsBetween(chain.links.toReversed(), stretch).reverse();
  const pool = poolOf(tree, children, below.hoisted, gaps, stretch);
  yield* lookActions(pool.taken, howAt);
  const kindAt = ownKind(tree, stretch.span, below.busy);
  for (const gap of gapsBetween(waitTime, stretch)) {
    yield { kind: 'claim', stretch: { span: stretch.span, ...gap }, kindAt };
  }
  const tails = stretch.span === tree.root ? tree.tails : [];
  const left = gapsBetween(
    [...chain.links, ...pool.taken].sort((a, b) => a.start - b.start),
    stretch,
  );
  const late = poolOf(tree, children, tails, intersectionOf(left, waitTime).reverse(), stretch);
  yield* lookActions(late.taken, howAt);
  yield* runningActions(tree, [...pool.running, ...late.running], stretch, howAt);
  for (const wait of below.waits.toSorted((a, b) => compareStarts(tree, b, a))) {
    yield { kind: 'look', into: { span: wait, ...cut(tree, wait, stretch) } };
  }
}

function* lookActions(taken: readonly Stretch[], howAt: (time: number) => How): Iterable<Action> {
  for (const stretch of taken) {
    yield { kind: 'mark', interval: stretch, howAt };
    yield { kind: 'look', into: stretch };
  }
}

/** The running span that started last comes first. All that is still free of its time lies under waits. */
function* runningActions(
  tree: SpanTree,
  running: readonly number[],
  stretch: Stretch,
  howAt: (time: number) => How,
): Iterable<Action> {
  for (const span of running.toSorted((a, b) => compareStarts(tree, b, a))) {
    const interval = cut(tree, span, stretch);
    yield { kind: 'mark', interval, howAt };
    yield { kind: 'claim', stretch: { span, ...interval }, kindAt: () => 'self' };
  }
}

function cut({ start, end }: SpanTree, span: number, to: Interval): Interval {
  return { start: Math.max(to.start, start[span] as number), end: Math.min(to.end, end[span] as number) };
}

/** R14: what a span's own time is. */
function ownKind(tree: SpanTree, span: number, busy: readonly Interval[]): (time: number) => SegmentKind {
  if (span === tree.size) return () => 'untraced';
  if (tree.edge[span] === Edge.wait) return () => 'wait';
  const whileOpen = (time: number): SegmentKind => (intervalAt(busy, time) === undefined ? 'self' : 'overlapped');
  if (span !== tree.root) return whileOpen;
  return (time) => (time >= tree.rootEnd ? 'untraced' : whileOpen(time));
}
