import type { HrTime, SpanContext } from '@opentelemetry/api';
import { redactNamed, redactText } from '../redact.ts';
import { ATTR } from '../semconv.ts';
import type {
  AnyAttributes,
  Losses,
  RecordedEvent,
  RecordedLink,
  RecordedResource,
  RecordedScope,
  RecordedSpan,
} from './recorded-span.ts';

/** Between a resource, its scope and the span. With these quotes they are in no text, where quotes are escaped. */
export const SCOPES_START = '"scopeSpans":[';
export const SPANS_START = ',"spans":[';
export const LINE_END = ']}]}]}\n';

const HAS_IS_REMOTE = 0x100;
const IS_REMOTE = 0x200;
const MAX_DEPTH = 10;
/** Keys of attributes are few; a program that makes them up is not to be remembered. */
const MAX_KEYS = 2048;

/**
 * Writes spans as lines of OTLP JSON, each a whole `TracesData` with one span, so that every reader of such files reads
 * them one by one. Three times as fast as the exporter's own serializer, which has batches in mind.
 */
export class LineWriter {
  readonly #losses: () => Losses;
  readonly #deliveryId: string;
  #resource: RecordedResource | undefined;
  #scope: RecordedScope | undefined;
  #lost = 0;
  #head = '';

  constructor(losses: () => Losses, deliveryId: string) {
    this.#losses = losses;
    this.#deliveryId = deliveryId;
  }

  line(span: RecordedSpan): string {
    return this.#headOf(span) + spanJson(span) + LINE_END;
  }

  #headOf({ resource, instrumentationScope }: RecordedSpan): string {
    const { dropped, refused } = this.#losses();
    if (resource === this.#resource && instrumentationScope === this.#scope && dropped + refused === this.#lost) {
      return this.#head;
    }
    const lost = lossAttributes({ dropped, refused }, this.#deliveryId);
    const head = headOf({ ...resource, attributes: { ...resource.attributes, ...lost } }, instrumentationScope);
    // Attributes that are still being found out come to the same object later.
    this.#resource = resource.asyncAttributesPending ? undefined : resource;
    this.#scope = instrumentationScope;
    this.#lost = dropped + refused;
    this.#head = head;
    return head;
  }
}

/** How a resource tells what of its spans is missing; nothing where nothing is. */
export function lossAttributes({ dropped, refused, sampledOut = 0 }: Losses, deliveryId: string): AnyAttributes {
  if (dropped + refused + sampledOut === 0) return {};
  return {
    ...(dropped === 0 ? {} : { [ATTR.droppedSpans]: dropped }),
    ...(refused === 0 ? {} : { [ATTR.refusedSpans]: refused }),
    ...(sampledOut === 0 ? {} : { [ATTR.sampledOutSpans]: sampledOut }),
    [ATTR.deliveryId]: deliveryId,
  };
}

function headOf(resource: RecordedResource, scope: RecordedScope): string {
  const attributes = attributesJson(resource.attributes);
  const resourceUrl = resource.schemaUrl ? `"schemaUrl":${quote(resource.schemaUrl)},` : '';
  const scopeUrl = scope.schemaUrl ? `,"schemaUrl":${quote(scope.schemaUrl)}` : '';
  return `{"resourceSpans":[{"resource":{"attributes":${attributes}},${resourceUrl}${SCOPES_START}{"scope":${scopeJson(scope)}${scopeUrl}${SPANS_START}`;
}

function scopeJson({ name, version, attributes, droppedAttributesCount }: RecordedScope): string {
  const more =
    attributes === undefined || Object.keys(attributes).length === 0
      ? ''
      : `,"attributes":${attributesJson(attributes)}${count('droppedAttributesCount', droppedAttributesCount)}`;
  return `{"name":${quote(name)}${version ? `,"version":${quote(version)}` : ''}${more}}`;
}

function spanJson(span: RecordedSpan): string {
  const context = span.spanContext();
  const parent = span.parentSpanContext;
  const { attributes } = span;
  found.redacted = 0;
  const rest = restJson(span);
  let json = `{"traceId":"${context.traceId}","spanId":"${context.spanId}"`;
  if (parent?.spanId) json += `,"parentSpanId":"${parent.spanId}"`;
  json += stateJson(context);
  json += `,"name":${quote(span.name)},"kind":${span.kind == null ? 0 : span.kind + 1}`;
  json += `,"startTimeUnixNano":"${nanoseconds(span.startTime)}","endTimeUnixNano":"${nanoseconds(span.endTime)}"`;
  const texts = attributesJson(attributes);
  const more = found.redacted + (Number(attributes[ATTR.redacted]) || 0);
  json += `,"attributes":${found.redacted === 0 ? texts : attributesJson({ ...attributes, [ATTR.redacted]: more })}`;
  return `${json}${rest},"flags":${flagsOf(context.traceFlags, parent?.isRemote)}}`;
}

/** What comes after the attributes. */
function restJson(span: RecordedSpan): string {
  const { status, events, links } = span;
  let json = count('droppedAttributesCount', span.droppedAttributesCount);
  if (events.length > 0) json += `,"events":[${events.map(eventJson).join(',')}]`;
  json += count('droppedEventsCount', span.droppedEventsCount);
  json += `,"status":{"code":${status.code}${status.message ? `,"message":${quote(status.message)}` : ''}}`;
  if (links.length > 0) json += `,"links":[${links.map(linkJson).join(',')}]`;
  return json + count('droppedLinksCount', span.droppedLinksCount);
}

function eventJson({ time, name, attributes, droppedAttributesCount }: RecordedEvent): string {
  const more = count('droppedAttributesCount', droppedAttributesCount);
  return `{"timeUnixNano":"${nanoseconds(time)}","name":${quote(name)},"attributes":${attributesJson(attributes ?? {})}${more}}`;
}

function linkJson({ context, attributes, droppedAttributesCount }: RecordedLink): string {
  const { traceId, spanId, traceFlags, isRemote } = context;
  const more = count('droppedAttributesCount', droppedAttributesCount);
  return `{"traceId":"${traceId}","spanId":"${spanId}"${stateJson(context)},"attributes":${attributesJson(attributes ?? {})}${more},"flags":${flagsOf(traceFlags, isRemote)}}`;
}

function stateJson({ traceState }: SpanContext): string {
  const state = traceState?.serialize();
  return state ? `,"traceState":${quote(state)}` : '';
}

function flagsOf(traceFlags: number, isRemote: boolean | undefined): number {
  return (traceFlags & 0xff) | HAS_IS_REMOTE | (isRemote ? IS_REMOTE : 0);
}

const count = (name: string, value: number | undefined): string => (value ? `,"${name}":${value}` : '');

function nanoseconds([seconds, nanos]: HrTime): string {
  const isPlain = Number.isInteger(seconds) && Number.isInteger(nanos) && seconds > 0 && nanos >= 0 && nanos < 1e9;
  if (isPlain) return `${seconds}${String(nanos).padStart(9, '0')}`;
  return String(BigInt(Math.trunc(seconds)) * 1_000_000_000n + BigInt(Math.trunc(nanos)));
}

function attributesJson(attributes: AnyAttributes): string {
  let json = '';
  for (const key of Object.keys(attributes)) {
    json += `${json === '' ? '' : ','}{"key":${quotedKey(key)},"value":${valueJson(key, attributes[key], 0)}}`;
  }
  return `[${json}]`;
}

function valueJson(key: string, value: unknown, depth: number): string {
  if (typeof value === 'string') return `{"stringValue":${JSON.stringify(redactNamed(key, value, found))}}`;
  if (typeof value === 'number') return numberJson(value);
  if (typeof value === 'boolean') return `{"boolValue":${value}}`;
  if (value === null || typeof value !== 'object' || depth >= MAX_DEPTH) return '{}';
  if (value instanceof Uint8Array) return `{"bytesValue":"${Buffer.from(value).toString('base64')}"}`;
  if (Array.isArray(value)) {
    return `{"arrayValue":{"values":[${value.map((item) => valueJson(key, item, depth + 1)).join(',')}]}}`;
  }
  const pairs = Object.entries(value).map(
    ([name, item]) => `{"key":${quote(name)},"value":${valueJson(name, item, depth + 1)}}`,
  );
  return `{"kvlistValue":{"values":[${pairs.join(',')}]}}`;
}

function numberJson(value: number): string {
  if (Number.isSafeInteger(value)) return `{"intValue":${value === 0 ? 0 : value}}`;
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 63) return `{"intValue":"${BigInt(value)}"}`;
  return Number.isFinite(value) ? `{"doubleValue":${value}}` : `{"doubleValue":"${value}"}`;
}

/** Of the span that is being written. */
const found = { redacted: 0 };

/** Nothing is kept anywhere before it has been redacted. */
const quote = (text: string): string => JSON.stringify(redactText(text, found));

const keys = new Map<string, string>();

function quotedKey(key: string): string {
  const known = keys.get(key);
  if (known !== undefined) return known;
  const quoted = quote(key);
  if (keys.size < MAX_KEYS) keys.set(key, quoted);
  return quoted;
}
