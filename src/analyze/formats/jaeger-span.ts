import { sortTags, type TakenTags, toAttributes } from './jaeger-tags.ts';
import type { JaegerLog, JaegerProcess, JaegerReference, JaegerSpan } from './jaeger-types.ts';
import { isFields } from './json-values.ts';
import { addMicros, microsToNanos } from './nanoseconds.ts';
import { isNoId } from './otlp-ids.ts';
import type { OtlpEvent, OtlpLink, OtlpResource, OtlpScope, OtlpSpan } from './otlp-types.ts';

/** OpenTelemetry's name for the kind of an OpenTracing reference (semantic conventions, `opentracing.ref_type`). */
export const REF_TYPE = 'opentracing.ref_type';

export interface ConvertedSpan {
  readonly span: OtlpSpan;
  readonly scope: OtlpScope;
}

const KINDS = new Map(
  ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'].map((kind, code) => [kind, code]),
);

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
  const { attributes, taken } = sortTags(source.tags);
  const span: Draft = { traceId: traceID as string, spanId: spanID as string, startTimeUnixNano: start };
  if (end !== undefined) span.endTimeUnixNano = end;
  if (typeof source.operationName === 'string') span.name = source.operationName;
  if (attributes.length > 0) span.attributes = attributes;
  readTaken(taken, span);
  readReferences(source, span);
  readLogs(source.logs, span);
  return { span, scope: scopeOf(taken) };
}

type Draft = { -readonly [key in keyof OtlpSpan]: OtlpSpan[key] };

export function convertJaegerProcess(value: unknown): OtlpResource | undefined {
  if (!isFields(value)) return undefined;
  const { serviceName, tags }: JaegerProcess = value;
  const attributes = toAttributes(tags);
  if (typeof serviceName !== 'string') return { attributes };
  const service = { key: 'service.name', value: { stringValue: serviceName } };
  return { attributes: [service, ...attributes.filter(({ key }) => key !== 'service.name')] };
}

function scopeOf(taken: TakenTags): OtlpScope {
  const name = taken.scopeName ?? taken.libraryName;
  const version = taken.scopeVersion ?? taken.libraryVersion;
  if (name === undefined) return version === undefined ? {} : { version };
  return version === undefined ? { name } : { name, version };
}

/** A true `error` counts more than `otel.status_code`. */
function readTaken(taken: TakenTags, span: Draft): void {
  const kind = taken.kind === undefined ? undefined : KINDS.get(taken.kind.toLowerCase());
  if (kind !== undefined) span.kind = kind;
  if (taken.traceState !== undefined) span.traceState = taken.traceState;
  const statusCode = taken.statusCode?.toUpperCase();
  const code = taken.isError || statusCode === 'ERROR' ? 2 : statusCode === 'OK' ? 1 : undefined;
  const message = taken.statusMessage;
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

/** The field `event` names an event. */
function readLogs(logs: unknown, span: Draft): void {
  if (!Array.isArray(logs) || logs.length === 0) return;
  const events: OtlpEvent[] = [];
  for (const log of logs as readonly unknown[]) {
    if (!isFields(log)) continue;
    const { timestamp, fields }: JaegerLog = log;
    const time = microsToNanos(timestamp);
    const attributes = toAttributes(fields);
    const at = attributes.findIndex(({ key, value }) => key === 'event' && value?.stringValue !== undefined);
    const name = at < 0 ? undefined : attributes.splice(at, 1)[0]?.value?.stringValue;
    events.push({
      ...(time === undefined ? {} : { timeUnixNano: time }),
      ...(name === undefined ? {} : { name }),
      ...(attributes.length === 0 ? {} : { attributes }),
    });
  }
  if (events.length > 0) span.events = events;
}
