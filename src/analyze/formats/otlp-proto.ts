import type { OtlpTraces } from './otlp-types.ts';
import { decodeMessage, type Field, type Message, ProtoReader, Wire } from './proto-message.ts';

/*
 * The messages of a trace export, with the field numbers of opentelemetry-proto (collector/trace/v1/trace_service.proto,
 * trace/v1/trace.proto, common/v1/common.proto, resource/v1/resource.proto), as they are in OTLP's JSON encoding.
 */

const string = (name: string): Field => ({ name, wireType: Wire.bytes, read: (r, end) => r.text('utf8', end) });
const id = (name: string): Field => ({ name, wireType: Wire.bytes, read: (r, end) => r.text('hex', end) });
const fixed64 = (name: string): Field => ({ name, wireType: Wire.fixed64, read: (r, end) => r.fixed64Text(end) });
const uint32 = (name: string): Field => ({ name, wireType: Wire.varint, read: (r, end) => r.uint32(end) });
const message = (name: string, of: () => Message): Field => ({
  name,
  wireType: Wire.bytes,
  read: (reader, end, depth) => decodeMessage(of(), reader, end, depth + 1),
});
const repeated = (field: Field): Field => ({ ...field, isRepeated: true });

function fields(...numbered: readonly (readonly [number, Field])[]): Message {
  return { fields: new Map(numbered) };
}

const ANY_VALUE: Message = {
  ...fields(
    [1, string('stringValue')],
    [2, { name: 'boolValue', wireType: Wire.varint, read: (r, end) => r.isTrue(end) }],
    [3, { name: 'intValue', wireType: Wire.varint, read: (r, end) => r.int64Text(end) }],
    [4, { name: 'doubleValue', wireType: Wire.fixed64, read: (r, end) => jsonDouble(r.double(end)) }],
    [5, message('arrayValue', () => ARRAY)],
    [6, message('kvlistValue', () => KEY_VALUES)],
    [7, { name: 'bytesValue', wireType: Wire.bytes, read: (r, end) => r.text('base64', end) }],
  ),
  isOneof: true,
};
const ARRAY: Message = fields([1, repeated(message('values', () => ANY_VALUE))]);
const KEY_VALUE: Message = fields([1, string('key')], [2, message('value', () => ANY_VALUE)]);
const KEY_VALUES: Message = fields([1, repeated(message('values', () => KEY_VALUE))]);
const attributes = repeated({ ...message('attributes', () => KEY_VALUE) });

const EVENT = fields([1, fixed64('timeUnixNano')], [2, string('name')], [3, attributes]);
const LINK = fields([1, id('traceId')], [2, id('spanId')], [3, string('traceState')], [4, attributes]);
const STATUS = fields([2, string('message')], [3, uint32('code')]);

export const SPAN: Message = fields(
  [1, id('traceId')],
  [2, id('spanId')],
  [3, string('traceState')],
  [4, id('parentSpanId')],
  [5, string('name')],
  [6, uint32('kind')],
  [7, fixed64('startTimeUnixNano')],
  [8, fixed64('endTimeUnixNano')],
  [9, attributes],
  [10, uint32('droppedAttributesCount')],
  [11, repeated(message('events', () => EVENT))],
  [13, repeated(message('links', () => LINK))],
  [15, message('status', () => STATUS)],
  [16, { name: 'flags', wireType: Wire.fixed32, read: (r, end) => r.fixed32(end) }],
);
export const SCOPE: Message = fields([1, string('name')], [2, string('version')], [3, attributes]);
export const RESOURCE: Message = fields([1, attributes]);
const SCOPE_SPANS = fields([1, message('scope', () => SCOPE)], [2, repeated(message('spans', () => SPAN))]);
const RESOURCE_SPANS = fields(
  [1, message('resource', () => RESOURCE)],
  [2, repeated(message('scopeSpans', () => SCOPE_SPANS))],
);
const TRACES = fields([1, repeated(message('resourceSpans', () => RESOURCE_SPANS))]);

/** JSON has no number for these; protobuf's JSON mapping writes them as text. */
function jsonDouble(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

/**
 * Decodes an `ExportTraceServiceRequest` or `TracesData`: ids as hex, 64-bit integers as decimal text with every digit.
 * Unknown fields are skipped. Throws `ProtoError`, which names the byte, where the bytes are no such message.
 */
export function decodeTraces(bytes: Uint8Array): OtlpTraces {
  return decodeMessage(TRACES, new ProtoReader(bytes), bytes.byteLength) as OtlpTraces;
}
