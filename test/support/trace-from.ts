import { type AttributePlan, SpanKind, StatusCode } from '../../src/analyze/model/span.ts';
import { ReferenceKind, rowsByTrace } from '../../src/analyze/model/span-table.ts';
import { createTableBuilder, type Instant } from '../../src/analyze/model/table-builder.ts';
import { buildTrace, type Trace } from '../../src/analyze/model/trace.ts';
import { ATTRIBUTE_PLAN } from '../../src/analyze/semantics/attribute-plan.ts';

/** One span of a hand-drawn trace. Times are milliseconds (fractions down to a nanosecond) from the trace's zero. */
export interface SpanDrawing {
  readonly id: string;
  /** Defaults to the id. */
  readonly name?: string;
  readonly start: number;
  /** Absent: the span has no end. */
  readonly end?: number;
  readonly parent?: string;
  /** FOLLOWS_FROM references. */
  readonly follows?: string;
  readonly kind?: keyof typeof SpanKind;
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  readonly error?: boolean;
  /** Defaults to `svc`. */
  readonly service?: string;
  /** Defaults to one process per service. */
  readonly process?: string;
  readonly scope?: string;
}

/** Builds a trace from literals. Attributes pass through the plan, as they do when a document is read. */
export function traceFrom(
  spans: readonly SpanDrawing[],
  options: { readonly traceId?: string; readonly plan?: AttributePlan } = {},
): Trace {
  const builder = createTableBuilder(options.plan ?? ATTRIBUTE_PLAN);
  builder.openSource({ name: 'drawing' });
  const resources = new Map<string, number>();
  for (const span of spans) {
    builder.addSpan({
      traceId: options.traceId ?? '0af7651916cd43dd8448eb211c80319c',
      spanId: span.id,
      start: instant(span.start),
      durationNs: span.end === undefined ? Number.NaN : nanos(span.end) - nanos(span.start),
      name: span.name ?? span.id,
      kind: SpanKind[span.kind ?? 'internal'],
      status: span.error ? StatusCode.error : StatusCode.unset,
      resource: resourceOf(span),
      scope: builder.openScope(span.scope ?? ''),
    });
    if (span.parent !== undefined) builder.addReference(ReferenceKind.childOf, span.parent);
    if (span.follows !== undefined) builder.addReference(ReferenceKind.followsFrom, span.follows);
    for (const [key, value] of Object.entries(span.attributes ?? {})) builder.addAttribute(key, String(value));
  }
  const table = builder.finish();
  return buildTrace(table, 0, rowsByTrace(table).rows);

  function resourceOf({ service = 'svc', process = service }: SpanDrawing): number {
    const key = `${service}\n${process}`;
    const known = resources.get(key);
    if (known !== undefined) return known;
    const slot = builder.openResource();
    builder.describeResource(slot, { service, process });
    resources.set(key, slot);
    return slot;
  }
}

/** The number of the span with this id in a trace. */
export function spanNumber(trace: Trace, id: string): number {
  for (let span = 0; span < trace.size; span++) if (trace.spanId(span) === id) return span;
  throw new Error(`the trace has no span ${id}`);
}

/** The ids of spans, for comparing with a drawing. */
export const idsOf = (trace: Trace, spans: readonly number[]): string[] =>
  spans.map((span) => (span < 0 ? '-' : trace.spanId(span)));

const BASE_SECONDS = 1_750_000_000;
const nanos = (ms: number): number => Math.round(ms * 1e6);

function instant(ms: number): Instant {
  const ns = nanos(ms);
  const seconds = Math.floor(ns / 1e9);
  return { seconds: BASE_SECONDS + seconds, nanos: ns - seconds * 1e9 };
}
