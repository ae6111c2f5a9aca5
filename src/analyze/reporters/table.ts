import { clip, type Paint, paint, shorten, spell, type TextOptions, widthOf } from './terminal.ts';

export interface Column {
  readonly head: string;
  readonly align?: 'left' | 'right';
  /** Takes what the others leave, and is shortened to it. At most one. */
  readonly flexible?: boolean;
}

export interface Cell {
  readonly text: string;
  readonly paint?: Paint;
}

const GAP = '  ';
const MIN_FLEXIBLE = 12;

/** Lines of a table: a head, then each row, with the lines that belong under it. */
export function table(
  options: TextOptions,
  columns: readonly Column[],
  rows: readonly { readonly cells: readonly Cell[]; readonly below?: readonly string[] }[],
): string[] {
  const ellipsis = spell(options, '…');
  const heads = columns.map(({ head }): Cell => ({ text: head, paint: 'dim' }));
  const spelled = [{ cells: heads }, ...rows].map(({ cells }) =>
    cells.map((cell) => ({ ...cell, text: clip(spell(options, cell.text), options.width, ellipsis) })),
  );
  const widths = columns.map((_, c) => spelled.reduce((most, cells) => Math.max(most, widthOf(cells[c]!.text)), 0));
  const flexible = columns.findIndex((column) => column.flexible);
  if (flexible >= 0) {
    const others = widths.reduce((sum, width, c) => (c === flexible ? sum : sum + width), 0);
    const room = options.width - others - GAP.length * (columns.length - 1);
    widths[flexible] = Math.min(widths[flexible] as number, Math.max(room, MIN_FLEXIBLE));
  }
  const line = (cells: readonly Cell[]): string =>
    columns
      .map(({ align }, c) => {
        const { text, paint: format } = cells[c] as Cell;
        const fitted = shorten(text, widths[c] as number, ellipsis);
        const space = ' '.repeat(Math.max((widths[c] as number) - widthOf(fitted), 0));
        const painted = fitted.trim() === '' ? fitted : paint(options, format, fitted);
        return align === 'right' ? space + painted : painted + space;
      })
      .join(GAP)
      .trimEnd();
  const [head, ...body] = spelled.map(line);
  return [head as string, ...body.flatMap((text, i) => [text, ...(rows[i]?.below ?? [])])];
}
