/**
 * OTLP's JSON encoding, as far as traces need it (opentelemetry-proto `trace/v1/trace.proto` and the JSON mapping of
 * the OTLP specification): lowerCamelCase, ids as text, 64-bit integers as decimal strings (numbers are accepted),
 * enums as integers, absent = default. Every format is turned into these shapes, so that there is one road from a
 * document to the span table and one to OTLP output.
 */
export interface OtlpValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string | number;
  readonly doubleValue?: number | string;
  readonly bytesValue?: string;
  readonly arrayValue?: { readonly values?: readonly OtlpValue[] };
  readonly kvlistValue?: { readonly values?: readonly OtlpAttribute[] };
}

export interface OtlpAttribute {
  readonly key: string;
  readonly value?: OtlpValue;
}

export interface OtlpLink {
  readonly traceId?: string;
  readonly spanId?: string;
  readonly attributes?: readonly OtlpAttribute[];
}

export interface OtlpEvent {
  readonly timeUnixNano?: string | number;
  readonly name?: string;
  readonly attributes?: readonly OtlpAttribute[];
}

export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState?: string;
  readonly parentSpanId?: string;
  readonly flags?: number;
  readonly name?: string;
  readonly kind?: number;
  readonly startTimeUnixNano?: string | number;
  /** Absent (or 0 beside a start that is not 0) where the span has no end. */
  readonly endTimeUnixNano?: string | number;
  readonly attributes?: readonly OtlpAttribute[];
  readonly droppedAttributesCount?: number;
  readonly events?: readonly OtlpEvent[];
  readonly links?: readonly OtlpLink[];
  readonly status?: { readonly code?: number; readonly message?: string };
}

export interface OtlpResource {
  readonly attributes?: readonly OtlpAttribute[];
}

export interface OtlpScope {
  readonly name?: string;
  readonly version?: string;
  readonly attributes?: readonly OtlpAttribute[];
}

export interface OtlpScopeSpans {
  readonly scope?: OtlpScope;
  readonly spans?: readonly OtlpSpan[];
}

export interface OtlpResourceSpans {
  readonly resource?: OtlpResource;
  readonly scopeSpans?: readonly OtlpScopeSpans[];
}

/** `ExportTraceServiceRequest` and `TracesData` alike. */
export interface OtlpTraces {
  readonly resourceSpans?: readonly OtlpResourceSpans[];
}

/**
 * Where a format puts what it reads. A resource or scope may be described after the spans that belong to it, so that
 * a document of any size is read in one pass, whatever the order of its members.
 */
export interface SpanSink {
  openResource(): number;
  describeResource(slot: number, resource: OtlpResource): void;
  openScope(): number;
  describeScope(slot: number, scope: OtlpScope): void;
  /** Ids are final here: OTLP's base64 and upper-case ids are already lower-case hex, others are as they came. */
  span(resource: number, scope: number, span: OtlpSpan): void;
}

/** One thing that could not be read, and how often in a row. */
export interface Skipped {
  /** 1-based line of an NDJSON document. */
  readonly line?: number;
  /** Offset in the decompressed document. */
  readonly byte?: number;
  readonly reason: string;
  readonly count: number;
}

/** What a document was and what became of it. */
export interface DocumentSummary {
  readonly format: 'jaeger-json' | 'otlp-json' | 'otlp-proto';
  readonly bytes: number;
  readonly spans: number;
  readonly skipped: readonly Skipped[];
  /** The document ended in the middle of a value; what came before is kept. */
  readonly cut: boolean;
}

/**
 * Reads one decompressed document pushed in pieces of any size. `end` throws `InputError` when nothing in the document
 * could be used (empty, unknown format, no spans, broken before the first span).
 */
export interface DocumentReader {
  /** The document is refused already; `end` will say why, and nothing more need be written. */
  readonly isSettled: boolean;
  write(chunk: Uint8Array): void;
  end(): DocumentSummary;
}
