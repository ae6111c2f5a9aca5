import type { DocumentSummary, SpanSink } from './otlp-types.ts';
import type { SkipLog } from './skip-log.ts';

/** The beginning of a document, as far as it is known. */
export interface Head {
  readonly bytes: Uint8Array;
  /** The first JSON value, as far as it is there; undefined if this is no JSON. */
  readonly json: unknown;
}

/** One format that can be read. Adding one: a file like `otlp-json.ts` and a line in `index.ts`. */
export interface Format {
  readonly name: DocumentSummary['format'];
  /** True only if the document can be nothing else. */
  readonly recognises: (head: Head) => boolean;
  /** Why a document of this format may be without spans, if its beginning tells. */
  readonly whyEmpty?: (head: Head) => string | undefined;
  /** A reader that gives what it reads to the sink, and tells the log what it cannot read. */
  readonly open: (sink: SpanSink, log: SkipLog) => FormatReader;
}

export interface FormatReader {
  write(chunk: Uint8Array): void;
  end(): { readonly cut: boolean };
}
