import type { InputError } from '../model/errors.ts';
import type { Format, FormatReader } from './format.ts';
import { GrowingBytes } from './growing-bytes.ts';
import { emptyError, noSpansError } from './input-errors.ts';
import { jaegerJson } from './jaeger-json.ts';
import { otlpJson } from './otlp-json.ts';
import { otlpProto } from './otlp-proto-format.ts';
import type { DocumentReader, DocumentSummary, SpanSink } from './otlp-types.ts';
import { createSkipLog } from './skip-log.ts';
import { sniff } from './sniff.ts';

/** The formats that can be read. No document is recognised by two of them. */
const FORMATS: readonly Format[] = [jaegerJson, otlpJson, otlpProto];

/**
 * The sizes of a document's beginning that are looked at until its format is known. They are the same however the
 * document is cut into pieces, so that the answer is too.
 */
const LOOKS_BYTES = [1024, 4096, 16_384, 65_536, 262_144, 1_048_576];

interface OpenFormat {
  readonly format: Format;
  readonly reader: FormatReader;
  readonly whyEmpty: string | undefined;
}

/** Reads a document of any known format, told from its bytes alone, into the sink. */
export function createDocumentReader(sink: SpanSink): DocumentReader {
  const log = createSkipLog();
  let spans = 0;
  const counting = countSpans(sink, () => spans++);
  let bytes = 0;
  let looks = 0;
  const head = new GrowingBytes();
  let open: OpenFormat | undefined;
  let refusal: InputError | undefined;

  function look(beginning: Uint8Array, isAll: boolean): void {
    const found = sniff(FORMATS, beginning, isAll);
    if (found === 'undecided') return;
    if ('refusal' in found) refusal = found.refusal;
    else {
      const { format } = found;
      open = { format, reader: format.open(counting, log), whyEmpty: format.whyEmpty?.(found.head) };
      open.reader.write(head.view());
    }
    head.drop(head.length);
  }

  function lookAgain(): void {
    for (let size = LOOKS_BYTES[looks]; size !== undefined && head.length >= size; size = LOOKS_BYTES[looks]) {
      looks++;
      look(head.view().subarray(0, size), looks === LOOKS_BYTES.length);
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
      head.append(chunk);
      lookAgain();
    },
    end(): DocumentSummary {
      if (open === undefined && refusal === undefined) look(head.view(), true);
      if (refusal !== undefined) throw refusal;
      if (open === undefined) throw emptyError();
      const { cut } = open.reader.end();
      if (spans === 0) throw noSpansError(open.format.name, { skipped: log.entries, cut, why: open.whyEmpty });
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
