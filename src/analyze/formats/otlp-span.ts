import { type Fields, isFields } from './json-values.ts';
import { readNanoseconds } from './nanoseconds.ts';
import { isNoId, printedId, SPAN_ID_DIGITS, TRACE_ID_DIGITS } from './otlp-ids.ts';
import type { OtlpAttribute, OtlpEvent, OtlpLink, OtlpResource, OtlpScope, OtlpSpan } from './otlp-types.ts';

type Draft = Record<string, unknown>;

const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map(
  (name) => `SPAN_KIND_${name}`,
);
const STATUS_CODES = ['UNSET', 'OK', 'ERROR'].map((name) => `STATUS_CODE_${name}`);

/**
 * Makes a span of a parsed JSON value, in place: ids printed, times decimal, enums integers, and nothing in it that
 * `OtlpSpan` does not promise except members it does not know. Attributes, events and links that are none are left
 * out. A span without trace id, span id or a readable time is none: then the reason is returned.
 */
export function toOtlpSpan(value: unknown): OtlpSpan | string {
  if (!isFields(value)) return 'a span is not an object';
  const span = value as Draft;
  if (isNoId(span.traceId)) return 'a span has no traceId';
  if (isNoId(span.spanId)) return 'a span has no spanId';
  span.traceId = printedId(span.traceId as string, TRACE_ID_DIGITS);
  span.spanId = printedId(span.spanId as string, SPAN_ID_DIGITS);
  if (isNoId(span.traceId) || isNoId(span.spanId)) return 'a span has an id of zeros';
  readParent(span);
  for (const key of ['startTimeUnixNano', 'endTimeUnixNano']) {
    if (!readTime(span, key)) return `a span has an unreadable ${key}`;
  }
  if (typeof span.name !== 'string') delete span.name;
  readEnum(span, 'kind', KINDS);
  readList(span, 'attributes', toAttribute);
  readList(span, 'events', toEvent);
  readList(span, 'links', toLink);
  if (isFields(span.status)) readStatus(span.status as Draft);
  else delete span.status;
  return span as unknown as OtlpSpan;
}

/** A resource or scope of a parsed JSON value, in place. */
export function toDescribed<T extends OtlpResource | OtlpScope>(value: unknown): T | undefined {
  if (!isFields(value)) return undefined;
  const described = value as Draft;
  readList(described, 'attributes', toAttribute);
  for (const key of ['name', 'version']) if (typeof described[key] !== 'string') delete described[key];
  return described as T;
}

function readParent(span: Draft): void {
  if (!('parentSpanId' in span)) return;
  const parent = isNoId(span.parentSpanId) ? '' : printedId(span.parentSpanId as string, SPAN_ID_DIGITS);
  if (isNoId(parent)) delete span.parentSpanId;
  else span.parentSpanId = parent;
}

function readTime(holder: Draft, key: string): boolean {
  const value = holder[key];
  if (value === undefined || value === null) {
    delete holder[key];
    return true;
  }
  const nanos = readNanoseconds(value);
  holder[key] = nanos;
  return nanos !== undefined;
}

/** Enums are integers in OTLP JSON; other protobuf JSON writers use their names. */
function readEnum(holder: Draft, key: string, names: readonly string[]): void {
  const value = holder[key];
  if (value === undefined || (typeof value === 'number' && Number.isInteger(value))) return;
  const index = typeof value === 'string' ? names.indexOf(value.toUpperCase()) : -1;
  if (index >= 0) holder[key] = index;
  else delete holder[key];
}

function readStatus(status: Draft): void {
  readEnum(status, 'code', STATUS_CODES);
  if (typeof status.message !== 'string') delete status.message;
}

/** Keeps the elements that `read` accepts, and no list where there is none. */
function readList(holder: Draft, key: string, read: (element: unknown) => boolean): void {
  const list = holder[key];
  if (list === undefined) return;
  if (!Array.isArray(list)) delete holder[key];
  else if (!list.every(read)) holder[key] = list.filter(read);
}

function toAttribute(value: unknown): boolean {
  const attribute = value as OtlpAttribute | null | undefined;
  return typeof attribute?.key === 'string' && (attribute.value === undefined || isFields(attribute.value));
}

function toEvent(value: unknown): value is OtlpEvent {
  if (!isFields(value)) return false;
  const event = value as Draft;
  if (typeof event.name !== 'string') delete event.name;
  readList(event, 'attributes', toAttribute);
  return readTime(event, 'timeUnixNano');
}

function toLink(value: unknown): value is OtlpLink {
  if (!isFields(value) || isNoId((value as Fields).spanId)) return false;
  const link = value as Draft;
  link.spanId = printedId(link.spanId as string, SPAN_ID_DIGITS);
  if (isNoId(link.traceId)) delete link.traceId;
  else link.traceId = printedId(link.traceId as string, TRACE_ID_DIGITS);
  readList(link, 'attributes', toAttribute);
  return true;
}
