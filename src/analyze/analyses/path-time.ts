import { factOf } from '../model/facts.ts';
import type { Trace } from '../model/trace.ts';
import { callTree } from './call-tree.ts';
import { criticalPath } from './critical-path/index.ts';

/** Nanoseconds on the critical path of each span with all that is below it. */
export interface PathTime {
  readonly all: Float64Array;
  /** Only what came onto the path by awaited children alone (no `via`). */
  readonly direct: Float64Array;
  /** The span's own, without what is below. */
  readonly own: Float64Array;
}

export function pathTime(trace: Trace): PathTime {
  const { segments } = factOf(trace, criticalPath);
  const tree = factOf(trace, callTree);
  const own = new Float64Array(trace.size);
  const direct = new Float64Array(trace.size);
  for (const { span, start, end, via } of segments) {
    if (span < 0) continue;
    own[span]! += end - start;
    if (via === undefined) direct[span]! += end - start;
  }
  const all = own.slice();
  for (let at = tree.order.length - 1; at >= 0; at--) {
    const span = tree.order[at] as number;
    const p = tree.parent[span] as number;
    if (p < 0) continue;
    all[p]! += all[span] as number;
    direct[p]! += direct[span] as number;
  }
  return { all, direct, own };
}
