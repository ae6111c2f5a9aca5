import { digestText } from '../content-digest.ts';
import type { Fingerprint } from './fingerprint.ts';
import { withoutId } from './id-like.ts';

const MAX_CHARACTERS = 4096;
const MAX_QUERY_NAMES = 32;
const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'QUERY']);

export interface HttpRequest {
  /** Upper case; '' where not recorded. */
  readonly method: string;
  /** Lower case, no port; undefined where not recorded. */
  readonly host?: string | undefined;
  /** A whole URL, or a path with or without query. */
  readonly target?: string | undefined;
  /** `url.template`, `http.route`: better than a guess from the path. */
  readonly template?: string | undefined;
}

/** A URL's path and query, as recorded; '' where there is none. */
export interface UrlParts {
  readonly path: string;
  readonly query: string;
}

/** Method, host and path with `{id}` for what says which one, and the sorted names of the query. */
export function fingerprintHttp(request: HttpRequest): Fingerprint {
  const parts = urlParts((request.target ?? '').slice(0, MAX_CHARACTERS));
  const host = request.host === undefined ? '' : hostTemplate(request.host);
  const path = request.template === undefined ? pathTemplate(parts.path) : urlParts(request.template).path;
  const names = queryNames(parts.query);
  const text = [request.method, `${host}${path}${names}`].filter((part) => part !== '').join(' ');
  const visible = request.target !== undefined;
  const reads = READS.has(request.method);
  return {
    text,
    subject: text,
    value: visible ? digestText(`${parts.path}?${parts.query}`) : undefined,
    complete: visible && reads && (request.target as string).length < MAX_CHARACTERS,
    batch: false,
    detail: visible || request.template !== undefined ? 2 : request.host === undefined ? 0 : 1,
    writes: !reads && request.method !== '',
    target: request.host,
    parameters: parametersOf(parts),
  };
}

/** Splits a URL or a request target; scheme, authority and fragment are dropped. */
export function urlParts(target: string): UrlParts {
  const scheme = target.indexOf('://');
  let rest = target;
  if (scheme >= 0 && scheme < 16) {
    const slash = target.slice(scheme + 3).search(/[/?#]/);
    rest = slash < 0 ? '' : target.slice(scheme + 3 + slash);
  }
  const fragment = rest.indexOf('#');
  if (fragment >= 0) rest = rest.slice(0, fragment);
  const mark = rest.indexOf('?');
  return mark < 0 ? { path: rest, query: '' } : { path: rest.slice(0, mark), query: rest.slice(mark + 1) };
}

/** A path with its ids replaced; a slash at the end says nothing. */
export function pathTemplate(path: string): string {
  const template = path
    .split('/')
    .map((segment) => withoutId(segment.split(';', 1)[0] as string))
    .join('/');
  return template.length > 1 && template.endsWith('/') ? template.slice(0, -1) : template;
}

/** A host with the labels replaced that name a pod or a tenant and not a service; an address is one, too. */
export function hostTemplate(host: string): string {
  if (/^[\d.]+$/.test(host) || host.includes(':')) return '{ip}';
  const labels = host.split('.');
  return labels
    .map((label, i) => (i < labels.length - 2 || labels.length === 2 ? labelTemplate(label) : label))
    .join('.');
}

/** Also addresses written as a label (`10-0-3-4`) and the random ends of pod names (`api-7d9f8b6c5-x2x4z`). */
function labelTemplate(label: string): string {
  if (/^\d+(-\d+)+$/.test(label)) return '{id}';
  const pod = /^([a-z][a-z0-9-]{0,50})-[a-z0-9]{8,10}-[a-z0-9]{5}$/.exec(label);
  return pod && /\d/.test(label.slice((pod[1] as string).length)) ? `${pod[1]}-{id}` : withoutId(label);
}

function pairs(query: string): [string, string][] {
  return query
    .split('&', MAX_QUERY_NAMES)
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=');
      return equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    });
}

function queryNames(query: string): string {
  const names = [...new Set(pairs(query).map(([name]) => withoutId(name)))].sort();
  return names.length === 0 ? '' : `?${names.join('&')}`;
}

/** The query's values by name, and those of the path by the segment before them (`/page/3` is a page). */
function parametersOf({ path, query }: UrlParts): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const segments = path.split('/');
  segments.forEach((segment, i) => {
    if (withoutId(segment) !== segment) found.set(`${segments[i - 1] ?? ''}/${i}`, segment);
  });
  for (const [name, value] of pairs(query)) found.set(name, value);
  return found;
}
