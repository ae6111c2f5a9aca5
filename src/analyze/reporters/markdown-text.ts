import { printable } from './printable.ts';

/** Keeps GitHub from making a mention or a reference of what follows; has no width. */
const WORD_JOINER = '&#8288;';

/** Text that renders as itself: no markup, no HTML, no mention, no link of its own, safe inside a table. */
export function markdown(text: string): string {
  return printable(text)
    .replace(/[\\`*_[\]~$]/g, '\\$&')
    .replace(/[&<>|]/g, (char) => `&#${char.charCodeAt(0)};`)
    .replace(/:\/\//g, '&#58;//')
    .replace(/www\./gi, (www) => `${www.slice(0, 3)}&#46;`)
    .replace(/@|#(?=\d)/g, `$&${WORD_JOINER}`)
    .replace(/^[#+=-]/, '\\$&')
    .replace(/^(\d+)([.)])/, '$1\\$2');
}

/** Text as code, safe inside a table: pipes are escaped there even in code. */
export function codeSpan(text: string): string {
  const safe = printable(text).replaceAll('|', '\\|').replaceAll('`', "'");
  return safe.trim() === '' ? '` `' : `\`${safe}\``;
}

export function markdownLink(label: string, url: string): string {
  return `[${label}](<${printable(url).replace(/[<>|\\ ]/g, encodeURIComponent)}>)`;
}
