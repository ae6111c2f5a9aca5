import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Tests leave no span in the user's own spool, and ship none of it. */
export function setup(): () => void {
  const dir = mkdtempSync(join(tmpdir(), 'trace-analyze-spool-'));
  process.env.TRACE_ANALYZE_SPOOL = dir;
  return () => rmSync(dir, { recursive: true, force: true });
}
