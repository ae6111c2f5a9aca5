import type { Mode } from '../detectors/types.ts';
import type { FindingPartial } from './partial.ts';
import { medianOf } from './values.ts';

/** What happens, in words: `web_search called 9× in a row (N+1)`. */
export function titleOf({ kind, subject, counts, modes }: FindingPartial): string {
  const times = `${subject} called ${medianOf(counts) ?? 0}×`;
  if (kind === 'redundant_call') return `${times} with the same input (redundant)`;
  return `${times}${MANNER[commonMode(modes)]} (N+1)`;
}

const MANNER: Readonly<Record<Mode, string>> = { serial: ' in a row', concurrent: ' at once', mixed: '' };

/** The mode of more than half of the occurrences, else mixed. */
function commonMode(modes: FindingPartial['modes']): Mode {
  const all = modes.serial + modes.concurrent + modes.mixed;
  return modes.serial * 2 > all ? 'serial' : modes.concurrent * 2 > all ? 'concurrent' : 'mixed';
}
