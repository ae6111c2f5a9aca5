import type { Interner } from './interner.ts';
import type { SpanIds } from './span-ids.ts';

/** How one span refers to another. */
export const ReferenceKind = { childOf: 0, followsFrom: 1 } as const;

/** What is known of the program that recorded a span. */
export interface Resource {
  /** `service.name`, or '' where none was recorded. */
  readonly service: string;
  /** Equal for spans of one process: the resource's attributes in a canonical order. */
  readonly process: string;
  readonly losses?: Losses | undefined;
}

/** What the instrumentation of a process says it has lost until a span was sent; it only grows. */
export interface Losses {
  /** Tells the processes of one service apart. */
  readonly deliveryId: string;
  /** For want of room. */
  readonly dropped: number;
  /** By a receiver. */
  readonly refused: number;
  /** On purpose, by sampling; absent where it says nothing of it. */
  readonly sampledOut?: number;
}

/** Where rows came from. */
export interface TableSource {
  readonly name: string;
}

/**
 * All spans as columns, one row each, in the order of arrival. Struct of arrays: ten times smaller than objects.
 *
 * Times are whole nanoseconds relative to `baseSeconds` of the row's trace, exact within 104 days; rows further away
 * are clamped and marked in `clamped`. A duration of NaN means that the span has no end, which is not zero.
 */
export interface SpanTable {
  readonly size: number;
  readonly strings: Interner;
  readonly ids: SpanIds;
  readonly sources: readonly TableSource[];
  readonly traceIds: readonly string[];
  /** Unix seconds, one per trace. */
  readonly baseSeconds: readonly number[];
  readonly resources: readonly Resource[];
  /** Instrumentation scope names. */
  readonly scopes: readonly string[];

  readonly trace: Uint32Array;
  readonly spanId: Uint32Array;
  readonly start: Float64Array;
  readonly duration: Float64Array;
  readonly name: Uint32Array;
  readonly kind: Uint8Array;
  readonly status: Uint8Array;
  readonly resource: Uint32Array;
  readonly scope: Uint32Array;
  readonly source: Uint32Array;
  readonly clamped: Uint8Array;
  /** Row r refers to `refSpan[refOffset[r] .. refOffset[r+1]]`, parents and links in recorded order, this trace only. */
  readonly refOffset: Uint32Array;
  readonly refKind: Uint8Array;
  readonly refSpan: Uint32Array;
  /** Row r carries `attrKey/attrValue[attrOffset[r] .. attrOffset[r+1]]`. */
  readonly attrOffset: Uint32Array;
  readonly attrKey: Uint32Array;
  readonly attrValue: Uint32Array;
}

/** The rows of every trace: trace t owns `rows[offset[t] .. offset[t+1]]`, in order of arrival. */
export function rowsByTrace(table: SpanTable): { readonly offset: Uint32Array; readonly rows: Uint32Array } {
  const offset = new Uint32Array(table.traceIds.length + 1);
  for (let row = 0; row < table.size; row++) offset[(table.trace[row] as number) + 1]!++;
  for (let t = 0; t < table.traceIds.length; t++) offset[t + 1]! += offset[t] as number;
  const next = offset.slice();
  const rows = new Uint32Array(table.size);
  for (let row = 0; row < table.size; row++) rows[next[table.trace[row] as number]!++] = row;
  return { offset, rows };
}

/** One attribute of a row as text. Spans carry few wanted attributes, so a scan beats an index. */
export function attributeOf(table: SpanTable, row: number, key: string): string | undefined {
  const wanted = table.strings.find(key);
  if (wanted < 0) return undefined;
  const end = table.attrOffset[row + 1] as number;
  for (let i = table.attrOffset[row] as number; i < end; i++) {
    if (table.attrKey[i] === wanted) return table.strings.text(table.attrValue[i] as number);
  }
  return undefined;
}
