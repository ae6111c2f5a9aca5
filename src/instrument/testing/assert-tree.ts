import { isOff } from '../off.ts';
import { print, type TreeLine } from './tree.ts';

/** What Node, vitest and jest know as a failed assertion, with no need of any of them. */
class TreeMismatch extends Error {
  override readonly name = 'AssertionError';
  readonly code = 'ERR_ASSERTION';
  readonly operator = 'assertTree';
  readonly actual: string;
  readonly expected: string;

  constructor(message: string, actual: string, expected: string) {
    super(message);
    this.actual = actual;
    this.expected = expected;
  }
}

interface ExpectedLine {
  readonly text: string;
  readonly name: string;
  readonly keys: readonly string[];
}

/** Throws if the tree is another. Only those attributes are compared that the expected line of a span names. */
export function compareTrees(lines: readonly TreeLine[], expectedTree: string, open: readonly string[]): void {
  const expected = linesOf(expectedTree).map(parse);
  const byName = new Map(expected.map(({ name, keys }) => [name, keys]));
  const actual = lines.map((line, i) => {
    const same = expected[i]?.name === line.name ? expected[i] : undefined;
    return print(line, same?.keys ?? byName.get(line.name) ?? []);
  });
  const texts = expected.map(({ text }) => text);
  if (actual.length === texts.length && actual.every((line, i) => line === texts[i])) return;
  const parts = ['The spans are not as expected (- expected, + recorded):', diff(texts, actual)];
  if (open.length > 0) parts.push(`Still open: ${open.join(', ')}. Wait for them with settled().`);
  if (isOff()) parts.push('TRACE_ANALYZE_DISABLED or OTEL_SDK_DISABLED is set: wrapped functions have no spans.');
  throw new TreeMismatch(parts.join('\n\n'), actual.join('\n'), texts.join('\n'));
}

/** Without blank lines, and without the indentation that all lines share. */
function linesOf(tree: string): string[] {
  const lines = tree
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
  const shared = Math.min(...lines.map((line) => line.length - line.trimStart().length));
  return lines.map((line) => line.slice(shared));
}

function parse(text: string): ExpectedLine {
  const line = text.trim();
  // Names may have braces of their own.
  const open = line.search(/ \{[\w.-]+=/);
  const rest = open < 0 ? line : line.slice(0, open);
  const name = rest.replace(/( \[\w+\])?( \((error: .*|remote parent|parent .*)\))*$/, '');
  const keys = open < 0 ? [] : [...line.slice(open + 1).matchAll(/[{,] ?([\w.-]+)=/g)].map(([, key]) => key!);
  return { text, name, keys };
}

/** Lines of both, in their order, by the longest common subsequence. */
function diff(expected: readonly string[], actual: readonly string[]): string {
  const common = lengths(expected, actual);
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < expected.length || j < actual.length) {
    if (i < expected.length && j < actual.length && expected[i] === actual[j]) {
      lines.push(`  ${expected[i++]}`);
      j++;
    } else if (j >= actual.length || (i < expected.length && common[i + 1]![j]! >= common[i]![j + 1]!)) {
      lines.push(`- ${expected[i++]}`);
    } else lines.push(`+ ${actual[j++]}`);
  }
  return lines.join('\n');
}

/** Of the longest common subsequence of what is left from each pair of places on. */
function lengths(a: readonly string[], b: readonly string[]): number[][] {
  const table = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      table[i]![j] = a[i] === b[j] ? table[i + 1]![j + 1]! + 1 : Math.max(table[i + 1]![j]!, table[i]![j + 1]!);
    }
  }
  return table;
}
