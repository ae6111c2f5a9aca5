import { factOf } from '../../model/facts.ts';
import type { Flag } from '../../model/flags.ts';
import { childrenOf } from '../../model/link-parents.ts';
import type { Trace } from '../../model/trace.ts';
import type { Role } from '../../semantics/kinds.ts';
import { rolesOf } from '../../semantics/role.ts';
import type { EdgeKind } from './types.ts';

/** Edge kinds as numbers, in the order of `EDGE_NAMES`. */
export const Edge = { awaited: 0, hoisted: 1, wait: 2, adopted: 3, off: 4 } as const;
export type Edge = (typeof Edge)[keyof typeof Edge];
export const EDGE_NAMES: readonly EdgeKind[] = ['awaited', 'hoisted', 'wait', 'adopted', 'off'];

/**
 * The tree that the rules R4-R11 reshape one after the other, each of them changing it in place.
 *
 * Spans are nodes 0 … size-1 as in the trace. One more node, `size`, is the virtual root where the trace has no root
 * of its own; otherwise nothing hangs under it. Times are whole nanoseconds in the trace's time.
 */
export interface SpanTree {
  readonly trace: Trace;
  readonly size: number;
  readonly root: number;
  /** D3: two times no further apart than this are one. */
  readonly tolerance: number;
  readonly role: readonly Role[];
  readonly start: Float64Array;
  readonly end: Float64Array;
  /** -1 above the root. */
  readonly parent: Int32Array;
  readonly edge: Uint8Array;
  /** 1 for spans declared as not awaited (`trace.async`). */
  readonly async: Uint8Array;
  /** 1 for calls (R5): the parent waits for them, whatever the clocks say. */
  readonly call: Uint8Array;
  /** 1 inside a subtree that is off the path: what is done there is nobody's news, so it raises no flags. */
  readonly aside: Uint8Array;
  /** Where the root ended before R6 extended it. */
  rootEnd: number;
  /** Spans that outlive the window but may explain waits in it (R9). */
  readonly tails: number[];
  readonly flags: Flag[];
  steps: number;
}

export function createSpanTree(trace: Trace): SpanTree {
  const { size } = trace;
  const root = trace.root < 0 ? size : trace.root;
  const start = new Float64Array(size + 1);
  const end = new Float64Array(size + 1);
  const parent = new Int32Array(size + 1).fill(-1);
  start.set(trace.start);
  end.set(trace.end);
  parent.set(trace.parent);
  for (const top of trace.tops) if (top !== root) parent[top] = root;
  if (root === size) {
    start[root] = trace.tops.reduce((first, top) => Math.min(first, start[top] as number), Number.POSITIVE_INFINITY);
    end[root] = trace.tops.reduce((last, top) => Math.max(last, end[top] as number), Number.NEGATIVE_INFINITY);
  }
  return {
    trace,
    size,
    root,
    tolerance: toleranceOf(trace),
    role: factOf(trace, rolesOf),
    start,
    end,
    parent,
    edge: new Uint8Array(size + 1),
    async: declaredAsync(trace),
    call: new Uint8Array(size + 1),
    aside: new Uint8Array(size + 1),
    rootEnd: end[root] as number,
    tails: [],
    flags: [...trace.flags],
    steps: 0,
  };
}

function declaredAsync(trace: Trace): Uint8Array {
  const async = new Uint8Array(trace.size + 1);
  if (trace.table.strings.find('trace.async') < 0) return async;
  for (let span = 0; span < trace.size; span++) {
    if (trace.attribute(span, 'trace.async') === 'true') async[span] = 1;
  }
  return async;
}

const MICROSECOND = 1e3;
const MILLISECOND = 1e6;

/** Fewer starts may be whole milliseconds by chance. */
const MIN_COARSE_STARTS = 3;

/**
 * D3: a clock of milliseconds shows in all times of the trace, or in all starts that one instrumentation of one process
 * recorded. OpenTelemetry's SDK for JavaScript takes starts from such a clock and durations from a fine one: what
 * followed each other then seems to overlap by up to a millisecond (docs/adr/0005).
 */
export function toleranceOf(trace: Trace): number {
  const { size, start, end } = trace;
  const isWhole = (ns: number): boolean => ns % MILLISECOND === 0;
  const starts = new Map<string, number>();
  let allWhole = true;
  for (let i = 0; i < size; i++) {
    const recorder = `${trace.scope(i)}\n${trace.process(i)}`;
    const whole = isWhole(start[i] as number);
    allWhole &&= whole && isWhole(end[i] as number);
    const seen = starts.get(recorder) ?? 0;
    starts.set(recorder, whole && seen >= 0 ? seen + 1 : -1);
  }
  const hasCoarseClock = Array.from(starts.values()).some((count) => count >= MIN_COARSE_STARTS);
  return allWhole || hasCoarseClock ? MILLISECOND : MICROSECOND;
}

export const lengthOf = (tree: SpanTree, node: number): number =>
  (tree.end[node] as number) - (tree.start[node] as number);

/** R1: a span of zero length marks an instant; it is never on the path. */
export const isMarker = (tree: SpanTree, node: number): boolean => tree.end[node] === tree.start[node];

/** D2: whether a span shows that work was done. */
export function isEvidence(tree: SpanTree, node: number): boolean {
  const role = tree.role[node];
  return role === 'llm' || role === 'io' || role === 'tool';
}

/** D3. `node` ends later than `other` by more than bookkeeping explains. */
export function outlives(tree: SpanTree, node: number, other: number): boolean {
  const late = (tree.end[node] as number) - (tree.end[other] as number);
  return late > tree.tolerance && (late > 0.01 * lengthOf(tree, other) || late > 0.1 * lengthOf(tree, node));
}

/** By start; spans that start together by id. */
export function compareStarts({ trace, start }: SpanTree, a: number, b: number): number {
  const apart = (start[a] as number) - (start[b] as number);
  if (apart !== 0) return apart;
  return trace.start[a] === trace.start[b] ? a - b : trace.compareIds(a, b); // numbered by recorded start, then id
}

/** Children in CSR form: those of node i are `list[offset[i] .. offset[i+1]]`, ascending. */
export interface Children {
  readonly offset: Uint32Array;
  readonly list: Uint32Array;
}

/** The children of every node, as the tree is now. */
export function childrenNow(tree: SpanTree): Children {
  const { childOffset, children } = childrenOf(tree.parent);
  return { offset: childOffset, list: children };
}

const NONE = new Uint32Array(0);

export const childrenIn = (children: Children, node: number): Uint32Array =>
  hasChildren(children, node) ? children.list.subarray(children.offset[node], children.offset[node + 1]) : NONE;

export const hasChildren = ({ offset }: Children, node: number): boolean =>
  (offset[node + 1] as number) > (offset[node] as number);

/** All nodes below the root and the root itself, every parent before its children. */
export function topDown(tree: SpanTree, children: Children): Uint32Array {
  const order = new Uint32Array(tree.size + 1);
  order[0] = tree.root;
  let filled = 1;
  for (let at = 0; at < filled; at++) {
    const last = children.offset[(order[at] as number) + 1] as number;
    for (let i = children.offset[order[at] as number] as number; i < last; i++) {
      order[filled++] = children.list[i] as number;
    }
  }
  tree.steps += filled;
  return order.subarray(0, filled);
}
