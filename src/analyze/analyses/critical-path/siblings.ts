import { partitionPoint } from './intervals.ts';
import { createMinTree, type MinTree } from './min-tree.ts';
import { type Children, childrenIn, compareStarts, Edge, isMarker, lengthOf, type SpanTree } from './span-tree.ts';

/** What hangs under one span on the path, by start, to be searched for what lies in a stretch of time. */
export interface Siblings {
  /**
   * Spans that start from `from` to `to` and are no longer than `length`, one after the other by start. Taken ones are
   * left out.
   */
  within(from: number, to: number, length: number): Iterable<number>;
  /** Leaves a span out of all later searches. */
  take(span: number): void;
}

/** The siblings under each span, listed when first asked for. */
export function createSiblings(tree: SpanTree, children: Children): (holder: number) => Siblings {
  const known = new Map<number, Siblings>();
  return (holder) => {
    let siblings = known.get(holder);
    if (!siblings) {
      siblings = listSiblings(tree, childrenIn(children, holder));
      known.set(holder, siblings);
    }
    return siblings;
  };
}

function listSiblings(tree: SpanTree, all: Uint32Array): Siblings {
  const spans = all
    .filter((span) => tree.edge[span] !== Edge.off && !isMarker(tree, span))
    .sort((a, b) => compareStarts(tree, a, b));
  const lengths = createMinTree(spans.length);
  const position = new Map<number, number>();
  spans.forEach((span, at) => {
    lengths.set(at, lengthOf(tree, span));
    position.set(span, at);
  });
  tree.steps += spans.length;
  return {
    within: (from, to, length) => search(tree, spans, lengths, from, to, length),
    take: (span) => lengths.set(position.get(span) as number, Number.POSITIVE_INFINITY),
  };
}

function* search(
  tree: SpanTree,
  spans: Uint32Array,
  lengths: MinTree,
  from: number,
  to: number,
  length: number,
): Generator<number> {
  const first = firstStartingAt(tree, spans, from);
  for (let at = lengths.firstAtMost(length, first); at >= 0; at = lengths.firstAtMost(length, at + 1)) {
    const span = spans[at] as number;
    if ((tree.start[span] as number) > to) return;
    yield span;
  }
}

function firstStartingAt({ start }: SpanTree, spans: Uint32Array, time: number): number {
  return partitionPoint(spans.length, (at) => (start[spans[at] as number] as number) < time);
}
