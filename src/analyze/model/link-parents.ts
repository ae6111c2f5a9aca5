import type { Flag } from './flags.ts';
import type { MergedSpans } from './merge-records.ts';
import { SpanKind } from './span.ts';
import { ReferenceKind, type SpanTable } from './span-table.ts';

/** The recorded tree, cycles cut. */
export interface ParentLinks {
  readonly parent: Int32Array;
  readonly loose: Uint8Array;
  readonly orphan: Uint8Array;
  readonly tops: readonly number[];
  readonly childOffset: Uint32Array;
  readonly children: Uint32Array;
}

/**
 * R2: the first parent reference that exists in the trace. Only a span without any parent reference takes its first
 * existing FOLLOWS_FROM or link as a (loose) parent. Cycles are cut at the member that starts first.
 */
export function linkParents(table: SpanTable, spans: MergedSpans, flags: Flag[]): ParentLinks {
  const size = spans.row.length;
  const parent = new Int32Array(size).fill(-1);
  const loose = new Uint8Array(size);
  const orphan = new Uint8Array(size);
  const missing = new Set<number>();
  for (let i = 0; i < size; i++) {
    const found = referenceOf(table, spans, i);
    parent[i] = found.parent;
    if (found.byLink) loose[i] = 1;
    if (found.missing >= 0) {
      orphan[i] = 1;
      missing.add(found.missing);
    }
  }
  for (const id of missing) flags.push({ flag: 'missing-parent', text: table.ids.print(id) });
  cutCycles(table, spans, parent, loose, orphan, flags);
  for (let i = 0; i < size; i++) if (isQueueHop(table, spans.row, parent, i)) loose[i] = 1;
  const tops: number[] = [];
  for (let i = 0; i < size; i++) if ((parent[i] as number) < 0) tops.push(i);
  return { parent, loose, orphan, tops, ...childrenOf(parent) };
}

function referenceOf(table: SpanTable, spans: MergedSpans, span: number) {
  const row = spans.row[span] as number;
  let missing = -1;
  let link = -1;
  for (let r = table.refOffset[row] as number; r < (table.refOffset[row + 1] as number); r++) {
    const id = table.refSpan[r] as number;
    const target = spans.byId.get(id);
    if (table.refKind[r] === ReferenceKind.childOf) {
      if (target !== undefined) return { parent: target, byLink: false, missing: -1 };
      if (missing < 0) missing = id;
    } else if (target !== undefined && link < 0 && target !== span) {
      link = target;
    }
  }
  return missing >= 0 ? { parent: -1, byLink: false, missing } : { parent: link, byLink: link >= 0, missing: -1 };
}

function isQueueHop(table: SpanTable, row: Uint32Array, parent: Int32Array, span: number): boolean {
  const p = parent[span] as number;
  return (
    p >= 0 &&
    table.kind[row[span] as number] === SpanKind.consumer &&
    table.kind[row[p] as number] === SpanKind.producer
  );
}

function cutCycles(
  table: SpanTable,
  spans: MergedSpans,
  parent: Int32Array,
  loose: Uint8Array,
  orphan: Uint8Array,
  flags: Flag[],
): void {
  const seenFrom = new Int32Array(parent.length).fill(-1);
  for (let i = 0; i < parent.length; i++) {
    let at = i;
    while (at >= 0 && seenFrom[at] === -1) {
      seenFrom[at] = i;
      at = parent[at] as number;
    }
    if (at < 0 || seenFrom[at] !== i) continue;
    const members: number[] = [];
    let member = at;
    do {
      members.push(member);
      member = parent[member] as number;
    } while (member !== at);
    cut(members, table, spans, parent, loose, orphan, flags);
  }
}

function cut(
  members: readonly number[],
  table: SpanTable,
  spans: MergedSpans,
  parent: Int32Array,
  loose: Uint8Array,
  orphan: Uint8Array,
  flags: Flag[],
): void {
  // A link is no claim of parenthood: a loop through one is no contradiction, the link is just not followed.
  const links = members.filter((m) => loose[m] === 1);
  for (const m of links) {
    parent[m] = -1;
    loose[m] = 0;
  }
  if (links.length > 0) return;
  const first = members.reduce((a, b) => Math.min(a, b)); // numbered by start, then id
  parent[first] = -1;
  orphan[first] = 1;
  const ids = members.map((m) => table.ids.print(table.spanId[spans.row[m] as number] as number)).sort();
  flags.push({ flag: 'cycle', text: ids.join(',') });
}

/** Children in CSR form, ascending within each parent. */
export function childrenOf(parent: Int32Array): { childOffset: Uint32Array; children: Uint32Array } {
  const size = parent.length;
  const childOffset = new Uint32Array(size + 1);
  for (let i = 0; i < size; i++) if ((parent[i] as number) >= 0) childOffset[(parent[i] as number) + 1]!++;
  for (let i = 0; i < size; i++) childOffset[i + 1]! += childOffset[i] as number;
  const next = childOffset.slice();
  const children = new Uint32Array(childOffset[size] as number);
  for (let i = 0; i < size; i++) if ((parent[i] as number) >= 0) children[next[parent[i] as number]!++] = i;
  return { childOffset, children };
}
