import type { OtlpAttribute, OtlpEvent, OtlpLink, OtlpSpan, SpanSink } from '../formats/otlp-types.ts';
import { byCodeUnit } from '../model/by-code-unit.ts';
import { parseTraceId } from './jaeger-query.ts';

/** v1 drops the leading zeros of a trace id, v3 keeps them; one trace has one id here. */
export function jaegerTraceId(traceId: string): string {
  return traceId.length === 32 ? traceId : (parseTraceId(traceId) ?? traceId);
}

/** Jaeger's own remarks on a span. Up to 2.20 the in-memory storage adds to them with every read of the trace. */
const WARNINGS = '@jaeger@warnings';

/**
 * Passes a trace on in one canonical form: without Jaeger's warnings, with ids of full length, attributes by key and
 * events by time. Their order means nothing, and up to 2.20 the in-memory storage hands out its own copy: whoever looks
 * at a trace in the UI sorts what the next reader gets.
 */
export function jaegerSink(sink: SpanSink): SpanSink {
  return {
    openResource: () => sink.openResource(),
    describeResource: (slot, resource) => sink.describeResource(slot, withSortedAttributes(resource)),
    openScope: () => sink.openScope(),
    describeScope: (slot, scope) => sink.describeScope(slot, withSortedAttributes(scope)),
    span: (resource, scope, span) => sink.span(resource, scope, canonicalSpan(span)),
  };
}

function canonicalSpan(span: OtlpSpan): OtlpSpan {
  const { attributes, events, links, ...rest } = span;
  const kept = sortedAttributes(attributes?.filter((attribute) => attribute.key !== WARNINGS) ?? []);
  return {
    ...rest,
    traceId: jaegerTraceId(span.traceId),
    ...(kept.length === 0 ? {} : { attributes: kept }),
    ...(events === undefined ? {} : { events: events.map(withSortedAttributes).sort(byTimeAndName) }),
    ...(links === undefined ? {} : { links: links.map(canonicalLink) }),
  };
}

function canonicalLink(link: OtlpLink): OtlpLink {
  const sorted = withSortedAttributes(link);
  return link.traceId === undefined ? sorted : { ...sorted, traceId: jaegerTraceId(link.traceId) };
}

function withSortedAttributes<T extends { readonly attributes?: readonly OtlpAttribute[] }>(holder: T): T {
  const { attributes } = holder;
  return attributes === undefined ? holder : { ...holder, attributes: sortedAttributes(attributes) };
}

function sortedAttributes(attributes: readonly OtlpAttribute[]): readonly OtlpAttribute[] {
  return [...attributes].sort((a, b) => byCodeUnit(a.key, b.key));
}

function byTimeAndName(a: OtlpEvent, b: OtlpEvent): number {
  const [first, second] = [BigInt(a.timeUnixNano ?? 0), BigInt(b.timeUnixNano ?? 0)];
  return first === second ? byCodeUnit(a.name ?? '', b.name ?? '') : first < second ? -1 : 1;
}

/** Keeps of each trace nothing but its id and earliest start, whatever the size of the answer. */
export function traceStartsSink(starts: Map<string, bigint>): SpanSink {
  return countingSink((span) => {
    const id = jaegerTraceId(span.traceId);
    const start = BigInt(span.startTimeUnixNano ?? 0);
    const known = starts.get(id);
    if (known === undefined || start < known) starts.set(id, start);
  });
}

/** A sink for looking only. */
export function countingSink(onSpan: (span: OtlpSpan) => void): SpanSink {
  let slots = 0;
  return {
    openResource: () => slots++,
    describeResource: () => undefined,
    openScope: () => slots++,
    describeScope: () => undefined,
    span: (_resource, _scope, span) => onSpan(span),
  };
}
