import { digestText } from '../content-digest.ts';
import type { Fingerprint } from './fingerprint.ts';
import { withoutId } from './id-like.ts';

const MAX_DEPTH = 8;
const MAX_PATHS = 64;
const READS: ReadonlySet<string> = new Set(
  'find findone aggregate count countdocuments distinct getmore get getitem batchgetitem query scan search msearch mget explain'.split(
    ' ',
  ),
);
/** Members of a command that say how it is run, not what it asks for. */
const ENVELOPE: ReadonlySet<string> = new Set([
  'lsid',
  '$db',
  '$clusterTime',
  'txnNumber',
  'cursor',
  'batchSize',
  'comment',
]);

export interface DocumentCommand {
  readonly operation?: string | undefined;
  readonly collection?: string | undefined;
  readonly statement?: string | undefined;
}

/** A command of a document store: operation, collection and the sorted paths of its filter, values left out. */
export function fingerprintDocument(command: DocumentCommand): Fingerprint {
  const { collection, statement } = command;
  const parsed = statement === undefined ? undefined : parse(statement);
  const operation = command.operation ?? firstMember(parsed) ?? 'command';
  const found = { paths: new Set<string>(), hidden: false, lists: 0 };
  if (parsed !== undefined) collect(parsed, '', 0, found);
  const shape = parsed === undefined ? '' : ` {${[...found.paths].sort().join(', ')}}`;
  const what = [operation, collection ?? ''].filter((part) => part !== '').join(' ');
  return {
    text: `${what}${shape}`,
    subject: what,
    value: parsed === undefined ? undefined : digestText(statement as string),
    complete: parsed !== undefined && !found.hidden,
    batch: found.lists > 0 || /many|bulk|batch/i.test(operation),
    detail: parsed === undefined ? 1 : 2,
    writes: !READS.has(operation.toLowerCase()),
    target: collection,
  };
}

function parse(statement: string): object | undefined {
  try {
    const value: unknown = JSON.parse(statement);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined; // not JSON, or cut short
  }
}

/** MongoDB names the command by the first member: `{"find": "users", …}`. */
function firstMember(parsed: object | undefined): string | undefined {
  return parsed === undefined || Array.isArray(parsed) ? undefined : Object.keys(parsed)[0];
}

/** Walks at most `MAX_DEPTH` levels. The elements of a list share one path; a list of several values is a batch. */
function collect(
  value: unknown,
  path: string,
  depth: number,
  found: { readonly paths: Set<string>; hidden: boolean; lists: number },
): void {
  if (found.paths.size >= MAX_PATHS || depth > MAX_DEPTH) return;
  if (Array.isArray(value)) {
    if (value.length > 1 && /(^|\.)(\$in|documents|updates|deletes|ids|docs)$/.test(path)) found.lists++;
    if (value.length === 0) found.paths.add(`${path}[]`);
    for (const element of value.slice(0, 16)) collect(element, `${path}[]`, depth + 1, found);
    return;
  }
  if (typeof value !== 'object' || value === null) {
    if (value === '?') found.hidden = true;
    found.paths.add(path);
    return;
  }
  for (const [name, member] of Object.entries(value)) {
    if (ENVELOPE.has(name)) continue;
    const step = withoutId(name);
    collect(member, path === '' ? step : `${path}.${step}`, depth + 1, found);
  }
}
