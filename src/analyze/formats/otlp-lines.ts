import { byCodeUnit } from '../model/by-code-unit.ts';
import type { OtlpResource, OtlpScope, OtlpSpan, SpanSink } from './otlp-types.ts';

/** Collects spans and writes them as OTLP JSON, one trace a line. */
export interface OtlpLines extends SpanSink {
  /**
   * The traces collected since the last call, by start, then id, each as a line without its newline: spans by start,
   * then id, below their resource and scope in the order of first use. Equal input gives equal bytes, in whatever order
   * it came. What was collected is forgotten as it is written.
   */
  lines(): Generator<string, void, void>;
}

interface WrittenSpan {
  readonly id: string;
  readonly start: string;
  readonly resource: number;
  readonly scope: number;
  readonly text: string;
}

interface WrittenTrace {
  readonly id: string;
  start: string;
  readonly spans: WrittenSpan[];
}

export function otlpLines(): OtlpLines {
  const resources: string[] = [];
  const scopes: string[] = [];
  const shared = createShared();
  let traces = new Map<string, WrittenTrace>();
  return {
    openResource: () => resources.push('{}') - 1,
    describeResource: (slot, resource) => {
      resources[slot] = shared(JSON.stringify(plainResource(resource)));
    },
    openScope: () => scopes.push('{}') - 1,
    describeScope: (slot, scope) => {
      scopes[slot] = shared(JSON.stringify(plainScope(scope)));
    },
    span(resource, scope, span) {
      const start = String(span.startTimeUnixNano ?? 0);
      const trace = traces.get(span.traceId) ?? { id: span.traceId, start, spans: [] };
      if (compareNumbers(start, trace.start) < 0) trace.start = start;
      trace.spans.push({ id: span.spanId, start, resource, scope, text: JSON.stringify(plainSpan(span)) });
      traces.set(span.traceId, trace);
    },
    *lines() {
      const ordered = [...traces.values()].sort(byStart);
      traces = new Map();
      for (const { spans } of ordered) yield lineOf(spans.splice(0), resources, scopes);
    },
  };
}

/** Equal strings as one string. */
function createShared(): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const first = known.get(text);
    if (first === undefined) known.set(text, text);
    return first ?? text;
  };
}

function lineOf(spans: WrittenSpan[], resources: readonly string[], scopes: readonly string[]): string {
  spans.sort((a, b) => byStart(a, b) || byCodeUnit(contextOf(a), contextOf(b)) || byCodeUnit(a.text, b.text));
  function contextOf(span: WrittenSpan): string {
    return `${resources[span.resource]}\n${scopes[span.scope]}`;
  }
  const groups = new Map<string, Map<string, string[]>>();
  for (const span of spans) {
    const scopesOf = entry(groups, resources[span.resource] as string, () => new Map<string, string[]>());
    entry(scopesOf, scopes[span.scope] as string, () => []).push(span.text);
  }
  const resourceSpans = Array.from(groups, ([resource, byScope]) => {
    const scopeSpans = Array.from(byScope, ([scope, texts]) => `{"scope":${scope},"spans":[${texts.join(',')}]}`);
    return `{"resource":${resource},"scopeSpans":[${scopeSpans.join(',')}]}`;
  });
  return `{"resourceSpans":[${resourceSpans.join(',')}]}`;
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

function byStart(a: { start: string; id: string }, b: { start: string; id: string }): number {
  return compareNumbers(a.start, b.start) || byCodeUnit(a.id, b.id);
}

/** Decimal integers without leading zeros. */
function compareNumbers(a: string, b: string): number {
  return a.length - b.length || byCodeUnit(a, b);
}

// Members in the order of the protocol's definition, whatever order they came in; those without a value are left out.

function plainResource({ attributes }: OtlpResource): OtlpResource {
  return attributes === undefined ? {} : { attributes };
}

function plainScope(scope: OtlpScope): object {
  return { name: scope.name, version: scope.version, attributes: scope.attributes };
}

function plainSpan(span: OtlpSpan): object {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    traceState: span.traceState === '' ? undefined : span.traceState,
    parentSpanId: span.parentSpanId,
    flags: span.flags,
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: span.startTimeUnixNano,
    endTimeUnixNano: span.endTimeUnixNano,
    attributes: span.attributes,
    droppedAttributesCount: span.droppedAttributesCount,
    events: span.events?.map(({ timeUnixNano, name, attributes }) => ({ timeUnixNano, name, attributes })),
    links: span.links?.map(({ traceId, spanId, attributes }) => ({ traceId, spanId, attributes })),
    status: statusOf(span),
  };
}

function statusOf({ status }: OtlpSpan): OtlpSpan['status'] {
  if (!status?.code && !status?.message) return undefined;
  return { ...(status.message ? { message: status.message } : {}), ...(status.code ? { code: status.code } : {}) };
}
