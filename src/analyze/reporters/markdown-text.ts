import { printable } from './printable.ts';

/** Signs at the start of a block, markup, HTML and cells, addresses, mentions and references; one pass, so none twice. */
const SPECIAL = /^(?:[#+=-]|\d+[.)])|[\\`*_[\]~$]|[&<>|]|:(?=\/\/)|(?<=www)\.|@|#(?=\d)/gi;

/** Keeps GitHub from making a mention or a reference of what follows; has no width. */
const WORD_JOINER = '&#8288;';

/** Text that renders as itself: no markup, no HTML, no mention, no link of its own, safe inside a table. */
export function markdown(text: string): string {
  return printable(text).replace(SPECIAL, (sign, at: number) => {
    if (/\d/.test(sign)) return `${sign.slice(0, -1)}\\${sign.slice(-1)}`;
    if (sign === '@' || (sign === '#' && at > 0)) return sign + WORD_JOINER;
    return /[&<>|:.]/.test(sign) ? `&#${sign.charCodeAt(0)};` : `\\${sign}`;
  });
}

/** Text as code, safe inside a table: pipes are escaped there even in code. */
export function codeSpan(text: string): string {
  const safe = printable(text).replaceAll('|', '\\|').replaceAll('`', "'");
  return safe.trim() === '' ? '` `' : `\`${safe}\``;
}

export function markdownLink(label: string, url: string): string {
  return `[${label}](<${printable(url).replace(/[<>|\\ ]/g, encodeURIComponent)}>)`;
}
