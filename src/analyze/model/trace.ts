import { byCodeUnit } from './by-code-unit.ts';
import { closeOpenSpans } from './close-open-spans.ts';
import type { Flag } from './flags.ts';
import { linkParents } from './link-parents.ts';
import { mergeRecords } from './merge-records.ts';
import type { SpanKind, StatusCode } from './span.ts';
import { attributeOf, type SpanTable } from './span-table.ts';

/**
 * One trace as a view of the table's rows after the repairs R1-R3 of the critical path's definition: equal records
 * merged, shared ids told apart, parents linked, cycles cut, spans without end closed, the root chosen.
 *
 * Spans are numbered 0 … size-1 by start, then printed id: the numbering does not depend on the order of arrival.
 * Times are nanoseconds since `baseSeconds` of the trace, whole numbers.
 */
export interface Trace {
  readonly table: SpanTable;
  readonly index: number;
  readonly id: string;
  readonly size: number;
  /** The row whose name, attributes and resource speak for a span. */
  readonly row: Uint32Array;
  readonly start: Float64Array;
  /** Never before `start`. */
  readonly end: Float64Array;
  /** 1 where no end was recorded. */
  readonly open: Uint8Array;
  /** -1: none known (a root, or an orphan). */
  readonly parent: Int32Array;
  /** 1 where the edge to the parent says nothing about waiting: FOLLOWS_FROM, a link, PRODUCER to CONSUMER. */
  readonly loose: Uint8Array;
  /** 1 where a parent was named but is missing, or was cut to break a cycle. */
  readonly orphan: Uint8Array;
  /** Spans without parent, orphans included. */
  readonly tops: readonly number[];
  /** The root span, or -1: a virtual root spans all tops. */
  readonly root: number;
  /** Children of span i: `children[childOffset[i] .. childOffset[i+1]]`, ascending. */
  readonly childOffset: Uint32Array;
  readonly children: Uint32Array;
  /** Ordinals given to spans that share an id with an earlier one. */
  readonly renamed: ReadonlyMap<number, number>;
  readonly flags: readonly Flag[];
  name(span: number): string;
  service(span: number): string;
  /** Equal for spans recorded by one process. */
  process(span: number): string;
  scope(span: number): string;
  kind(span: number): SpanKind;
  status(span: number): StatusCode;
  attribute(span: number, key: string): string | undefined;
  /** The printed id, with `#n` where several spans share one. */
  spanId(span: number): string;
  /** The id as recorded. */
  recordedSpanId(span: number): string;
  /** Negative if a's printed id comes before b's by code unit. */
  compareIds(a: number, b: number): number;
}

/** Builds trace number `index` of the table from its rows (any order). */
export function buildTrace(table: SpanTable, index: number, rows: Uint32Array): Trace {
  const flags: Flag[] = [];
  const merged = mergeRecords(table, rows, flags);
  const { row, start, end, renamed } = merged;
  const links = linkParents(table, merged, flags);
  const open = closeOpenSpans(start, end, links, flags);
  const root = chooseRoot(links.tops, links.orphan, start);
  if (root < 0 && links.tops.length > 1) flags.push({ flag: 'multiple-roots', count: links.tops.length });
  return {
    table,
    index,
    id: table.traceIds[index] as string,
    size: row.length,
    row,
    start,
    end,
    open,
    ...links,
    root,
    renamed,
    flags,
    ...accessors(table, row, renamed),
  };
}

/** R3: the only parentless span, unless an orphan began earlier. */
function chooseRoot(tops: readonly number[], orphan: Uint8Array, start: Float64Array): number {
  let root = -1;
  let firstOrphan = Number.POSITIVE_INFINITY;
  for (const top of tops) {
    if (orphan[top]) firstOrphan = Math.min(firstOrphan, start[top] as number);
    else if (root >= 0) return -1;
    else root = top;
  }
  return root >= 0 && firstOrphan >= (start[root] as number) ? root : -1;
}

function accessors(table: SpanTable, row: Uint32Array, renamed: ReadonlyMap<number, number>) {
  const rowOf = (span: number): number => row[span] as number;
  const resource = (span: number) => table.resources[table.resource[rowOf(span)] as number];
  const recordedSpanId = (span: number): string => table.ids.print(table.spanId[rowOf(span)] as number);
  const spanId = (span: number): string => {
    const ordinal = renamed.get(span);
    return ordinal === undefined ? recordedSpanId(span) : `${recordedSpanId(span)}#${ordinal}`;
  };
  return {
    name: (span: number): string => table.strings.text(table.name[rowOf(span)] as number),
    service: (span: number): string => resource(span)?.service ?? '',
    process: (span: number): string => resource(span)?.process ?? '',
    scope: (span: number): string => table.scopes[table.scope[rowOf(span)] as number] ?? '',
    kind: (span: number) => table.kind[rowOf(span)] as SpanKind,
    status: (span: number) => table.status[rowOf(span)] as StatusCode,
    attribute: (span: number, key: string): string | undefined => attributeOf(table, rowOf(span), key),
    spanId,
    recordedSpanId,
    compareIds: (a: number, b: number): number => byCodeUnit(spanId(a), spanId(b)),
  };
}
