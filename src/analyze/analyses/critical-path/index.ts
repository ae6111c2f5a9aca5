import type { Trace } from '../../model/trace.ts';
import { adopt } from './adopt.ts';
import { alignClocks } from './align-clocks.ts';
import { extendWindow } from './extend-window.ts';
import { findWaits } from './find-waits.ts';
import { flagOddities } from './flag-oddities.ts';
import { hoist } from './hoist.ts';
import { placeOrphans } from './place-orphans.ts';
import { childrenNow, createSpanTree, EDGE_NAMES, type SpanTree } from './span-tree.ts';
import { sweep } from './sweep.ts';
import type { CriticalPath, EdgeKind } from './types.ts';

/**
 * The critical path of a trace: for every instant of the window the span whose progress the end of the window was
 * waiting for. Rules R4-R14 of docs/critical-path.md, one after the other; R1-R3 have shaped the trace itself.
 */
export function criticalPath(trace: Trace): CriticalPath {
  const tree = createSpanTree(trace);
  placeOrphans(tree); // R4
  const recorded = childrenNow(tree);
  alignClocks(tree, recorded); // R5
  extendWindow(tree, recorded); // R6
  hoist(tree, recorded); // R7-R9
  adopt(tree, childrenNow(tree)); // R10
  const held = childrenNow(tree);
  findWaits(tree, held); // R11
  flagOddities(tree, held);
  const { segments, coCritical } = sweep(tree, held); // R12-R14
  const { root, size, start, end, flags, steps } = tree;
  return {
    windowStart: start[root] as number,
    windowEnd: end[root] as number,
    segments,
    coCritical,
    flags,
    start: start.subarray(0, size),
    end: end.subarray(0, size),
    parent: parents(tree),
    edge: Array.from(tree.edge.subarray(0, size), (edge) => EDGE_NAMES[edge] as EdgeKind),
    steps,
  };
}

function parents({ parent, size }: SpanTree): Int32Array {
  return parent.subarray(0, size).map((holder) => (holder === size ? -1 : holder));
}
