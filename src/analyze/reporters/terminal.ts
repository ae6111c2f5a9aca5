import { styleText } from 'node:util';
import stringWidth from 'string-width';
import { asciiOnly } from './printable.ts';

export interface TextOptions {
  readonly color: boolean;
  /** Columns. */
  readonly width: number;
  /** Nothing but ASCII, for terminals that know no more. */
  readonly ascii: boolean;
  /** Links as OSC 8 hyperlinks behind their words; else as plain URLs. */
  readonly hyperlinks?: boolean;
  /** One record a line, for other programs; the rest of the options does not matter then. */
  readonly plain?: boolean;
}

export type Paint = 'bold' | 'dim' | 'red' | 'yellow' | 'cyan' | 'green';

/** Below this many columns tables become lists. */
export const LIST_BELOW = 60;

export function paint(options: TextOptions, format: Paint | undefined, text: string): string {
  return options.color && format !== undefined ? styleText(format, text, { validateStream: false }) : text;
}

/** Text as the terminal takes it; to be done before anything is measured. */
export function spell(options: TextOptions, text: string): string {
  return options.ascii ? asciiOnly(text) : text;
}

/** Columns that unpainted text takes. */
export function widthOf(text: string): number {
  return /^[\x20-\x7e]*$/.test(text) ? text.length : stringWidth(text);
}

/**
 * Cuts out the middle of a text that is far longer than a line. To be done before a text is measured: telling characters
 * apart takes time that grows with the square of the length.
 */
export function clip(text: string, width: number, ellipsis: string): string {
  const half = Math.max(width, 10) * 2;
  if (text.length <= half * 2) return text;
  return (
    text.slice(0, half).replace(/[\ud800-\udbff]$/, '') + ellipsis + text.slice(-half).replace(/^[\udc00-\udfff]/, '')
  );
}

/** Shortens in the middle, where names differ least. */
export function shorten(text: string, width: number, ellipsis: string): string {
  const clipped = clip(text, width, ellipsis);
  if (widthOf(clipped) <= width) return clipped;
  if (width < 1) return '';
  const room = width - widthOf(ellipsis);
  const parts = graphemes(clipped);
  const tail = takeWhile(parts.toReversed(), Math.floor(room / 2))
    .reverse()
    .join('');
  return takeWhile(parts, room - widthOf(tail)).join('') + ellipsis + tail;
}

function graphemes(text: string): string[] {
  return Array.from(new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text), ({ segment }) => segment);
}

function takeWhile(parts: readonly string[], width: number): string[] {
  let used = 0;
  let count = 0;
  for (; count < parts.length; count++) {
    used += widthOf(parts[count] as string);
    if (used > width) break;
  }
  return parts.slice(0, count);
}

/** A sentence over as many lines as it needs; `indent` stands before each. Words longer than a line are shortened. */
export function paragraph(options: TextOptions, text: string, indent = '', format?: Paint): string[] {
  const room = Math.max(options.width - indent.length, 10);
  const lines: string[] = [];
  let line = '';
  for (const word of spell(options, text).split(' ')) {
    const fitted = shorten(word, room, spell(options, '…'));
    if (line === '') line = fitted;
    else if (widthOf(line) + 1 + widthOf(fitted) <= room) line += ` ${fitted}`;
    else {
      lines.push(line);
      line = fitted;
    }
  }
  return [...lines, line].map((full) => indent + paint(options, format, full));
}

/** A link on a line of its own. URLs are never cut: half a link leads nowhere. */
export function linkLine(options: TextOptions, label: string, url: string, indent: string): string {
  const target = asciiOnly(url);
  if (!options.hyperlinks) return `${indent}${label} ${paint(options, 'dim', target)}`;
  return `${indent}\u001b]8;;${target}\u001b\\${paint(options, 'cyan', label)}\u001b]8;;\u001b\\`;
}
