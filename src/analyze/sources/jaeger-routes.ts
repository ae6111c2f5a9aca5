import { formatInstant } from './jaeger-query.ts';

/** One search of one service. Both ends of the window are included, and `min` is before `max`. */
export interface JaegerSearch {
  readonly service: string;
  readonly operation: string | undefined;
  readonly minUnixNano: bigint;
  readonly maxUnixNano: bigint;
  readonly minDurationNs: bigint | undefined;
  readonly tags: readonly (readonly [key: string, value: string])[];
  /** How many traces to ask for. */
  readonly ask: number;
}

/**
 * The ways to search, best first. Summaries name traces without sending them; the others send every span.
 * - `summaries` and `v3`: camelCase parameters, from 2.19 on;
 * - `v3-snake`: api_v3 of up to 2.18, which takes snake_case alone and *ignores* tags;
 * - `v1`: gone after 2.20, and in whole microseconds.
 */
export const SEARCH_ROUTES = ['summaries', 'v3', 'v3-snake', 'v1'] as const;
export type SearchRoute = (typeof SEARCH_ROUTES)[number];

/** The member that makes an answer of the route an answer. */
export const SEARCH_MEMBER: Readonly<Record<SearchRoute, string>> = {
  summaries: 'summaries',
  v3: 'result',
  'v3-snake': 'result',
  v1: 'data',
};

export function searchPath(route: SearchRoute, search: JaegerSearch): string {
  switch (route) {
    case 'summaries':
      return `/api/v3/trace-summaries?${v3Parameters(search)}`;
    case 'v3':
      return `/api/v3/traces?${v3Parameters(search)}&query.rawTraces=true`;
    case 'v3-snake':
      return `/api/v3/traces?${v3SnakeParameters(search)}&query.raw_traces=true`;
    case 'v1':
      return `/api/traces?${v1Parameters(search)}&raw=true`;
  }
}

/** Raw: adjusters would edit the trace. Each version reads its own spelling and ignores the other. */
export function v3TracePath(traceId: string): string {
  return `/api/v3/traces/${traceId}?rawTraces=true&raw_traces=true`;
}

export function v1TracePath(traceId: string): string {
  return `/api/traces/${traceId}?raw=true`;
}

export function v3OperationsPath(service: string): string {
  return `/api/v3/operations?${parameters([['service', service]])}`;
}

export function v1OperationsPath(service: string): string {
  return `/api/operations?${parameters([['service', service]])}`;
}

type Parameter = readonly [key: string, value: string | undefined];

// encodeURIComponent, not URLSearchParams: a "+" for a space is not read as one everywhere.
function parameters(list: readonly Parameter[]): string {
  const set = list.filter(([, value]) => value !== undefined);
  return set.map(([key, value]) => `${key}=${encodeURIComponent(value!)}`).join('&');
}

function goDuration(ns: bigint | undefined): string | undefined {
  return ns === undefined ? undefined : `${ns}ns`;
}

function tagsJson(search: JaegerSearch): string | undefined {
  // fromEntries defines members, so a tag named __proto__ is one like any other.
  return search.tags.length === 0 ? undefined : JSON.stringify(Object.fromEntries(search.tags));
}

function v3Parameters(search: JaegerSearch): string {
  return parameters([
    ['query.serviceName', search.service],
    ['query.operationName', search.operation],
    ['query.startTimeMin', formatInstant(search.minUnixNano)],
    ['query.startTimeMax', formatInstant(search.maxUnixNano)],
    ['query.searchDepth', String(search.ask)],
    ['query.durationMin', goDuration(search.minDurationNs)],
    ['query.attributes', tagsJson(search)],
  ]);
}

function v3SnakeParameters(search: JaegerSearch): string {
  return parameters([
    ['query.service_name', search.service],
    ['query.operation_name', search.operation],
    ['query.start_time_min', formatInstant(search.minUnixNano)],
    ['query.start_time_max', formatInstant(search.maxUnixNano)],
    ['query.num_traces', String(search.ask)],
    ['query.duration_min', goDuration(search.minDurationNs)],
  ]);
}

function v1Parameters(search: JaegerSearch): string {
  return parameters([
    ['service', search.service],
    ['operation', search.operation],
    ['start', String(search.minUnixNano / 1000n)],
    // Rounded up: the window must not lose what its last microsecond holds.
    ['end', String((search.maxUnixNano + 999n) / 1000n)],
    ['limit', String(search.ask)],
    ['minDuration', goDuration(search.minDurationNs)],
    ['tags', tagsJson(search)],
  ]);
}
