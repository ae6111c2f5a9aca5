import { createDocumentReader } from '../../src/analyze/formats/index.ts';
import type { DocumentSummary } from '../../src/analyze/formats/otlp-types.ts';
import { type RecordedSpan, recordingSink } from './jaeger-sink.ts';

export interface ReadDocument {
  readonly summary: DocumentSummary;
  readonly spans: readonly RecordedSpan[];
}

/** Reads a document in pieces of `pieceBytes`; throws what the reader throws. */
export function readDocument(document: string | Uint8Array, pieceBytes = Number.POSITIVE_INFINITY): ReadDocument {
  const bytes = typeof document === 'string' ? Buffer.from(document) : document;
  const sink = recordingSink();
  const reader = createDocumentReader(sink);
  for (let at = 0; at < bytes.length; at += pieceBytes) reader.write(bytes.subarray(at, at + pieceBytes));
  const summary = reader.end();
  return { summary, spans: sink.spans() };
}

/** The same, with an error as its value. */
export function outcomeOf(
  document: string | Uint8Array,
  pieceBytes?: number,
): ReadDocument | { readonly error: unknown } {
  try {
    return readDocument(document, pieceBytes);
  } catch (error) {
    return { error };
  }
}

export const spanIds = (read: ReadDocument): string[] => read.spans.map(({ span }) => span.spanId);
