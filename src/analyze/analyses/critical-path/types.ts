import type { Flag } from '../../model/flags.ts';

/** The span index of the virtual root. */
export const VIRTUAL_ROOT = -1;

export type SegmentKind = 'self' | 'overlapped' | 'wait' | 'untraced';
/** The outermost way by which a segment came onto the path; absent: by awaited children alone. */
export type Via = 'hoist' | 'wait' | 'adopt';

/** One stretch of the critical path: whose progress the end of the window was waiting for. */
export interface Segment {
  /** The span whose time it is, or `VIRTUAL_ROOT`. */
  readonly span: number;
  /** Nanoseconds in the trace's time (as `Trace.start`), end exclusive. Never empty. */
  readonly start: number;
  readonly end: number;
  readonly kind: SegmentKind;
  readonly via?: Via;
  /** The wait that this segment explains. */
  readonly wait?: number;
}

/**
 * The critical path of one trace and the tree that it was found in (rules R4-R14 of docs/critical-path.md).
 * All arrays over spans have `trace.size` elements; times are nanoseconds in the trace's time.
 */
export interface CriticalPath {
  /** The window of R6, which the segments tile without gap or overlap, in order of time. */
  readonly windowStart: number;
  readonly windowEnd: number;
  readonly segments: readonly Segment[];
  /** Sets of spans that end together on the path, the path's own span first. */
  readonly coCritical: readonly (readonly number[])[];
  /** All flags of the trace: the repairs R1-R3 and what R4-R14 did. */
  readonly flags: readonly Flag[];
  /** Times after R5 (skew) and R7 (left open). */
  readonly start: Float64Array;
  readonly end: Float64Array;
  /** The tree after R4-R10: the span that holds span i (awaited or hoisted into), or -1 for a top. */
  readonly parent: Int32Array;
  /** How span i hangs under `parent`. `off`: off the path with its subtree (R9). */
  readonly edge: readonly EdgeKind[];
  /** Elementary steps taken, to check that the work grows as it should. */
  readonly steps: number;
}

export type EdgeKind = 'awaited' | 'hoisted' | 'wait' | 'adopted' | 'off';
