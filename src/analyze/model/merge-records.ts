import { byCodeUnit } from './by-code-unit.ts';
import type { Flag } from './flags.ts';
import type { SpanTable } from './span-table.ts';

/** Spans in their final order: by start, then printed id. Ends may still be NaN (no end recorded). */
export interface MergedSpans {
  readonly row: Uint32Array;
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly renamed: ReadonlyMap<number, number>;
  /** The span that a recorded id means when another span refers to it: the first of those sharing it. */
  readonly byId: ReadonlyMap<number, number>;
}

/**
 * R1: records with equal id, start, operation and process are one span (the later end wins). Records of different
 * sources are one span if id and operation agree and the starts differ by less than the coarser clock's unit. Other
 * spans that share an id are told apart by ordinals, in the order start, end, operation, process.
 */
export function mergeRecords(table: SpanTable, rows: Uint32Array, flags: Flag[]): MergedSpans {
  const kept = dropRepeats(table, inOrder(table, rows));
  const size = kept.rows.length;
  const row = Uint32Array.from(kept.rows);
  const start = new Float64Array(size);
  const end = new Float64Array(size);
  const byId = new Map<number, number>();
  const ordinals = new Map<number, number>();
  const renamed = new Map<number, number>();
  for (let i = 0; i < size; i++) {
    const r = row[i] as number;
    const duration = table.duration[r] as number;
    start[i] = table.start[r] as number;
    end[i] = Math.min((start[i] as number) + Math.max(0, duration), Number.MAX_SAFE_INTEGER);
    if (duration < 0) flags.push({ flag: 'negative-duration', span: i });
    if (table.clamped[r]) flags.push({ flag: 'clamped-time', span: i });
    if (kept.repeated.has(r)) flags.push({ flag: 'repeated-span', span: i });
    const id = table.spanId[r] as number;
    const first = byId.get(id);
    if (first === undefined) {
      byId.set(id, i);
      continue;
    }
    const ordinal = (ordinals.get(id) ?? 0) + 1;
    ordinals.set(id, ordinal);
    renamed.set(i, ordinal);
    if (ordinal === 1) flags.push({ flag: 'duplicate-id', span: first });
  }
  return { row, start, end, renamed, byId };
}

/** Rows by start, id, end, operation, process: nothing of the order of arrival is left. */
function inOrder(table: SpanTable, rows: Uint32Array): Uint32Array {
  const compare = (a: number, b: number): number =>
    (table.start[a] as number) - (table.start[b] as number) || compareRecords(table, a, b);
  for (let i = 1; i < rows.length; i++) {
    if (compare(rows[i - 1] as number, rows[i] as number) > 0) return rows.slice().sort(compare);
  }
  return rows;
}

function compareRecords(table: SpanTable, a: number, b: number): number {
  const [idA, idB] = [table.spanId[a] as number, table.spanId[b] as number];
  if (idA !== idB) return byCodeUnit(table.ids.print(idA), table.ids.print(idB));
  return (
    compareNumbers(table.duration[a] as number, table.duration[b] as number) ||
    byCodeUnit(nameOf(table, a), nameOf(table, b)) ||
    byCodeUnit(processOf(table, a), processOf(table, b)) ||
    byCodeUnit(content(table, a), content(table, b))
  );
}

/** No end (NaN) comes first. */
const compareNumbers = (a: number, b: number): number =>
  (Number.isNaN(a) ? Number.NEGATIVE_INFINITY : a) < (Number.isNaN(b) ? Number.NEGATIVE_INFINITY : b)
    ? -1
    : Object.is(a, b) || a === b
      ? 0
      : 1;
const nameOf = (table: SpanTable, row: number): string => table.strings.text(table.name[row] as number);
const processOf = (table: SpanTable, row: number): string =>
  table.resources[table.resource[row] as number]?.process ?? '';

/** Attributes in a fixed order: decides between records that are equal in all else. */
function content(table: SpanTable, row: number): string {
  const pairs: string[] = [];
  for (let i = table.attrOffset[row] as number; i < (table.attrOffset[row + 1] as number); i++) {
    pairs.push(
      `${table.strings.text(table.attrKey[i] as number)}\u0000${table.strings.text(table.attrValue[i] as number)}`,
    );
  }
  return `${String(pairs.length).padStart(6, '0')} ${pairs.sort().join('\u0000')}`;
}

function dropRepeats(table: SpanTable, ordered: Uint32Array): { rows: number[]; repeated: Set<number> } {
  const groups = new Map<number, number[]>();
  for (const row of ordered) {
    const id = table.spanId[row] as number;
    const group = groups.get(id);
    if (group) group.push(row);
    else groups.set(id, [row]);
  }
  const repeated = new Set<number>();
  if (groups.size === ordered.length) return { rows: [...ordered], repeated };
  const dropped = new Set<number>();
  const units = clockUnits(table, ordered);
  for (const group of groups.values()) if (group.length > 1) mergeGroup(table, group, units, dropped, repeated);
  return { rows: [...ordered].filter((row) => !dropped.has(row)), repeated };
}

/** Merges the repeats among records of one id, which are sorted by start. */
function mergeGroup(
  table: SpanTable,
  group: readonly number[],
  units: ReadonlyMap<number, number>,
  dropped: Set<number>,
  repeated: Set<number>,
): void {
  const kept: number[] = [];
  const find = createRepeatFinder(table, kept, units);
  for (const row of group) {
    const at = find(row);
    if (at < 0) {
      kept.push(row);
      continue;
    }
    const other = kept[at] as number;
    const winner = better(table, other, row, units);
    const loser = winner === row ? other : row;
    dropped.add(loser);
    repeated.delete(loser);
    repeated.add(winner);
    kept[at] = winner;
  }
}

/** The coarsest clock's unit, and what a record may have moved by being merged with one of a finer clock. */
const REACH_NS = 2e6;

/**
 * Finds the place in `kept` of the record that a row repeats, or -1; then the row must be put at the end of `kept`. One
 * id may have very many records (a broken exporter), so equals are looked up, and only for copies from other sources is
 * there a search, near by.
 */
function createRepeatFinder(table: SpanTable, kept: readonly number[], units: ReadonlyMap<number, number>) {
  const equals = new Map<string, number>();
  return (row: number): number => {
    const key = [table.source[row], table.start[row], table.name[row], processOf(table, row)].join(' ');
    const equal = equals.get(key);
    if (equal !== undefined) return equal;
    let found = -1;
    for (let at = kept.length - 1; units.size > 1 && at >= 0; at--) {
      const other = kept[at] as number;
      if ((table.start[other] as number) < (table.start[row] as number) - REACH_NS) break;
      if (areCopies(table, other, row, units)) found = at;
    }
    equals.set(key, found < 0 ? kept.length : found);
    return found;
  };
}

/** Whether two records of one id, from different sources, are of one span. */
function areCopies(table: SpanTable, a: number, b: number, units: ReadonlyMap<number, number>): boolean {
  if (table.source[a] === table.source[b] || table.name[a] !== table.name[b]) return false;
  const apart = Math.abs((table.start[a] as number) - (table.start[b] as number));
  return apart === 0 || apart < Math.max(unitOf(table, a, units), unitOf(table, b, units));
}

/** The record of the finer clock, then the later end, then the one that comes later in the fixed order. */
function better(table: SpanTable, a: number, b: number, units: ReadonlyMap<number, number>): number {
  const finer = unitOf(table, a, units) - unitOf(table, b, units);
  if (table.source[a] !== table.source[b] && finer !== 0) return finer < 0 ? a : b;
  return compareRecords(table, a, b) > 0 ? a : b;
}

const unitOf = (table: SpanTable, row: number, units: ReadonlyMap<number, number>): number =>
  units.get(table.source[row] as number) ?? 1;

/** Per source the unit, in nanoseconds, that all its times in this trace are whole multiples of: 1e6, 1e3 or 1. */
function clockUnits(table: SpanTable, rows: Uint32Array): Map<number, number> {
  const units = new Map<number, number>();
  for (const row of rows) {
    const source = table.source[row] as number;
    let unit = units.get(source) ?? 1e6;
    const times = [table.start[row] as number, table.duration[row] as number];
    for (const t of times) while (unit > 1 && !Number.isNaN(t) && t % unit !== 0) unit /= 1000;
    units.set(source, unit);
  }
  return units;
}
