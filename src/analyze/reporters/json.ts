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
 * The report as JSON in pieces, for documents larger than a string can be: a line for each member and, in lists, for
 * each item, so that two reports can be compared line by line. Members keep their order; ends with a newline.
 */
export function* jsonChunks(report: Report): Generator<string> {
  let separator = '{\n';
  for (const member of MEMBERS) {
    yield `${separator}${JSON.stringify(member)}:`;
    separator = ',\n';
    const value: unknown = report[member];
    if (Array.isArray(value)) yield* listChunks(value);
    else yield stringify(value);
  }
  yield '\n}\n';
}

function* listChunks(items: readonly unknown[]): Generator<string> {
  if (items.length === 0) {
    yield '[]';
    return;
  }
  let separator = '[\n';
  for (const item of items) {
    yield separator + stringify(item);
    separator = ',\n';
  }
  yield '\n]';
}

/** As JSON.stringify, but a bigint is written as the integer that it is. Reports are shallow: recursion is safe. */
export function stringify(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${value.map(stringify).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${stringify(member)}`).join(',')}}`;
}
