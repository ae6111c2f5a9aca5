import { digestText } from '../content-digest.ts';
import type { Fingerprint } from './fingerprint.ts';

export interface GraphqlRequest {
  readonly type?: string | undefined;
  readonly name?: string | undefined;
  readonly document?: string | undefined;
  readonly host?: string | undefined;
}

/**
 * A GraphQL operation: type, name and the document with its literals taken out. Every operation has the same URL, so
 * without one of them there is nothing to group by: undefined.
 */
export function fingerprintGraphql(request: GraphqlRequest): Fingerprint | undefined {
  const { type, name, document, host } = request;
  if (name === undefined && document === undefined) return undefined;
  const shape = document === undefined ? '' : ` #${digestText(documentShape(document)).slice(0, 8)}`;
  const what = [type ?? (document === undefined ? 'operation' : operationType(document)), name ?? '']
    .filter((part) => part !== '')
    .join(' ');
  return {
    text: `graphql ${what}${shape}`,
    subject: what,
    value: document === undefined ? undefined : digestText(document),
    complete: false, // the variables are not recorded
    batch: false,
    detail: document === undefined ? 1 : 2,
    writes: what.startsWith('mutation'),
    target: host,
  };
}

const operationType = (document: string): string =>
  /^\s*(query|mutation|subscription)\b/.exec(document.slice(0, 256))?.[1] ?? 'query';

/** The document without comments and literals, white space folded. One pass. */
export function documentShape(document: string): string {
  let shape = '';
  let at = 0;
  while (at < document.length && shape.length < 4096) {
    const c = document[at] as string;
    if (c === '#') {
      const end = document.indexOf('\n', at);
      at = end < 0 ? document.length : end;
    } else if (c === '"') {
      at = stringEnd(document, at);
      shape += '?';
    } else if (isNumberStart(document, at)) {
      while (at < document.length && /[\d.eE+-]/.test(document[at] as string)) at++;
      shape += '?';
    } else if (/[\s,]/.test(c)) {
      if (!shape.endsWith(' ')) shape += ' ';
      at++;
    } else {
      shape += c;
      at++;
    }
  }
  return shape.trim();
}

function isNumberStart(document: string, at: number): boolean {
  const c = document[at] as string;
  if (!/[\d-]/.test(c)) return false;
  return !/[A-Za-z0-9_]/.test(document[at - 1] ?? ' ');
}

function stringEnd(document: string, at: number): number {
  if (document.startsWith('"""', at)) {
    const close = document.indexOf('"""', at + 3);
    return close < 0 ? document.length : close + 3;
  }
  for (let i = at + 1; i < document.length; i++) {
    if (document[i] === '\\') i++;
    else if (document[i] === '"' || document[i] === '\n') return i + 1;
  }
  return document.length;
}
