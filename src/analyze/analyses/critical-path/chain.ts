import type { Interval } from './intervals.ts';
import { compareStarts, type SpanTree } from './span-tree.ts';

/** A stretch of time in which a span is looked into. */
export interface Stretch extends Interval {
  readonly span: number;
}

export interface Chain {
  /** Latest first; they do not overlap. */
  readonly links: readonly Stretch[];
  readonly together: readonly Together[];
  /** Cancelled children that would have been links. */
  readonly cancelled: readonly number[];
}

/** Children that end within the tolerance of each other, the link of the chain first. */
export interface Together {
  readonly end: number;
  readonly spans: readonly number[];
}

/**
 * R12: the awaited children that a span waited for, one after the other, from `end` back to `start`. At time t it is
 * the one that ends last, if it ends by t and starts before; one that ends later was still running when its successor
 * began, so it was not what the successor waited for. What sticks out of the stretch is cut first.
 *
 *     P #~~~    ##
 *     A  =====         still running when B began: skipped
 *     B     ####
 */
export function chainOf(
  tree: SpanTree,
  { span: parent, start, end }: Stretch,
  awaited: readonly number[],
  isCancelled: (span: number) => boolean,
): Chain {
  const order = createOrder(tree, end, isCancelled);
  const children = awaited.toSorted(order.compare);
  const loses = createDuels(tree, children, order);
  const links: Stretch[] = [];
  const together: Together[] = [];
  const cancelled: number[] = [];
  let time = end;
  for (let at = 0; at < children.length && time > start; at++) {
    tree.steps++;
    const child = children[at] as number;
    const childStart = tree.start[child] as number;
    const childEnd = order.endOf(child);
    if (childEnd <= start) break;
    const isRunning = childEnd > time + tree.tolerance;
    const isSkipped = isRunning && parent !== tree.size; // a virtual root also takes what is running
    if (childStart >= time || isSkipped) continue;
    if (!isRunning && loses(at)) {
      cancelled.push(child);
      continue;
    }
    const link = { span: child, start: Math.max(start, childStart), end: Math.min(time, childEnd) };
    const others = isRunning ? [] : endingWith(tree, children, at, time, order);
    links.push(link);
    if (others.length > 0) together.push({ end: link.end, spans: [child, ...others] });
    time = link.start;
  }
  return { links, together, cancelled };
}

type Order = ReturnType<typeof createOrder>;

/** Children by falling end; of equal ends first those not cancelled, then those that start earlier, then by id. */
function createOrder(tree: SpanTree, cut: number, isCancelled: (span: number) => boolean) {
  const endOf = (span: number): number => Math.min(cut, tree.end[span] as number);
  const compare = (a: number, b: number): number =>
    endOf(b) - endOf(a) || Number(isCancelled(a)) - Number(isCancelled(b)) || compareStarts(tree, a, b);
  return { endOf, compare, isCancelled };
}

/**
 * Whether the child at a position was cancelled and loses to the next one that was not: to one that ended within its
 * last 10 %, and so was overlapping it. Asked with rising positions.
 */
function createDuels({ start }: SpanTree, children: readonly number[], order: Order): (at: number) => boolean {
  let rivalAt = 0;
  return (at) => {
    const child = children[at] as number;
    if (!order.isCancelled(child)) return false;
    rivalAt = Math.max(rivalAt, at + 1);
    while (rivalAt < children.length && order.isCancelled(children[rivalAt] as number)) rivalAt++;
    const rival = children[rivalAt];
    const childEnd = order.endOf(child);
    return rival !== undefined && order.endOf(rival) >= childEnd - 0.1 * (childEnd - (start[child] as number));
  };
}

/**
 * The children behind position `at` that overlap that child, end within the tolerance of its end and began by `time`.
 */
function endingWith(tree: SpanTree, children: readonly number[], at: number, time: number, order: Order): number[] {
  const child = children[at] as number;
  const childEnd = order.endOf(child);
  const found: number[] = [];
  for (let i = at + 1; i < children.length; i++) {
    tree.steps++;
    const other = children[i] as number;
    const otherEnd = order.endOf(other);
    if (otherEnd < childEnd - tree.tolerance || otherEnd <= (tree.start[child] as number)) break;
    if ((tree.start[other] as number) < time && !order.isCancelled(other)) found.push(other);
  }
  return found;
}
