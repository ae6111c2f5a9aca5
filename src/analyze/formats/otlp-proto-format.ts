import type { Format } from './format.ts';
import { RESOURCE, SCOPE, SPAN } from './otlp-proto.ts';
import { toDescribed, toOtlpSpan } from './otlp-span.ts';
import type { OtlpResource, OtlpScope, SpanSink } from './otlp-types.ts';
import { ProtoDocument, type ProtoShape, type TakenMessage } from './proto-document.ts';
import { type Message, ProtoReader } from './proto-message.ts';
import { isBinary } from './unread-formats.ts';

/** One `ExportTraceServiceRequest` or `TracesData` in protobuf's wire format, as the body of a request has it. */
export const otlpProto: Format = {
  name: 'otlp-proto',
  recognises: ({ bytes }) => isBinary(bytes) && beginsLikeTraces(bytes),
  open: (sink, log) => new ProtoDocument(documentShape(sink), log),
};

function documentShape(sink: SpanSink): ProtoShape {
  let resource = 0;
  let scope = 0;
  const span = taken('span', SPAN, (decoded) => {
    const read = toOtlpSpan(decoded);
    if (typeof read === 'string') return read;
    sink.span(resource, scope, read);
    return undefined;
  });
  const scopeDescription = taken('scope', SCOPE, (decoded) => {
    sink.describeScope(scope, toDescribed<OtlpScope>(decoded) ?? {});
    return undefined;
  });
  const resourceDescription = taken('resource', RESOURCE, (decoded) => {
    sink.describeResource(resource, toDescribed<OtlpResource>(decoded) ?? {});
    return undefined;
  });
  const scopeSpans = entered([scopeDescription, span], () => {
    scope = sink.openScope();
  });
  const resourceSpans = entered([resourceDescription, scopeSpans], () => {
    resource = sink.openResource();
  });
  return entered([resourceSpans]);
}

function taken(noun: string, message: Message, take: TakenMessage['take']): TakenMessage {
  return { noun, message, take };
}

/** Fields numbered from 1. */
function entered(fields: readonly (ProtoShape | TakenMessage)[], open: () => void = () => undefined): ProtoShape {
  return { fields: new Map(fields.map((field, index) => [index + 1, field])), open };
}

/** Tags (all of length-delimited fields but 0x10) with which the messages at the beginning of a request may begin. */
const REQUEST_TAGS = [0x0a];
const RESOURCE_SPANS_TAGS = [0x0a, 0x12, 0x1a];
const RESOURCE_TAGS = [0x0a, 0x10, 0x1a];
const SCOPE_SPANS_TAGS = [0x0a, 0x12, 0x1a];

/** A request that begins with ResourceSpans that begin with a Resource, ScopeSpans or a schema URL. */
function beginsLikeTraces(bytes: Uint8Array): boolean {
  const reader = new ProtoReader(bytes);
  const resourceSpans = enterField(reader, REQUEST_TAGS, Number.POSITIVE_INFINITY);
  if (resourceSpans === undefined) return false;
  const first = enterField(reader, RESOURCE_SPANS_TAGS, resourceSpans.end);
  if (first === undefined) return false;
  if (first.tag === 0x1a || first.end === reader.at) return true;
  const tag = bytes[reader.at];
  return tag === undefined || (first.tag === 0x0a ? RESOURCE_TAGS : SCOPE_SPANS_TAGS).includes(tag);
}

function enterField(reader: ProtoReader, tags: readonly number[], end: number) {
  const tag = reader.bytes[reader.at++];
  if (tag === undefined || !tags.includes(tag)) return undefined;
  try {
    const length = reader.length(reader.bytes.length);
    return reader.at + length > end ? undefined : { tag, end: reader.at + length };
  } catch {
    return undefined;
  }
}
