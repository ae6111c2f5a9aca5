import type { Skipped } from './otlp-types.ts';

/** Reasons beyond this many are only counted, so that a hostile document cannot fill the memory. */
const MAX_ENTRIES = 1000;

/** What of a document could not be read, in the order it was met. */
export interface SkipLog {
  /** The current line of an NDJSON document, else undefined. */
  line: number | undefined;
  readonly entries: readonly Skipped[];
  /** `byte` is an offset in the decompressed document. Equal reasons in a row become one entry, placed at the first. */
  skip(reason: string, byte: number): void;
}

export function createSkipLog(): SkipLog {
  const entries: { line?: number; byte: number; reason: string; count: number }[] = [];
  return {
    line: undefined,
    entries,
    skip(reason, byte) {
      const last = entries.at(-1);
      if (last !== undefined && (last.reason === reason || entries.length === MAX_ENTRIES)) {
        if (last.reason !== reason) last.reason = 'more that could not be read';
        last.count++;
        return;
      }
      entries.push({ ...(this.line === undefined ? {} : { line: this.line }), byte, reason, count: 1 });
    },
  };
}
