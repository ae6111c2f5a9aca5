import { redactText } from '../redact.ts';

/** What is cut off is looked at for so many characters on: a secret that begins before the cut may end after it. */
const MARGIN = 8192;

/**
 * The first `room` characters of a text without its secrets. Redacted before it is cut, as half a key is found by
 * nobody. No longer than that, save for `mark`, which says that it was cut.
 */
export function redactAndCut(text: string, room: number, mark = '…'): string {
  const isWhole = text.length <= room + MARGIN;
  const clean = redactText(isWhole ? text : text.slice(0, room + MARGIN));
  if (isWhole && clean.length <= room) return clean;
  let end = isWhole ? room : Math.min(room, Math.max(0, clean.length - MARGIN));
  // Half a surrogate pair is no text.
  if (end > 0 && clean.charCodeAt(end - 1) >> 10 === 0x36) end--;
  return clean.slice(0, end) + mark;
}
