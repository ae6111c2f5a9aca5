import type { Report } from '../report/types.ts';

const MEMBERS = [
  'schemaVersion',
  'tool',
  'partial',
  'partialReasons',
  'input',
  'entryPoints',
  'traces',
  'criticalPath',
  'thirdParty',
  'findings',
  'nearMisses',
  'dataQuality',
  'failures',
] as const satisfies readonly (keyof Report)[];

/**
 * The report as JSON in pieces, because a whole one may be longer than a string can be: a line for each member and, in
 * lists, for each item, so that two reports can be compared line by line. Members keep their order; ends with a newline.
 */
export function* jsonChunks(report: Report): Generator<string> {
  let separator = '{\n';
  for (const member of MEMBERS) {
    yield `${separator}${JSON.stringify(member)}:`;
    separator = ',\n';
    const value: unknown = report[member];
    if (Array.isArray(value) && value.length > 0) yield* lines(value);
    else yield* pieces(value);
  }
  yield '\n}\n';
}

function* lines(items: readonly unknown[]): Generator<string> {
  let separator = '[\n';
  for (const item of items) {
    yield separator;
    yield* pieces(item);
    separator = ',\n';
  }
  yield '\n]';
}

/** Items of a list that become one piece. */
const ITEMS_A_PIECE = 1000;

function* pieces(value: unknown): Generator<string> {
  if (!isLong(value)) {
    yield stringify(value);
  } else if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at += ITEMS_A_PIECE) {
      yield (at === 0 ? '[' : ',') + stringify(value.slice(at, at + ITEMS_A_PIECE)).slice(1, -1);
    }
    yield ']';
  } else {
    let separator = '{';
    for (const [key, member] of Object.entries(value as object).filter(([, member]) => member !== undefined)) {
      yield `${separator}${JSON.stringify(key)}:`;
      yield* pieces(member);
      separator = ',';
    }
    yield '}';
  }
}

/** Lists long enough to be cut lie in a trace or directly in a member. */
function isLong(value: unknown, depth = 0): boolean {
  if (Array.isArray(value)) return value.length > ITEMS_A_PIECE;
  const mayHold = typeof value === 'object' && value !== null && depth < 3;
  return mayHold && Object.values(value).some((member) => isLong(member, depth + 1));
}

/** As JSON.stringify, but a bigint is written as the integer that it is. Reports are shallow: recursion is safe. */
export function stringify(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null || !holdsBigint(value)) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(stringify).join(',')}]`;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${stringify(member)}`).join(',')}}`;
}

function holdsBigint(value: object): boolean {
  return Object.values(value).some(
    (member) => typeof member === 'bigint' || (typeof member === 'object' && member !== null && holdsBigint(member)),
  );
}
