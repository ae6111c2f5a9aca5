import type { DocumentSummary, SpanSink } from './otlp-types.ts';
import type { SkipLog } from './skip-log.ts';

/** The beginning of a document, as far as it is known. */
export interface Head {
  readonly bytes: Uint8Array;
  /** The first JSON value, as far as it is there; undefined if this is no JSON. */
  readonly json: unknown;
  /** The second line begins like the first: one value a line. */
  readonly startsInLines: boolean;
}

/** One format that can be read. Adding one: a file like `otlp-json.ts` and a line in `index.ts`. */
export interface Format {
  readonly name: DocumentSummary['format'];
  /** True only if the document can be nothing else. */
  readonly recognises: (head: Head) => boolean;
  /** A reader that gives what it reads to the sink, and tells the log what it cannot read. */
  readonly open: (sink: SpanSink, log: SkipLog, head: Head) => FormatReader;
}

export interface FormatReader {
  write(chunk: Uint8Array): void;
  end(): { readonly cut: boolean };
}
