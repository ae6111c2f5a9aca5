import type { SpanKind, StatusCode } from '../model/span.ts';
import { type Losses, ReferenceKind, type Resource } from '../model/span-table.ts';
import type { Instant, TableBuilder } from '../model/table-builder.ts';
import { REF_TYPE } from './jaeger-span.ts';
import type { OtlpAttribute, OtlpLink, OtlpResource, OtlpSpan, SpanSink } from './otlp-types.ts';
import { valueText } from './value-text.ts';

const NANOS_DIGITS = 9;
const EPOCH: Instant = { seconds: 0, nanos: 0 };

/**
 * The one road from OTLP shapes to the span table. Spans get their parent first, then those links that lead to the same
 * trace. The message of the status and the attributes of an exception event count as the span's own attributes where the
 * span has none of that name.
 */
export function tableSink(builder: TableBuilder): SpanSink {
  const resources = createSlots<Resource>(
    builder.openResource,
    builder.describeResource,
    ({ service, process, losses }) => `${service}\u0000${process}\u0000${JSON.stringify(losses)}`,
  );
  const scopes = createSlots<string>(
    () => builder.openScope(),
    builder.describeScope,
    (name) => name,
  );
  return {
    openResource: resources.open,
    describeResource: (slot, resource) => resources.describe(slot, toResource(resource)),
    openScope: scopes.open,
    describeScope: (slot, scope) => scopes.describe(slot, scope.name ?? ''),
    span(resource, scope, span) {
      const start = instantOf(span.startTimeUnixNano) ?? EPOCH;
      builder.addSpan({
        traceId: span.traceId,
        spanId: span.spanId,
        start,
        durationNs: durationOf(start, span),
        name: span.name ?? '',
        kind: (isWithin(span.kind, 5) ? span.kind : 0) as SpanKind,
        status: (isWithin(span.status?.code, 2) ? span.status?.code : 0) as StatusCode,
        resource: resources.rowOf(resource),
        scope: scopes.rowOf(scope),
      });
      addReferences(builder, span);
      addAttributes(builder, span.attributes);
      if (span.status?.message) builder.addAttribute('otel.status_description', span.status.message);
      for (const event of span.events ?? []) if (event.name === 'exception') addAttributes(builder, event.attributes);
    },
  };
}

/**
 * A format opens a slot for each piece of a document; the table needs one for each different description. A slot that
 * is described before its first span shares the table's slot with its equals.
 */
function createSlots<T>(open: () => number, describe: (slot: number, value: T) => void, keyOf: (value: T) => string) {
  const rows: number[] = [];
  const known = new Map<string, number>();
  const openRow = (slot: number): number => {
    const row = open();
    rows[slot] = row;
    return row;
  };
  return {
    open: (): number => rows.push(-1) - 1,
    describe(slot: number, value: T): void {
      const key = keyOf(value);
      const used = rows[slot] as number;
      const equal = known.get(key);
      if (used < 0 && equal !== undefined) rows[slot] = equal;
      else {
        const row = used < 0 ? openRow(slot) : used;
        describe(row, value);
        if (used < 0) known.set(key, row);
      }
    },
    rowOf(slot: number): number {
      const row = rows[slot] as number;
      return row < 0 ? openRow(slot) : row;
    },
  };
}

function isWithin(code: number | undefined, max: number): boolean {
  return code !== undefined && Number.isInteger(code) && code >= 0 && code <= max;
}

function durationOf(start: Instant, span: OtlpSpan): number {
  const end = instantOf(span.endTimeUnixNano);
  const hasStart = start.seconds !== 0 || start.nanos !== 0;
  if (end === undefined || (hasStart && end.seconds === 0 && end.nanos === 0)) return Number.NaN;
  return (end.seconds - start.seconds) * 1e9 + (end.nanos - start.nanos);
}

/** Undefined for an absent or unreadable time. */
function instantOf(value: string | number | undefined): Instant | undefined {
  const digits = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof digits !== 'string' || digits.length === 0 || digits.length > 20) return undefined;
  const split = digits.length - NANOS_DIGITS;
  let seconds = 0;
  let nanos = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = digits.charCodeAt(at) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return undefined;
    if (at < split) seconds = seconds * 10 + digit;
    else nanos = nanos * 10 + digit;
  }
  return { seconds, nanos };
}

function addReferences(builder: TableBuilder, span: OtlpSpan): void {
  if (span.parentSpanId !== undefined && span.parentSpanId !== '') {
    builder.addReference(ReferenceKind.childOf, span.parentSpanId);
  }
  for (const link of span.links ?? []) {
    if (link.spanId === undefined || (link.traceId ?? span.traceId) !== span.traceId) continue;
    builder.addReference(isChildOf(link) ? ReferenceKind.childOf : ReferenceKind.followsFrom, link.spanId);
  }
}

function isChildOf(link: OtlpLink): boolean {
  return link.attributes?.some(({ key, value }) => key === REF_TYPE && value?.stringValue === 'child_of') ?? false;
}

function addAttributes(builder: TableBuilder, attributes: readonly OtlpAttribute[] | undefined): void {
  for (const attribute of attributes ?? []) {
    if (!builder.wants(attribute.key)) continue;
    const text = valueText(attribute.value);
    if (text !== undefined) builder.addAttribute(attribute.key, text);
  }
}

function toResource(resource: OtlpResource): Resource {
  const all = (resource.attributes ?? []).map(({ key, value }) => [key, valueText(value) ?? ''] as const);
  // What a process has lost so far changes while it runs, and it is the same process.
  const pairs = all.filter(([key]) => !LOSSES.includes(key));
  const service = pairs.find(([key]) => key === 'service.name')?.[1] ?? '';
  const sorted = pairs.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const process = JSON.stringify(sorted);
  return pairs.length === all.length ? { service, process } : { service, process, losses: lossesOf(all) };
}

/** As trace-analyze's own instrumentation says it. */
const LOSSES = ['ta.dropped_spans', 'ta.refused_spans', 'ta.sampled_out_spans', 'ta.delivery_id'];

function lossesOf(pairs: readonly (readonly [string, string])[]): Losses {
  const [dropped = '', refused = '', sampledOut, deliveryId = ''] = LOSSES.map(
    (name) => pairs.find(([key]) => key === name)?.[1],
  );
  const count = (text: string): number => (/^\d{1,15}$/.test(text) ? Number(text) : 0);
  const known = { deliveryId, dropped: count(dropped), refused: count(refused) };
  return sampledOut === undefined ? known : { ...known, sampledOut: count(sampledOut) };
}
