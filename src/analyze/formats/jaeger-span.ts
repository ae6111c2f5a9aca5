import { tagsToAttributes } from './jaeger-tags.ts';
import type { JaegerLog, JaegerProcess, JaegerReference, JaegerSpan } from './jaeger-types.ts';
import { isFields } from './json-values.ts';
import { microsToNanos } from './nanoseconds.ts';
import { isNoId } from './otlp-ids.ts';
import type { OtlpAttribute, OtlpEvent, OtlpLink, OtlpResource, OtlpScope, OtlpSpan } from './otlp-types.ts';

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
  const ids = { traceId: source.traceID === undefined ? traceId : source.traceID, spanId: source.spanID };
  if (isNoId(ids.traceId)) return 'a span has no traceID';
  if (isNoId(ids.spanId)) return 'a span has no spanID';
  const start = microsToNanos(source.startTime);
  if (start === undefined || start < 0n) return 'a span has no readable startTime';
  const duration = microsToNanos(source.duration);
  if (duration === undefined && source.duration !== undefined && source.duration !== null) {
    return 'a span has an unreadable duration';
  }
  const { parent, links } = readReferences(source, ids.traceId as string);
  const tags = new Tags(source.tags);
  const scope = readScope(tags);
  const events = readEvents(source.logs);
  const kind = KINDS.get(tags.takeText('span.kind')?.toLowerCase() ?? '');
  const traceState = tags.takeText('w3c.tracestate');
  const status = readStatus(tags);
  tags.takeText('internal.span.format');
  const span: OtlpSpan = {
    traceId: ids.traceId as string,
    spanId: ids.spanId as string,
    ...(traceState === undefined ? {} : { traceState }),
    ...(parent === undefined ? {} : { parentSpanId: parent }),
    ...(typeof source.operationName === 'string' ? { name: source.operationName } : {}),
    ...(kind === undefined ? {} : { kind }),
    startTimeUnixNano: String(start),
    ...(duration === undefined ? {} : { endTimeUnixNano: endTime(start, duration) }),
    ...(tags.rest.length === 0 ? {} : { attributes: tags.rest }),
    ...(events.length === 0 ? {} : { events }),
    ...(links.length === 0 ? {} : { links }),
    ...(status === undefined ? {} : { status }),
  };
  return { span, scope };
}

export function convertJaegerProcess(value: unknown): OtlpResource | undefined {
  if (!isFields(value)) return undefined;
  const { serviceName, tags }: JaegerProcess = value;
  const service = typeof serviceName === 'string' ? [{ key: 'service.name', value: { stringValue: serviceName } }] : [];
  return { attributes: [...service, ...tagsToAttributes(tags).filter(({ key }) => key !== 'service.name')] };
}

/** A time cannot lie before 1970 in OTLP. */
function endTime(start: bigint, duration: bigint): string {
  const end = start + duration;
  return String(end < 0n ? 0n : end);
}

/** A span's tags, from which those that stand for something else are taken. */
class Tags {
  readonly rest: OtlpAttribute[];

  constructor(tags: unknown) {
    this.rest = tagsToAttributes(tags);
  }

  take(key: string, isWanted: (attribute: OtlpAttribute) => boolean): OtlpAttribute | undefined {
    const index = this.rest.findIndex((attribute) => attribute.key === key && isWanted(attribute));
    return index < 0 ? undefined : this.rest.splice(index, 1)[0];
  }

  takeText(key: string): string | undefined {
    return this.take(key, ({ value }) => value?.stringValue !== undefined)?.value?.stringValue;
  }
}

/** `library` is what `scope` was called before OpenTelemetry 1.10. */
function readScope(tags: Tags): OtlpScope {
  const oldName = tags.takeText('otel.library.name');
  const oldVersion = tags.takeText('otel.library.version');
  const name = tags.takeText('otel.scope.name') ?? oldName;
  const version = tags.takeText('otel.scope.version') ?? oldVersion;
  return { ...(name === undefined ? {} : { name }), ...(version === undefined ? {} : { version }) };
}

/** A true `error` counts more than `otel.status_code`. */
function readStatus(tags: Tags): OtlpSpan['status'] {
  const code = tags.takeText('otel.status_code')?.toUpperCase();
  const message = tags.takeText('otel.status_description');
  const isError = tags.take('error', ({ value }) => value?.boolValue === true || value?.stringValue === 'true');
  const number = isError !== undefined || code === 'ERROR' ? 2 : code === 'OK' ? 1 : undefined;
  if (number === undefined && message === undefined) return undefined;
  return { ...(message === undefined ? {} : { message }), ...(number === undefined ? {} : { code: number }) };
}

function readReferences(source: JaegerSpan, traceId: string): { parent: string | undefined; links: OtlpLink[] } {
  const links: OtlpLink[] = [];
  let parent: string | undefined;
  for (const reference of Array.isArray(source.references) ? (source.references as readonly unknown[]) : []) {
    if (!isFields(reference)) continue;
    const { refType, traceID = traceId, spanID }: JaegerReference = reference;
    if (isNoId(spanID) || isNoId(traceID)) continue;
    const isParent = refType !== 'FOLLOWS_FROM';
    if (isParent && traceID === traceId && parent === undefined) parent = spanID as string;
    else links.push(toLink(traceID as string, spanID as string, isParent));
  }
  if (parent === undefined && !isNoId(source.parentSpanID)) parent = source.parentSpanID as string;
  return { parent, links };
}

function toLink(traceId: string, spanId: string, isParent: boolean): OtlpLink {
  const stringValue = isParent ? 'child_of' : 'follows_from';
  return { traceId, spanId, attributes: [{ key: REF_TYPE, value: { stringValue } }] };
}

/** The field `event` names an event. */
function readEvents(logs: unknown): OtlpEvent[] {
  if (!Array.isArray(logs)) return [];
  const events: OtlpEvent[] = [];
  for (const log of logs as readonly unknown[]) {
    if (!isFields(log)) continue;
    const { timestamp, fields }: JaegerLog = log;
    const nanos = microsToNanos(timestamp);
    const tags = new Tags(fields);
    const name = tags.takeText('event');
    events.push({
      ...(nanos === undefined || nanos < 0n ? {} : { timeUnixNano: String(nanos) }),
      ...(name === undefined ? {} : { name }),
      ...(tags.rest.length === 0 ? {} : { attributes: tags.rest }),
    });
  }
  return events;
}
