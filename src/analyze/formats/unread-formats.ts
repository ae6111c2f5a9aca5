import type { Head } from './format.ts';
import { firstOf, hasAll, hasAny, isFields } from './json-values.ts';

/** A format that is told apart so that its refusal can say what it is. */
interface UnreadFormat {
  readonly label: string;
  readonly fix?: string;
  readonly recognises: (first: unknown, json: unknown) => boolean;
}

const UNREAD: readonly UnreadFormat[] = [
  {
    label: 'Zipkin v2 JSON',
    recognises: (first) => hasAll(first, 'traceId', 'id') && !hasAny(first, 'type', 'spanId'),
  },
  {
    label: 'Jaeger protobuf JSON (base64 ids, one span a line)',
    recognises: (first) => hasAll(first, 'traceId', 'spanId', 'operationName'),
  },
  { label: 'a Langfuse export', recognises: (first) => hasAll(first, 'trace', 'observations') || isObservation(first) },
  {
    label: 'LangSmith runs',
    recognises: (first) =>
      hasAny(first, 'dotted_order', 'run_type') || hasAny(firstOf(member(first, 'runs')), 'run_type'),
  },
  {
    label: 'spans of the OpenAI Agents SDK',
    recognises: (first) => /^trace/.test(String(member(firstOf(member(first, 'traces')), 'object'))),
  },
  { label: 'spans as an OpenTelemetry SDK prints them', recognises: isSdkSpans },
  { label: 'flat spans as JSON (snake_case)', recognises: (first) => hasAll(first, 'trace_id', 'span_id') },
  { label: 'Chrome trace JSON', recognises: (first) => hasAny(first, 'traceEvents') || hasAll(first, 'ph', 'ts') },
];

/** OTel's console exporters and `span.to_json()`, alone or collected in some list. */
function isSdkSpans(first: unknown): boolean {
  const isSpan = (value: unknown) =>
    hasAny(member(value, 'context'), 'trace_id', 'span_id', 'traceId') || hasAny(value, 'parentSpanContext');
  const trace = firstOf(member(first, 'traces'));
  return isSpan(first) || isSpan(firstOf(member(first, 'spans'))) || isSpan(firstOf(member(trace, 'spans')));
}

function isObservation(first: unknown): boolean {
  const one = firstOf(member(first, 'data') ?? first);
  return hasAll(one, 'traceId', 'type') && hasAny(one, 'parentObservationId', 'startTime');
}

function member(value: unknown, key: string): unknown {
  return isFields(value) ? value[key] : undefined;
}

export function unreadFormatOf(head: Head): { readonly label: string; readonly fix?: string } | undefined {
  const packed = PACKED.find(({ magic }) => magic.every((byte, at) => head.bytes[at] === byte));
  if (packed !== undefined) return packed;
  const first = firstOf(head.json);
  return UNREAD.find(({ recognises }) => recognises(first, head.json));
}

const unpack = (command: string) => `unpack it: ${command} FILE | trace-analyze -`;

/** Archives and compressed data by their first bytes. */
const PACKED: readonly { label: string; magic: readonly number[]; fix: string }[] = [
  { label: 'zstd-compressed data', magic: [0x28, 0xb5, 0x2f, 0xfd], fix: unpack('zstd -dc') },
  { label: 'a zip archive', magic: [0x50, 0x4b, 0x03, 0x04], fix: unpack('unzip -p') },
  { label: 'bzip2-compressed data', magic: [0x42, 0x5a, 0x68], fix: unpack('bzip2 -dc') },
  { label: 'xz-compressed data', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a], fix: unpack('xz -dc') },
  { label: 'gzip-compressed data', magic: [0x1f, 0x8b], fix: unpack('gzip -dc') },
  { label: 'UTF-16 text', magic: [0xff, 0xfe], fix: 'convert it: iconv -f UTF-16 -t UTF-8 FILE | trace-analyze -' },
  { label: 'UTF-16 text', magic: [0xfe, 0xff], fix: 'convert it: iconv -f UTF-16 -t UTF-8 FILE | trace-analyze -' },
  { label: 'UTF-16 text', magic: [0x7b, 0x00], fix: 'convert it: iconv -f UTF-16LE -t UTF-8 FILE | trace-analyze -' },
  { label: 'UTF-16 text', magic: [0x00, 0x7b], fix: 'convert it: iconv -f UTF-16BE -t UTF-8 FILE | trace-analyze -' },
  { label: 'a Parquet file', magic: [0x50, 0x41, 0x52, 0x31], fix: 'export the traces as OTLP JSON or Jaeger JSON' },
];

/** What a document that is no trace may be, in words. */
export function junkName(head: Head): string | undefined {
  const text = String.fromCharCode(...head.bytes.subarray(0, 512));
  const start = text.trimStart().slice(0, 100);
  if (/^(<!doctype html|<html)/i.test(start)) return 'an HTML page (a login page?)';
  if (start.startsWith('<')) return 'XML';
  if (isBinary(head.bytes)) return 'binary data';
  if (/^\s*\[(\s*\[){15}/.test(text)) return 'JSON that is nested deeper than any trace';
  if (isFields(head.json) || Array.isArray(head.json)) return 'other JSON';
  if (/^[\w "'.-]+([,;\t][\w "'.-]+){2,}\r?\n/.test(text)) return 'a table (CSV)';
  return 'text';
}

/** Control characters that no text has. */
export function isBinary(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 4096).some((byte) => byte < 0x20 && !TEXT_CONTROLS.has(byte));
}

/** Backspace, tab, newline, vertical tab, form feed, return, escape. */
const TEXT_CONTROLS = new Set([0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x1b]);
