import type { CollectedInput } from './collect-input.ts';
import { type Io, write } from './io.ts';

/** Says on stderr what about the input the user should know. */
export async function printNotes(input: CollectedInput, flags: { readonly quiet?: boolean }, io: Io): Promise<void> {
  if (flags.quiet) return;
  const notes = [...input.notes];
  // A source that failed as a whole has its note.
  const skipped = input.skipped.filter(({ reason }) => !notes.includes(reason));
  if (skipped.length > 0) notes.push(leftOut(skipped));
  if (input.interrupted) notes.push('interrupted: the report covers what was read before');
  for (const note of notes) await write(io.stderr, `note: ${note}\n`);
}

function leftOut(skipped: CollectedInput['skipped']): string {
  const lost = skipped.reduce((sum, { count }) => sum + count, 0);
  const [first, ...others] = new Set(skipped.map(({ reason }) => reason));
  const more = others.length === 0 ? '' : ` (and ${others.length} other ${others.length === 1 ? 'reason' : 'reasons'})`;
  return `${lost} ${lost === 1 ? 'record was' : 'records were'} left out: ${first}${more}`;
}
