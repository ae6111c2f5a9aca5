import { type SortedTags, sortTags } from './jaeger-tags.ts';
import type { JaegerLog, JaegerProcess, JaegerReference, JaegerSpan } from './jaeger-types.ts';
import { isFields } from './json-values.ts';
import { addMicros, microsToNanos } from './nanoseconds.ts';
import { isNoId } from './otlp-ids.ts';
import type { OtlpEvent, OtlpLink, OtlpResource, OtlpScope, OtlpSpan, OtlpValue } from './otlp-types.ts';

/** OpenTelemetry's name for the kind of an OpenTracing reference (semantic conventions, `opentracing.ref_type`). */
export const REF_TYPE = 'opentracing.ref_type';

export interface ConvertedSpan {
  readonly span: OtlpSpan;
  readonly scope: OtlpScope;
}

const KINDS = new Map(
  ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'].map((kind, code) => [kind, code]),
);

const isText = (value: OtlpValue): boolean => value.stringValue !== undefined;
const isTrue = (value: OtlpValue): boolean => value.boolValue === true || value.stringValue === 'true';

/** Tags that stand for a field of OTLP; `library` is what `scope` was called before OpenTelemetry 1.10. */
const SPAN_TAGS: ReadonlyMap<string, (value: OtlpValue) => boolean> = new Map([
  ['span.kind', isText],
  ['error', isTrue],
  ['otel.status_code', isText],
  ['otel.status_description', isText],
  ['otel.scope.name', isText],
  ['otel.scope.version', isText],
  ['otel.library.name', isText],
  ['otel.library.version', isText],
  ['w3c.tracestate', isText],
  ['internal.span.format', isText],
]);
/** The field `event` names an event. */
const EVENT_TAGS = new Map([['event', isText]]);

/**
 * A span of Jaeger's JSON as OTLP, as Jaeger's own conversion does it (opentelemetry-collector-contrib,
 * `pkg/translator/jaeger`), so that both of its APIs give the same spans: tags that stand for a field of OTLP become
 * that field. Unlike there, a status is taken from the tags that say so, never guessed from an HTTP status code. The
 * first CHILD_OF in the same trace is the parent; other references are links that say what they were. Returns the
 * reason if it is no span. `traceId` is the enclosing trace's, for spans that do not name theirs.
 */
export function convertJaegerSpan(value: unknown, traceId: string): ConvertedSpan | string {
  if (!isFields(value)) return 'a span is not an object';
  const source: JaegerSpan = value;
  const { traceID = traceId, spanID } = source;
  if (isNoId(traceID)) return 'a span has no traceID';
  if (isNoId(spanID)) return 'a span has no spanID';
  const start = microsToNanos(source.startTime);
  if (start === undefined) return 'a span has no readable startTime';
  const hasEnd = source.duration !== undefined && source.duration !== null;
  const end = hasEnd ? addMicros(source.startTime, source.duration) : undefined;
  if (hasEnd && end === undefined) return 'a span has an unreadable duration';
  const tags = sortTags(source.tags, SPAN_TAGS);
  const span: Draft = { traceId: traceID as string, spanId: spanID as string, startTimeUnixNano: start };
  if (end !== undefined) span.endTimeUnixNano = end;
  if (typeof source.operationName === 'string') span.name = source.operationName;
  if (tags.attributes.length > 0) span.attributes = tags.attributes;
  readTaken(tags, span);
  readReferences(source, span);
  readLogs(source.logs, span);
  return { span, scope: readScope(tags) };
}

type Draft = { -readonly [key in keyof OtlpSpan]: OtlpSpan[key] };

export function convertJaegerProcess(value: unknown): OtlpResource | undefined {
  if (!isFields(value)) return undefined;
  const { serviceName, tags }: JaegerProcess = value;
  const { attributes } = sortTags(tags);
  if (typeof serviceName !== 'string') return { attributes };
  const service = { key: 'service.name', value: { stringValue: serviceName } };
  return { attributes: [service, ...attributes.filter(({ key }) => key !== 'service.name')] };
}

function textOf(tags: SortedTags, key: string): string | undefined {
  return tags.taken.get(key)?.stringValue;
}

function readScope(tags: SortedTags): OtlpScope {
  const name = textOf(tags, 'otel.scope.name') ?? textOf(tags, 'otel.library.name');
  const version = textOf(tags, 'otel.scope.version') ?? textOf(tags, 'otel.library.version');
  return { ...(name === undefined ? {} : { name }), ...(version === undefined ? {} : { version }) };
}

/** A true `error` counts more than `otel.status_code`. */
function readTaken(tags: SortedTags, span: Draft): void {
  const kind = KINDS.get(textOf(tags, 'span.kind')?.toLowerCase() ?? '');
  if (kind !== undefined) span.kind = kind;
  const traceState = textOf(tags, 'w3c.tracestate');
  if (traceState !== undefined) span.traceState = traceState;
  const statusCode = textOf(tags, 'otel.status_code')?.toUpperCase();
  const message = textOf(tags, 'otel.status_description');
  const code = tags.taken.has('error') || statusCode === 'ERROR' ? 2 : statusCode === 'OK' ? 1 : undefined;
  if (code === undefined && message === undefined) return;
  span.status = { ...(message === undefined ? {} : { message }), ...(code === undefined ? {} : { code }) };
}

function readReferences(source: JaegerSpan, span: Draft): void {
  const { traceId } = span;
  const links: OtlpLink[] = [];
  for (const reference of Array.isArray(source.references) ? (source.references as readonly unknown[]) : []) {
    if (!isFields(reference)) continue;
    const { refType, traceID = traceId, spanID }: JaegerReference = reference;
    if (isNoId(spanID) || isNoId(traceID)) continue;
    const isParent = refType !== 'FOLLOWS_FROM';
    if (isParent && traceID === traceId && span.parentSpanId === undefined) span.parentSpanId = spanID as string;
    else links.push(toLink(traceID as string, spanID as string, isParent));
  }
  if (span.parentSpanId === undefined && !isNoId(source.parentSpanID))
    span.parentSpanId = source.parentSpanID as string;
  if (links.length > 0) span.links = links;
}

function toLink(traceId: string, spanId: string, isParent: boolean): OtlpLink {
  const stringValue = isParent ? 'child_of' : 'follows_from';
  return { traceId, spanId, attributes: [{ key: REF_TYPE, value: { stringValue } }] };
}

function readLogs(logs: unknown, span: Draft): void {
  if (!Array.isArray(logs) || logs.length === 0) return;
  const events: OtlpEvent[] = [];
  for (const log of logs as readonly unknown[]) {
    if (!isFields(log)) continue;
    const { timestamp, fields }: JaegerLog = log;
    const time = microsToNanos(timestamp);
    const tags = sortTags(fields, EVENT_TAGS);
    const name = textOf(tags, 'event');
    events.push({
      ...(time === undefined ? {} : { timeUnixNano: time }),
      ...(name === undefined ? {} : { name }),
      ...(tags.attributes.length === 0 ? {} : { attributes: tags.attributes }),
    });
  }
  if (events.length > 0) span.events = events;
}
