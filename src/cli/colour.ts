import type { TextStream } from './io.ts';

/** What `--color` and `--no-color` said; undefined: nothing. */
export type ColourChoice = boolean | undefined;

/**
 * Whether a stream gets colours: the flags, then NO_COLOR (set and not empty, no-color.org), FORCE_COLOR (`0` and
 * `false` mean off), TERM=dumb, and last whether it is a terminal.
 */
export function wantsColour(stream: TextStream, env: NodeJS.ProcessEnv, choice: ColourChoice): boolean {
  if (choice !== undefined) return choice;
  if (env.NO_COLOR) return false;
  const force = env.FORCE_COLOR;
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false';
  return env.TERM !== 'dumb' && stream.isTTY === true;
}

/** Whether glyphs beyond ASCII can be shown: UTF-8 by the locale, and no terminal that is known to lack it. */
export function isUtf8(env: NodeJS.ProcessEnv): boolean {
  if (env.TERM === 'linux' || env.TERM === 'dumb') return false;
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG;
  return locale === undefined || locale === '' || /utf-?8/i.test(locale);
}

/** Columns to write for: the terminal's, else 100. */
export function widthOf(stream: TextStream): number {
  return stream.isTTY === true && stream.columns !== undefined && stream.columns > 0 ? stream.columns : 100;
}
