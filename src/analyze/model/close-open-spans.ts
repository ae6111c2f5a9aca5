import type { Flag } from './flags.ts';
import type { ParentLinks } from './link-parents.ts';

/**
 * R1: a span without end lasts to its last awaited child; without any, to the last timestamp seen in the trace.
 * Fills the NaN ends and tells which they were.
 */
export function closeOpenSpans(
  start: Float64Array,
  end: Float64Array,
  links: Pick<ParentLinks, 'parent' | 'loose'>,
  flags: Flag[],
): Uint8Array {
  const open = new Uint8Array(end.length);
  let last = Number.NEGATIVE_INFINITY;
  let anyOpen = false;
  for (let i = 0; i < end.length; i++) {
    const e = end[i] as number;
    last = Math.max(last, start[i] as number, Number.isNaN(e) ? Number.NEGATIVE_INFINITY : e);
    if (!Number.isNaN(e)) continue;
    open[i] = 1;
    anyOpen = true;
    flags.push({ flag: 'open', span: i });
  }
  if (!anyOpen) return open;
  const childEnd = new Float64Array(end.length).fill(Number.NEGATIVE_INFINITY);
  for (const i of childrenFirst(links.parent)) {
    if (open[i]) {
      const until = childEnd[i] as number;
      end[i] = Math.max(start[i] as number, until === Number.NEGATIVE_INFINITY ? last : until);
    }
    const p = links.parent[i] as number;
    if (p >= 0 && !links.loose[i]) childEnd[p] = Math.max(childEnd[p] as number, end[i] as number);
  }
  return open;
}

/** Every span after all its descendants. */
function childrenFirst(parent: Int32Array): Int32Array {
  const waiting = new Int32Array(parent.length);
  for (const p of parent) if (p >= 0) waiting[p]!++;
  const order = new Int32Array(parent.length);
  let filled = 0;
  for (let i = 0; i < parent.length; i++) if (waiting[i] === 0) order[filled++] = i;
  for (let at = 0; at < filled; at++) {
    const p = parent[order[at] as number] as number;
    if (p >= 0 && --waiting[p]! === 0) order[filled++] = p;
  }
  return order;
}
