import type { HrTime, Link, SpanContext, TraceState } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { LINE_END, SCOPES_START, SPANS_START } from './otlp-line.ts';

interface Value {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: number | string;
  readonly doubleValue?: number | string;
  readonly bytesValue?: string;
  readonly arrayValue?: { readonly values?: readonly Value[] };
  readonly kvlistValue?: { readonly values?: readonly KeyValue[] };
}
interface KeyValue {
  readonly key: string;
  readonly value?: Value;
}
interface Described {
  readonly attributes?: readonly KeyValue[];
  readonly droppedAttributesCount?: number;
}
interface Linked extends Described {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState?: string;
  readonly flags?: number;
}
interface EventJson extends Described {
  readonly timeUnixNano: string;
  readonly name: string;
}
interface SpanJson extends Linked {
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly events?: readonly EventJson[];
  readonly droppedEventsCount?: number;
  readonly links?: readonly Linked[];
  readonly droppedLinksCount?: number;
  readonly status: ReadableSpan['status'];
}
type ScopeJson = Described & { readonly name: string; readonly version?: string };
interface Head {
  readonly resource: ReadableSpan['resource'];
  readonly instrumentationScope: ReadableSpan['instrumentationScope'];
}

const IS_REMOTE = 0x200;
/** Without the newline. */
const END = LINE_END.trimEnd();
const MAX_HEADS = 64;

/**
 * Makes spans for an exporter of the lines that `LineWriter` wrote. Spans of one process share their resource, so that
 * the exporter groups them.
 */
export class LineReader {
  readonly #heads = new Map<string, Head>();
  readonly #resources = new Map<string, Head['resource']>();

  /** Undefined where the line is cut or not one of ours. */
  read(line: string): ReadableSpan | undefined {
    const at = line.indexOf(SPANS_START);
    if (at < 0 || !line.endsWith(END)) return undefined;
    try {
      const span: SpanJson = JSON.parse(line.slice(at + SPANS_START.length, -END.length));
      return toReadableSpan(span, this.#headOf(line.slice(0, at)));
    } catch {
      return undefined;
    }
  }

  #headOf(text: string): Head {
    const knownHead = this.#heads.get(text);
    if (knownHead !== undefined) return knownHead;
    const [{ resource, schemaUrl, scopeSpans }] = (JSON.parse(`${text}${END.slice(1)}`) as Traces).resourceSpans;
    const [{ scope, schemaUrl: scopeUrl }] = scopeSpans;
    const own = text.slice(0, text.indexOf(SCOPES_START));
    const known = this.#resources.get(own) ?? toResource(resource, schemaUrl);
    const head = { resource: known, instrumentationScope: toScope(scope, scopeUrl) };
    for (const cache of [this.#heads, this.#resources]) if (cache.size >= MAX_HEADS) cache.clear();
    this.#resources.set(own, known);
    this.#heads.set(text, head);
    return head;
  }
}

interface Traces {
  readonly resourceSpans: readonly [
    {
      readonly resource: Described;
      readonly schemaUrl?: string;
      readonly scopeSpans: readonly [{ readonly scope: ScopeJson; readonly schemaUrl?: string }];
    },
  ];
}

function toResource({ attributes }: Described, schemaUrl: string | undefined): ReadableSpan['resource'] {
  // The exporter reads these alone.
  return { attributes: attributesOf(attributes), schemaUrl } as ReadableSpan['resource'];
}

function toScope(scope: ScopeJson, schemaUrl: string | undefined): ReadableSpan['instrumentationScope'] {
  const { name, version, attributes, droppedAttributesCount } = scope;
  const more = attributes === undefined ? {} : { attributes: attributesOf(attributes), droppedAttributesCount };
  return { name, version, schemaUrl, ...more } as ReadableSpan['instrumentationScope'];
}

/** One shape for all, written out: a spread would cost five times as much as everything else here. */
function toReadableSpan(span: SpanJson, { resource, instrumentationScope }: Head): ReadableSpan {
  const context = contextOf(span);
  const startTime = hrTimeOf(span.startTimeUnixNano);
  const endTime = hrTimeOf(span.endTimeUnixNano);
  return {
    resource,
    instrumentationScope,
    name: span.name,
    kind: span.kind - 1,
    spanContext: () => context,
    parentSpanContext: parentOf(span) as SpanContext,
    startTime,
    endTime,
    duration: [endTime[0] - startTime[0], endTime[1] - startTime[1]],
    ended: true,
    status: span.status,
    attributes: attributesOf(span.attributes),
    events: span.events === undefined ? [] : span.events.map(toEvent),
    links: span.links === undefined ? [] : span.links.map(toLink),
    droppedAttributesCount: span.droppedAttributesCount ?? 0,
    droppedEventsCount: span.droppedEventsCount ?? 0,
    droppedLinksCount: span.droppedLinksCount ?? 0,
  };
}

function parentOf({ traceId, parentSpanId, flags = 0 }: SpanJson): SpanContext | undefined {
  if (parentSpanId === undefined) return undefined;
  return { traceId, spanId: parentSpanId, traceFlags: flags & 0xff, isRemote: (flags & IS_REMOTE) !== 0 };
}

function toEvent(event: EventJson): ReadableSpan['events'][number] {
  return {
    time: hrTimeOf(event.timeUnixNano),
    name: event.name,
    attributes: attributesOf(event.attributes),
    droppedAttributesCount: event.droppedAttributesCount ?? 0,
  };
}

function toLink(link: Linked): Link {
  const isRemote = ((link.flags ?? 0) & IS_REMOTE) !== 0;
  return {
    context: { ...contextOf(link), isRemote },
    attributes: attributesOf(link.attributes),
    droppedAttributesCount: link.droppedAttributesCount ?? 0,
  };
}

function contextOf({ traceId, spanId, traceState, flags = 0 }: Linked): SpanContext {
  const context = { traceId, spanId, traceFlags: flags & 0xff };
  return traceState === undefined ? context : { ...context, traceState: new WrittenState(traceState) };
}

/** A trace state that is only ever written out. */
class WrittenState implements TraceState {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  set(): TraceState {
    return this;
  }

  unset(): TraceState {
    return this;
  }

  get(): undefined {
    return undefined;
  }

  serialize(): string {
    return this.#text;
  }
}

function hrTimeOf(nanoseconds: string): HrTime {
  return [Number(nanoseconds.slice(0, -9)), Number(nanoseconds.slice(-9))];
}

function attributesOf(pairs: readonly KeyValue[] | undefined): ReadableSpan['attributes'] {
  // Without a prototype, so that no key is special.
  const attributes: Record<string, unknown> = Object.create(null);
  for (const { key, value } of pairs ?? []) attributes[key] = plainValue(value);
  return attributes as ReadableSpan['attributes'];
}

function plainValue(value: Value = {}): unknown {
  if (value.stringValue !== undefined) return value.stringValue;
  if (value.intValue !== undefined) return Number(value.intValue);
  if (value.boolValue !== undefined) return value.boolValue;
  if (value.doubleValue !== undefined) return Number(value.doubleValue);
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(plainValue);
  if (value.kvlistValue !== undefined) return attributesOf(value.kvlistValue.values);
  return value.bytesValue === undefined ? undefined : new Uint8Array(Buffer.from(value.bytesValue, 'base64'));
}
