import { factOf } from '../model/facts.ts';
import type { Trace } from '../model/trace.ts';
import { criticalPath } from './critical-path/index.ts';

/**
 * The recorded tree, except that spans which timing shows to belong to a childless wrapper (R10, adoption) hang under
 * that wrapper: the tree in which calls are grouped and path time is added up.
 */
export interface CallTree {
  /** -1 for a top. */
  readonly parent: Int32Array;
  /** All spans, every parent before its children. */
  readonly order: Int32Array;
  /** Span a is below (or is) span b if `enter[b] <= enter[a] < leave[b]`. */
  readonly enter: Int32Array;
  readonly leave: Int32Array;
}

export function callTree(trace: Trace): CallTree {
  const { edge, parent: held } = factOf(trace, criticalPath);
  const parent = trace.parent.slice();
  for (let span = 0; span < trace.size; span++) if (edge[span] === 'adopted') parent[span] = held[span] as number;
  const order = parentsFirst(parent);
  // Adoption cannot close a circle; should it ever, the recorded tree is the answer.
  return order.length === trace.size ? numbered(parent, order) : numbered(trace.parent, parentsFirst(trace.parent));
}

/** Spans that hang under a circle are left out. */
function parentsFirst(parent: Int32Array): Int32Array {
  const { offset, children } = childrenOf(parent);
  const order = new Int32Array(parent.length);
  let filled = 0;
  for (let span = 0; span < parent.length; span++) if ((parent[span] as number) < 0) order[filled++] = span;
  for (let at = 0; at < filled; at++) {
    const span = order[at] as number;
    for (let c = offset[span] as number; c < (offset[span + 1] as number); c++) order[filled++] = children[c] as number;
  }
  return order.subarray(0, filled);
}

function childrenOf(parent: Int32Array): { offset: Uint32Array; children: Uint32Array } {
  const offset = new Uint32Array(parent.length + 1);
  for (const p of parent) if (p >= 0) offset[p + 1]!++;
  for (let i = 0; i < parent.length; i++) offset[i + 1]! += offset[i] as number;
  const next = offset.slice();
  const children = new Uint32Array(offset[parent.length] as number);
  for (let span = 0; span < parent.length; span++) {
    const p = parent[span] as number;
    if (p >= 0) children[next[p]!++] = span;
  }
  return { offset, children };
}

/** Numbers spans so that each subtree is a range: sizes from the leaves up, then places from the tops down. */
function numbered(parent: Int32Array, order: Int32Array): CallTree {
  const size = new Int32Array(parent.length).fill(1);
  for (let at = order.length - 1; at >= 0; at--) {
    const span = order[at] as number;
    const p = parent[span] as number;
    if (p >= 0) size[p]! += size[span] as number;
  }
  const enter = new Int32Array(parent.length);
  const leave = new Int32Array(parent.length);
  const next = new Int32Array(parent.length);
  let top = 0;
  for (const span of order) {
    const p = parent[span] as number;
    const at = p < 0 ? top : (next[p] as number);
    if (p < 0) top += size[span] as number;
    else next[p] = at + (size[span] as number);
    enter[span] = at;
    leave[span] = at + (size[span] as number);
    next[span] = at + 1;
  }
  return { parent, order, enter, leave };
}
