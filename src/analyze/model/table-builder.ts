import { growingColumn } from './columns.ts';
import { createInterner } from './interner.ts';
import type { AttributePlan, SpanKind, StatusCode } from './span.ts';
import { createSpanIds } from './span-ids.ts';
import type { Resource, SpanTable, TableSource } from './span-table.ts';

/** A point in time, exact: whole Unix seconds and the nanoseconds within the second (0 … 999,999,999). */
export interface Instant {
  readonly seconds: number;
  readonly nanos: number;
}

/** One span as a format read it. Ids are printed ids: see `SpanIds` for which of them are numbers. */
export interface SpanRow {
  readonly traceId: string;
  readonly spanId: string;
  readonly start: Instant;
  /** Nanoseconds; negative as recorded; NaN where the span has no end. */
  readonly durationNs: number;
  readonly name: string;
  readonly kind: SpanKind;
  readonly status: StatusCode;
  /** From `openResource` / `openScope`. */
  readonly resource: number;
  readonly scope: number;
}

/**
 * Collects rows from any number of sources into one `SpanTable`. A resource or scope may be described after the spans
 * that belong to it, so that a document can be read in one pass whatever the order of its members.
 */
export interface TableBuilder {
  readonly size: number;
  /** Rows added from now on come from this source. */
  openSource(source: TableSource): void;
  openResource(): number;
  describeResource(slot: number, resource: Resource): void;
  openScope(name?: string): number;
  describeScope(slot: number, name: string): void;
  /** Adds a row; the references and attributes that follow belong to it. */
  addSpan(row: SpanRow): void;
  addReference(kind: number, spanId: string): void;
  /** Keeps the attribute if the plan wants its key; the first value of a key wins. */
  addAttribute(key: string, value: string): void;
  /** Whether the plan wants a key, so that a format need not render values in vain. */
  wants(key: string): boolean;
  traceCount(): number;
  finish(): SpanTable;
}

/** Nanoseconds within which doubles are exact: 2^53 ns = 104 days. */
const EXACT_NS = 2 ** 53 - 1;
const MAX_TEXT = 4096;

/** The columns of a `SpanTable` while they grow. */
function growingColumns() {
  const u32 = () => growingColumn(Uint32Array);
  const u8 = () => growingColumn(Uint8Array);
  return {
    trace: u32(),
    spanId: u32(),
    start: growingColumn(Float64Array),
    duration: growingColumn(Float64Array),
    name: u32(),
    kind: u8(),
    status: u8(),
    resource: u32(),
    scope: u32(),
    source: u32(),
    clamped: u8(),
    refOffset: u32(),
    refKind: u8(),
    refSpan: u32(),
    attrOffset: u32(),
    attrKey: u32(),
    attrValue: u32(),
  };
}

export function createTableBuilder(plan: AttributePlan): TableBuilder {
  const strings = createInterner();
  const ids = createSpanIds();
  const traces = createTraceList();
  const sources: TableSource[] = [];
  const resources: Resource[] = [];
  const scopes = createScopeList();
  const columns = growingColumns();

  function addSpan(row: SpanRow): void {
    const trace = traces.indexOf(row.traceId, row.start.seconds);
    const relative = (row.start.seconds - (traces.baseSeconds[trace] as number)) * 1e9 + row.start.nanos;
    const inRange = Math.abs(relative) <= EXACT_NS && !(Math.abs(row.durationNs) > EXACT_NS);
    columns.trace.push(trace);
    columns.spanId.push(ids.intern(row.spanId));
    columns.start.push(clamp(relative));
    columns.duration.push(clamp(row.durationNs));
    columns.clamped.push(inRange ? 0 : 1);
    columns.name.push(strings.intern(row.name));
    columns.kind.push(row.kind);
    columns.status.push(row.status);
    columns.resource.push(row.resource);
    columns.scope.push(row.scope);
    columns.source.push(sources.length - 1);
    columns.refOffset.push(columns.refSpan.length);
    columns.attrOffset.push(columns.attrKey.length);
  }

  function addAttribute(key: string, value: string): void {
    const keep = plan.get(key);
    if (keep === undefined) return;
    const { attrOffset, attrKey, attrValue } = columns;
    const keyIndex = strings.intern(key);
    for (let i = attrOffset.get(attrOffset.length - 1); i < attrKey.length; i++) {
      if (attrKey.get(i) === keyIndex) return;
    }
    const text = keep === 'text' ? value : keep(value);
    attrKey.push(keyIndex);
    attrValue.push(strings.intern(text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text));
  }

  return {
    get size() {
      return columns.trace.length;
    },
    openSource: (source) => void sources.push(source),
    openResource: () => resources.push({ service: '', process: '' }) - 1,
    describeResource: (slot, resource) => {
      resources[slot] = resource;
    },
    openScope: scopes.open,
    describeScope: scopes.describe,
    addSpan,
    addReference: (refType, id) => {
      columns.refKind.push(refType);
      columns.refSpan.push(ids.intern(id));
    },
    addAttribute,
    wants: (key) => plan.has(key),
    traceCount: () => traces.baseSeconds.length,
    finish: () => ({
      size: columns.trace.length,
      strings,
      ids,
      sources,
      traceIds: traces.ids(),
      baseSeconds: traces.baseSeconds,
      resources,
      scopes: scopes.names,
      ...finishColumns(columns),
    }),
  };
}

/** Trace ids in the order of their first span, whose second becomes the base of the trace's times. */
function createTraceList() {
  const index = new Map<string, number>();
  const baseSeconds: number[] = [];
  return {
    baseSeconds,
    ids: (): string[] => [...index.keys()],
    indexOf(id: string, seconds: number): number {
      const known = index.get(id);
      if (known !== undefined) return known;
      index.set(id, baseSeconds.length);
      return baseSeconds.push(seconds) - 1;
    },
  };
}

/** Scope names; one whose name is known when it is opened shares its slot with its equals. */
function createScopeList() {
  const names: string[] = [];
  const index = new Map<string, number>();
  return {
    names,
    open(name?: string): number {
      if (name === undefined) return names.push('') - 1;
      const known = index.get(name);
      if (known !== undefined) return known;
      index.set(name, names.length);
      return names.push(name) - 1;
    },
    describe(slot: number, name: string): void {
      names[slot] = name;
    },
  };
}

function finishColumns(columns: ReturnType<typeof growingColumns>) {
  columns.refOffset.push(columns.refSpan.length);
  columns.attrOffset.push(columns.attrKey.length);
  return {
    trace: columns.trace.view(),
    spanId: columns.spanId.view(),
    start: columns.start.view(),
    duration: columns.duration.view(),
    name: columns.name.view(),
    kind: columns.kind.view(),
    status: columns.status.view(),
    resource: columns.resource.view(),
    scope: columns.scope.view(),
    source: columns.source.view(),
    clamped: columns.clamped.view(),
    refOffset: columns.refOffset.view(),
    refKind: columns.refKind.view(),
    refSpan: columns.refSpan.view(),
    attrOffset: columns.attrOffset.view(),
    attrKey: columns.attrKey.view(),
    attrValue: columns.attrValue.view(),
  };
}

function clamp(ns: number): number {
  return ns > EXACT_NS ? EXACT_NS : ns < -EXACT_NS ? -EXACT_NS : ns;
}
