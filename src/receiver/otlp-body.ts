import { quoteBigIntegers } from '../analyze/formats/big-integers.ts';
import { decodeTraces } from '../analyze/formats/otlp-proto.ts';
import type { OtlpResourceSpans, OtlpScopeSpans, OtlpSpan, OtlpTraces } from '../analyze/formats/otlp-types.ts';
import { Rejection } from './rejection.ts';

export type OtlpEncoding = 'json' | 'protobuf';

/** What a request holds. */
export interface DecodedBody {
  readonly traces: OtlpTraces;
  /** Spans kept in `traces`. */
  readonly spans: number;
  /** Spans left out, because they have no trace or span id. */
  readonly rejectedSpans: number;
  /** What the client should know although the request is accepted; '' if nothing. */
  readonly warning: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** Decodes and checks the outline of a request; what is inside a span is for the analysis to judge. Throws a `Rejection`. */
export function decodeBody(bytes: Uint8Array, encoding: OtlpEncoding): DecodedBody {
  const document = encoding === 'json' ? parseJson(bytes) : parseProtobuf(bytes);
  const outline = checkOutline(document);
  const traces = outline.rejectedSpans === 0 ? (document as OtlpTraces) : withoutNameless(document as OtlpTraces);
  return { traces, ...outline, warning: warningFor(document, outline.rejectedSpans) };
}

function parseJson(bytes: Uint8Array): Fields {
  let value: unknown;
  try {
    value = JSON.parse(quoteBigIntegers(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (error) {
    throw new Rejection(400, `the body is not JSON: ${(error as Error).message}`, { cause: error });
  }
  if (!isFields(value)) throw new Rejection(400, 'the body is JSON, but no object with "resourceSpans"');
  return value;
}

function parseProtobuf(bytes: Uint8Array): Fields {
  try {
    return decodeTraces(bytes) as Fields;
  } catch (error) {
    throw new Rejection(400, `the body is not an OTLP trace request: ${(error as Error).message}`, { cause: error });
  }
}

function checkOutline(document: Fields): { spans: number; rejectedSpans: number } {
  let spans = 0;
  let rejectedSpans = 0;
  for (const resource of fieldsOf(document, 'resourceSpans')) {
    for (const scope of fieldsOf(resource, 'scopeSpans')) {
      for (const span of fieldsOf(scope, 'spans')) {
        if (hasIds(span)) spans++;
        else rejectedSpans++;
      }
    }
  }
  return { spans, rejectedSpans };
}

/** The objects of a repeated field. Absent and null are both none, as in every protobuf JSON. */
function fieldsOf(parent: Fields, key: string): readonly Fields[] {
  const value = parent[key] ?? [];
  if (!Array.isArray(value) || !value.every(isFields)) throw new Rejection(400, `"${key}" is not an array of objects`);
  return value;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasIds(span: { readonly traceId?: unknown; readonly spanId?: unknown }): boolean {
  return isId(span.traceId) && isId(span.spanId);
}

function isId(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function withoutNameless(traces: OtlpTraces): OtlpTraces {
  const cleanScope = (scope: OtlpScopeSpans): OtlpScopeSpans => ({
    ...scope,
    spans: (scope.spans ?? []).filter((span: OtlpSpan) => hasIds(span)),
  });
  const cleanResource = (resource: OtlpResourceSpans): OtlpResourceSpans => ({
    ...resource,
    scopeSpans: (resource.scopeSpans ?? []).map(cleanScope),
  });
  return { resourceSpans: (traces.resourceSpans ?? []).map(cleanResource) };
}

function warningFor(document: Fields, rejectedSpans: number): string {
  if (rejectedSpans > 0) return 'spans without traceId or spanId were left out';
  // Unknown fields must be ignored, so another format's document is a valid empty request; but it is worth a word.
  if (!('resourceSpans' in document) && Object.keys(document).length > 0) return 'the body has no "resourceSpans"';
  return '';
}
