import { readFile } from 'node:fs/promises';
import { readThresholds, type Thresholds } from '../analyze/detectors/thresholds.ts';
import { UsageError } from './usage-error.ts';

/** Reads a JSON file of thresholds (docs/detectors/). undefined without a file. Throws `UsageError`. */
export async function readThresholdsFile(file: string | undefined): Promise<Thresholds | undefined> {
  if (file === undefined) return undefined;
  const thresholds = readThresholds(await parse(file));
  if (thresholds instanceof Error) {
    throw new UsageError(`${file}: ${thresholds.message}`, {
      fix: 'for example {"categories":{"tool":{"n_plus_one.minCount":4}}}',
    });
  }
  return thresholds;
}

async function parse(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`--thresholds ${file} is no JSON file that can be read`, { why: (error as Error).message });
  }
}
