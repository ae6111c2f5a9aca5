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

export function createTableBuilder(plan: AttributePlan): TableBuilder {
  const strings = createInterner();
  const ids = createSpanIds();
  const traceIndex = new Map<string, number>();
  const baseSeconds: number[] = [];
  const sources: TableSource[] = [];
  const resources: Resource[] = [];
  const scopes: string[] = [];
  const scopeIndex = new Map<string, number>();
  const u32 = () => growingColumn(Uint32Array);
  const u8 = () => growingColumn(Uint8Array);
  const [trace, spanId, name, resource, scope, source] = [u32(), u32(), u32(), u32(), u32(), u32()];
  const [kind, status, clamped, refKind] = [u8(), u8(), u8(), u8()];
  const [refOffset, refSpan, attrOffset, attrKey, attrValue] = [u32(), u32(), u32(), u32(), u32()];
  const start = growingColumn(Float64Array);
  const duration = growingColumn(Float64Array);

  function traceOf(id: string, seconds: number): number {
    const known = traceIndex.get(id);
    if (known !== undefined) return known;
    traceIndex.set(id, baseSeconds.length);
    return baseSeconds.push(seconds) - 1;
  }

  function addSpan(row: SpanRow): void {
    const t = traceOf(row.traceId, row.start.seconds);
    const relative = (row.start.seconds - (baseSeconds[t] as number)) * 1e9 + row.start.nanos;
    const inRange = Math.abs(relative) <= EXACT_NS && !(Math.abs(row.durationNs) > EXACT_NS);
    trace.push(t);
    spanId.push(ids.intern(row.spanId));
    start.push(clamp(relative));
    duration.push(clamp(row.durationNs));
    clamped.push(inRange ? 0 : 1);
    name.push(strings.intern(row.name));
    kind.push(row.kind);
    status.push(row.status);
    resource.push(row.resource);
    scope.push(row.scope);
    source.push(sources.length - 1);
    refOffset.push(refSpan.length);
    attrOffset.push(attrKey.length);
  }

  function addAttribute(key: string, value: string): void {
    const keep = plan.get(key);
    if (keep === undefined) return;
    const keyIndex = strings.intern(key);
    for (let i = attrOffset.get(attrOffset.length - 1); i < attrKey.length; i++) if (attrKey.get(i) === keyIndex) return;
    const text = keep === 'text' ? value : keep(value);
    attrKey.push(keyIndex);
    attrValue.push(strings.intern(text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text));
  }

  return {
    get size() {
      return trace.length;
    },
    openSource: (s) => void sources.push(s),
    openResource: () => resources.push({ service: '', process: '' }) - 1,
    describeResource: (slot, r) => void (resources[slot] = r),
    openScope(text) {
      if (text === undefined) return scopes.push('') - 1;
      const known = scopeIndex.get(text);
      if (known !== undefined) return known;
      scopeIndex.set(text, scopes.length);
      return scopes.push(text) - 1;
    },
    describeScope: (slot, text) => void (scopes[slot] = text),
    addSpan,
    addReference(refType, id) {
      refKind.push(refType);
      refSpan.push(ids.intern(id));
    },
    addAttribute,
    wants: (key) => plan.has(key),
    traceCount: () => baseSeconds.length,
    finish() {
      refOffset.push(refSpan.length);
      attrOffset.push(attrKey.length);
      return {
        size: trace.length,
        strings,
        ids,
        sources,
        traceIds: [...traceIndex.keys()],
        baseSeconds,
        resources,
        scopes,
        trace: trace.view(),
        spanId: spanId.view(),
        start: start.view(),
        duration: duration.view(),
        name: name.view(),
        kind: kind.view(),
        status: status.view(),
        resource: resource.view(),
        scope: scope.view(),
        source: source.view(),
        clamped: clamped.view(),
        refOffset: refOffset.view(),
        refKind: refKind.view(),
        refSpan: refSpan.view(),
        attrOffset: attrOffset.view(),
        attrKey: attrKey.view(),
        attrValue: attrValue.view(),
      };
    },
  };
}

function clamp(ns: number): number {
  return ns > EXACT_NS ? EXACT_NS : ns < -EXACT_NS ? -EXACT_NS : ns;
}
