import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSpanLog, type SpanFile } from '../receiver/span-log.ts';

/** Where `record` and `demo` keep what they receive: the user's file, or one that is gone afterwards. */
export interface SpanStore {
  readonly log: SpanFile;
  /** Ends writing; the file can be read. */
  close(): void;
  /** Removes what the user did not ask for. */
  remove(): void;
}

/** Spans received are on disk, not in memory: a long run may send more than fits. Throws `ReceiverError`. */
export function openSpanStore(file: string | undefined): SpanStore {
  const dir = file === undefined ? mkdtempSync(join(tmpdir(), 'trace-analyze-')) : undefined;
  const log = openSpanLog(file ?? join(dir as string, 'spans.ndjson'));
  return {
    log,
    close: () => log.close(),
    remove: () => {
      if (dir !== undefined) rmSync(dir, { recursive: true, force: true });
    },
  };
}
