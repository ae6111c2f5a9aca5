import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { codeSpan, markdown, markdownLink } from '../../../src/analyze/reporters/markdown-text.ts';
import { asciiOnly, printable } from '../../../src/analyze/reporters/printable.ts';
import { table } from '../../../src/analyze/reporters/table.ts';
import { linkLine, paint, paragraph, shorten, widthOf } from '../../../src/analyze/reporters/terminal.ts';

const PLAIN = { color: false, width: 40, ascii: false };

describe('text from a trace', () => {
  it('cannot move the cursor, colour, hide or reorder', () => {
    expect(printable('a\u001b[2Jb')).toBe('a\\x1b[2Jb');
    expect(printable('line\nbreak\r\t\u0000\u007f\u009b')).toBe('line\\nbreak\\r\\t\\x00\\x7f\\x9b');
    expect(printable('exe\u202egnp.txt\u2066\u200b\ufeff\u00ad')).toBe(
      'exe\\u{202e}gnp.txt\\u{2066}\\u{200b}\\u{feff}\\xad',
    );
    expect(printable('half \ud83d pair\u2028')).toBe('half \\u{d83d} pair\\u{2028}');
  });

  it('keeps letters of all scripts and joined emoji', () => {
    const text = 'größe 検索 कि👩‍💻 می‌خواهم';
    expect(printable(text)).toBe(text);
  });

  it('is spelled out where the terminal knows only ASCII', () => {
    expect(asciiOnly('9× µs › … größe 検')).toBe('9x us > ~ gr\\xf6\\xdfe \\u{691c}');
  });
});

describe('shortening', () => {
  it('takes from the middle, by columns', () => {
    expect(shorten('web_search', 10, '…')).toBe('web_search');
    expect(shorten('web_search', 9, '…')).toBe('web_…arch');
    expect(shorten('検索サービス', 7, '…')).toBe('検索…ス');
    expect(shorten('abc', 1, '…')).toBe('…');
    expect(shorten('abc', 0, '…')).toBe('');
  });

  it('never exceeds the width nor splits a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 0, max: 20 }), (text, width) => {
        const short = shorten(printable(text), width, '…');
        expect(widthOf(short)).toBeLessThanOrEqual(width);
        expect(short).not.toMatch(/\p{Surrogate}/u);
      }),
    );
  });

  it('of a very long text looks only at its ends', () => {
    expect(shorten('é'.repeat(1e6), 5, '…')).toBe('éé…éé');
  });
});

describe('paragraphs', () => {
  it('break between words and keep their indent', () => {
    expect(paragraph({ ...PLAIN, width: 20 }, 'one two three four five six', '  ')).toEqual([
      '  one two three four',
      '  five six',
    ]);
  });

  it('shorten a word that no line can hold', () => {
    expect(paragraph({ ...PLAIN, width: 12 }, `x ${'abcdefghij'.repeat(3)}`)).toEqual(['x', 'abcdef…fghij']);
  });
});

describe('tables', () => {
  const columns = [
    { head: 'n', align: 'right' as const },
    { head: 'name', flexible: true },
    { head: 'takes', align: 'right' as const },
  ];
  const rows = [
    { cells: [{ text: '1' }, { text: 'web_search in the planner' }, { text: '8.2 s' }], below: ['    more'] },
    { cells: [{ text: '12' }, { text: '検索' }, { text: '350 ms' }] },
  ];

  it('align by columns and give the flexible one what is left', () => {
    expect(table({ ...PLAIN, width: 30 }, columns, rows)).toEqual([
      ' n  name                 takes',
      ' 1  web_searc… planner   8.2 s',
      '    more',
      '12  検索                350 ms',
    ]);
  });

  it('are as wide with colour as without', () => {
    const painted = rows.map((row) => ({
      ...row,
      cells: row.cells.map((cell) => ({ ...cell, paint: 'red' as const })),
    }));
    const widths = (lines: string[]) => lines.map((line) => stringWidth(line));
    expect(widths(table({ ...PLAIN, color: true }, columns, painted))).toEqual(widths(table(PLAIN, columns, rows)));
  });
});

describe('colour', () => {
  it('is given whatever the stream is, and only when asked for', () => {
    expect(paint({ ...PLAIN, color: true }, 'red', 'x')).toBe('\u001b[31mx\u001b[39m');
    expect(paint(PLAIN, 'red', 'x')).toBe('x');
  });
});

describe('links', () => {
  it('stand as whole URLs, or behind a word where the terminal can', () => {
    const url = `http://ui/trace/${'a'.repeat(60)}`;
    expect(linkLine(PLAIN, 'open', url, '  ')).toBe(`  open ${url}`);
    expect(linkLine({ ...PLAIN, hyperlinks: true }, 'open', url, '  ')).toBe(
      `  \u001b]8;;${url}\u001b\\open\u001b]8;;\u001b\\`,
    );
  });
});

describe('Markdown text', () => {
  it('shows markup, HTML, mentions and addresses as they were written', () => {
    expect(markdown('a|b `c` *d* <img src=x> [e](f)')).toBe('a&#124;b \\`c\\` \\*d\\* &#60;img src=x&#62; \\[e\\](f)');
    expect(markdown('&amp; @root #12 http://x www.y')).toBe('&#38;amp; @&#8288;root #&#8288;12 http&#58;//x www&#46;y');
    expect(markdown('# no heading')).toBe('\\# no heading');
    expect(markdown('1. no list')).toBe('1\\. no list');
    expect(markdown('two\nlines')).toBe('two\\\\nlines');
  });

  it('is safe as code, in a table and as the target of a link', () => {
    expect(codeSpan('a|b `c`\n')).toBe("`a\\|b 'c'\\n`");
    expect(codeSpan('')).toBe('` `');
    expect(markdownLink('open', 'http://ui/a|b>c?x=(y)')).toBe('[open](<http://ui/a%7Cb%3Ec?x=(y)>)');
  });
});
