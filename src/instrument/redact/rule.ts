/** Counts what was taken out. */
export interface Tally {
  redacted: number;
}

/** Replaces one family of secrets. Linear in the length of the text, whatever the text is. */
export type Redactor = (text: string, tally: Tally) => string;

/** Without a quote or a backslash, so that JSON around it stays JSON. */
export const REDACTED = '[redacted]';

/**
 * Where a word may begin: at the start, after anything that is no letter or digit, and after an escape as JSON has
 * them, whose last letter belongs to no word.
 */
export const WORD_START = '(?<=^|[^A-Za-z0-9\\\\]|\\\\[bfnrt]|\\\\u[0-9a-fA-F]{4})';

/** Replaces what `isSecret` says yes to. What it denies is passed over whole, so that no part is looked at twice. */
export function replaceFound(
  text: string,
  pattern: RegExp,
  tally: Tally,
  replacement: (found: string) => string | undefined,
): string {
  return text.replace(pattern, (found) => {
    const instead = replacement(found);
    if (instead === undefined || instead === found) return found;
    tally.redacted++;
    return instead;
  });
}
