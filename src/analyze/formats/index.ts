import { Buffer } from 'node:buffer';
import type { InputError } from '../model/errors.ts';
import type { Format, FormatReader } from './format.ts';
import { emptyError, noSpansError } from './input-errors.ts';
import { jaegerJson } from './jaeger-json.ts';
import { otlpJson } from './otlp-json.ts';
import { otlpProtoFormat } from './otlp-proto-format.ts';
import type { DocumentReader, DocumentSummary, SpanSink } from './otlp-types.ts';
import { createSkipLog } from './skip-log.ts';
import { headOf, sniff } from './sniff.ts';

/** The formats that can be read. No document is recognised by two of them. */
const FORMATS: readonly Format[] = [jaegerJson, otlpJson, otlpProtoFormat];

/** The first look at a document; with nothing recognised, the next look is at four times as much. */
const FIRST_LOOK_BYTES = 1024;
const MAX_LOOK_BYTES = 1024 * 1024;

/** Reads a document of any known format, told from its bytes alone, into the sink. */
export function createDocumentReader(sink: SpanSink): DocumentReader {
  const log = createSkipLog();
  let spans = 0;
  const counting = countSpans(sink, () => spans++);
  let bytes = 0;
  let head: Buffer[] = [];
  let headBytes = 0;
  let nextLook = FIRST_LOOK_BYTES;
  let open: { readonly format: Format; readonly reader: FormatReader } | undefined;
  let refusal: InputError | undefined;

  function look(isWhole: boolean): void {
    const begin = Buffer.concat(head);
    head = [begin];
    nextLook = headBytes * 4;
    const found = sniff(FORMATS, headOf(begin, isWhole), isWhole || headBytes >= MAX_LOOK_BYTES);
    if (found === 'undecided') return;
    head = [];
    if ('refusal' in found) refusal = found.refusal;
    else {
      open = { format: found.format, reader: found.format.open(counting, log, found.head) };
      open.reader.write(begin);
    }
  }

  return {
    get isSettled() {
      return refusal !== undefined;
    },
    write(chunk) {
      bytes += chunk.byteLength;
      if (refusal !== undefined) return;
      if (open !== undefined) return open.reader.write(chunk);
      head.push(Buffer.from(chunk));
      headBytes += chunk.byteLength;
      if (headBytes >= nextLook) look(false);
    },
    end(): DocumentSummary {
      if (open === undefined && refusal === undefined) look(true);
      if (refusal !== undefined) throw refusal;
      if (open === undefined) throw emptyError();
      const { cut } = open.reader.end();
      if (spans === 0) throw noSpansError(open.format.name, log.entries, cut);
      return { format: open.format.name, bytes, spans, skipped: log.entries, cut };
    },
  };
}

function countSpans(sink: SpanSink, onSpan: () => void): SpanSink {
  return {
    openResource: () => sink.openResource(),
    describeResource: (slot, resource) => sink.describeResource(slot, resource),
    openScope: () => sink.openScope(),
    describeScope: (slot, scope) => sink.describeScope(slot, scope),
    span: (resource, scope, span) => {
      onSpan();
      sink.span(resource, scope, span);
    },
  };
}
