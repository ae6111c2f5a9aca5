import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSpanLog, type SpanFile } from '../receiver/span-log.ts';
import { UsageError } from './usage-error.ts';

/** Where `record` and `demo` keep what they receive: the user's file, or one that is gone afterwards. */
export interface SpanStore {
  readonly log: SpanFile;
  /** Ends writing; the file can be read. */
  close(): void;
  /** Removes what the user did not ask for. */
  remove(): void;
}

/**
 * Spans received are on disk, not in memory: a long run may send more than fits. Throws `ReceiverError`, and `UsageError`
 * where the file has spans already: the report is on one run.
 */
export function openSpanStore(file: string | undefined): SpanStore {
  if (file !== undefined && (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0) {
    throw new UsageError(`--spans ${file} is there already`, { fix: 'name a new file, or delete this one' });
  }
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
