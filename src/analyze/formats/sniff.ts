import { Buffer } from 'node:buffer';
import type { InputError } from '../model/errors.ts';
import type { Format, Head } from './format.ts';
import { emptyError, unknownFormatError, unreadFormatError } from './input-errors.ts';
import { outlineOf } from './json-outline.ts';
import { junkName, unreadFormatOf } from './unread-formats.ts';

export type Sniffed =
  | { readonly format: Format; readonly head: Head }
  | { readonly refusal: InputError }
  /** More bytes are needed. */
  | 'undecided';

interface SniffedHead extends Head {
  /** There is nothing to learn from more bytes. */
  readonly isComplete: boolean;
}

/** What can be told of a document by its beginning, or by all of it. */
export function headOf(bytes: Uint8Array, isWhole: boolean): SniffedHead {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const outline = outlineOf(text);
  const isBlank = /^[\s\uFEFF]*$/.test(text);
  return {
    bytes,
    json: outline.value,
    startsInLines: startsInLines(text),
    isComplete: isWhole || (outline.isComplete && !isBlank),
  };
}

/** Tells a document's format; `mustDecide` when there are no more bytes, or there were enough. */
export function sniff(formats: readonly Format[], head: SniffedHead, mustDecide: boolean): Sniffed {
  const format = formats.find(({ recognises }) => recognises(head));
  if (format !== undefined) return { format, head };
  const unread = unreadFormatOf(head);
  if (unread !== undefined) return { refusal: unreadFormatError(unread.label, unread.fix) };
  if (!head.isComplete && !mustDecide) return 'undecided';
  if (head.bytes.length === 0) return { refusal: emptyError() };
  return { refusal: unknownFormatError(head.bytes, junkName(head)) };
}

/** Whether the second line begins like the first, with a key that nothing within an OTLP or Jaeger document has. */
function startsInLines(text: string): boolean {
  const begin = /^[\s\uFEFF]*(\{"(?:resourceSpans|result|batches|data)")/.exec(text)?.[1];
  const newline = begin === undefined ? -1 : text.indexOf('\n', text.indexOf(begin));
  return newline >= 0 && text.startsWith(begin as string, newline + 1);
}
