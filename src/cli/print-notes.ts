import type { CollectedInput } from './collect-input.ts';
import { type Io, write } from './io.ts';

/** Says on stderr what about the input the user should know. */
export async function printNotes(input: CollectedInput, flags: { readonly quiet?: boolean }, io: Io): Promise<void> {
  if (flags.quiet) return;
  const notes = [...input.notes];
  const lost = input.skipped.reduce((sum, { count }) => sum + count, 0);
  if (lost > 0)
    notes.push(`${lost} ${lost === 1 ? 'record was' : 'records were'} left out: ${input.skipped[0]?.reason}`);
  if (input.interrupted) notes.push('interrupted: the report covers what was read before');
  for (const note of notes) await write(io.stderr, `note: ${note}\n`);
}
