import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Report } from '../../src/analyze/report/types.ts';
import { runCli } from './cli.ts';

export interface RecordedExample {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Undefined where nothing came to be analysed. */
  readonly report: Report | undefined;
}

/** Runs a program under `trace-analyze record`, as its first lines say, and reads what the analysis finds. */
export async function recordExample(
  file: string,
  env: Readonly<Record<string, string>> = {},
): Promise<RecordedExample> {
  const dir = mkdtempSync(join(tmpdir(), 'trace-analyze-example-'));
  try {
    const output = join(dir, 'report.json');
    const args = ['record', '--format', `json=${output}`, '--', process.execPath, file];
    const { code, stdout, stderr } = await runCli(args, { cwd: dirname(file), env });
    return { code, stdout, stderr, report: reportIn(output) };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function reportIn(file: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch {
    return undefined;
  }
}
