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

/** Tells a document's format by its beginning; `isAll` when there is no more of it, or it must do. */
export function sniff(formats: readonly Format[], bytes: Uint8Array, isAll: boolean): Sniffed {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const outline = outlineOf(text);
  const head: Head = { bytes, json: outline.value };
  const format = formats.find(({ recognises }) => recognises(head));
  if (format !== undefined) return { format, head };
  const unread = unreadFormatOf(head);
  if (unread !== undefined) return { refusal: unreadFormatError(unread.label, unread.fix) };
  if (!outline.isComplete && !isAll) return 'undecided';
  if (/^\uFEFF?\s*$/.test(text)) return { refusal: emptyError() };
  return { refusal: unknownFormatError(bytes, junkName(head)) };
}
