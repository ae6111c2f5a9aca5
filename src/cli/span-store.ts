import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSpanLog, type SpanFile } from '../receiver/span-log.ts';
import { UsageError } from './usage-error.ts';

/** Where `record` and `demo` keep what they receive: the user's file, or one that is gone afterwards. */
export interface SpanStore {
  readonly log: SpanFile;
  /** Where an instrumented command may keep what it has not delivered; may never come to be. */
  readonly spool: string;
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
  const dir = mkdtempSync(join(tmpdir(), 'trace-analyze-'));
  const remove = () => rmSync(dir, { recursive: true, force: true });
  const log = openLog(file ?? join(dir, 'spans.ndjson'), remove);
  return {
    log,
    close: () => log.close(),
    spool: join(dir, 'spool'),
    remove,
  };
}

function openLog(path: string, giveUp: () => void): SpanFile {
  try {
    return openSpanLog(path);
  } catch (error) {
    giveUp();
    throw error;
  }
}
