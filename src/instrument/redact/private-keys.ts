import type { Redactor } from './rule.ts';

const BEGIN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
const END = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/y;
/** Base64, and the line ends between, which are escaped where the text is JSON. */
const BODY = /[A-Za-z0-9+/=:,\s]+|-(?!----)|\\+[nr]/y;

/** Keys in PEM, whole or cut off. */
export const redactPrivateKeys: Redactor = (text, tally) => {
  if (!text.includes('-----BEGIN')) return text;
  let kept = '';
  let from = 0;
  BEGIN.lastIndex = 0;
  for (let found = BEGIN.exec(text); found !== null; found = BEGIN.exec(text)) {
    kept += `${text.slice(from, found.index)}[redacted private key]`;
    from = endOfKey(text, BEGIN.lastIndex);
    BEGIN.lastIndex = from;
    tally.redacted++;
  }
  return kept + text.slice(from);
};

function endOfKey(text: string, from: number): number {
  let at = from;
  for (BODY.lastIndex = at; BODY.test(text); BODY.lastIndex = at) at = BODY.lastIndex;
  END.lastIndex = at;
  return END.test(text) ? END.lastIndex : at;
}
