import type { Attributes } from '@opentelemetry/api';
import { ATTR } from '../semconv.ts';

/** Those of RFC 9110, PATCH and QUERY: the conventions' list. */
const METHODS: ReadonlySet<string> = new Set('GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH QUERY'.split(' '));

export function methodAttributes(method: string): Attributes {
  if (METHODS.has(method)) return { [ATTR.httpMethod]: method };
  return { [ATTR.httpMethod]: '_OTHER', [ATTR.httpMethodOriginal]: method.slice(0, 32) };
}

/** What a span is named for: a method that is none would make for many names. */
export function nameOfMethod(method: string): string {
  return METHODS.has(method) ? method : 'HTTP';
}
