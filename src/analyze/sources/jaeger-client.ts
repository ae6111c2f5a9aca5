import { createDocumentReader } from '../formats/index.ts';
import { byCodeUnit } from '../model/by-code-unit.ts';
import { InputError } from '../model/errors.ts';
import type { HttpClient } from './http-client.ts';
import type { PeerName } from './http-errors.ts';
import {
  type Judged,
  type OpenedBody,
  openJsonStream,
  readJsonAnswer,
  retryOnceWhenCut,
  tooLargeError,
} from './jaeger-answer.ts';

import {
  type JaegerSearch,
  SEARCH_MEMBER,
  SEARCH_ROUTES,
  type SearchRoute,
  searchPath,
  v1OperationsPath,
  v1TracePath,
  v3OperationsPath,
  v3TracePath,
} from './jaeger-routes.ts';
import { jaegerTraceId, traceStartsSink } from './jaeger-sinks.ts';
import { SourceError } from './source-error.ts';

export interface JaegerOperation {
  readonly name: string;
  /** `server`, `client` …; absent where Jaeger does not know. */
  readonly spanKind?: string;
}

/** Jaeger's HTTP API, whichever of its versions answers: `/api/v3` first, v1 where v3 is missing. */
export interface JaegerClient {
  readonly name: PeerName;
  /** In code unit order. */
  services(): Promise<readonly string[]>;
  operations(service: string): Promise<readonly JaegerOperation[]>;
  /** Ids (32 hex digits) of at most `ask` traces with a matching span in the window, and when each trace begins. */
  search(search: JaegerSearch): Promise<ReadonlyMap<string, bigint>>;
  /** The document of one trace, unadjusted, as OTLP JSON (v3) or Jaeger JSON (v1). */
  trace(traceId: string, signal?: AbortSignal): Promise<OpenedBody | 'not found'>;
}

const MAX_LIST_BYTES = 64 * 1024 * 1024;
/** A search that sends whole traces is streamed, so this bounds time, not memory. */
const MAX_SEARCH_BYTES = 8 * 1024 ** 3;

export function createJaegerClient(http: HttpClient): JaegerClient {
  const missing = new Set<SearchRoute>();
  return {
    name: http.name,
    services: async () => {
      const list = await getList(http, '/api/v3/services', 'services', '/api/services');
      return list.filter((name) => typeof name === 'string').sort(byCodeUnit);
    },
    operations: async (service) => {
      const list = await getList(http, v3OperationsPath(service), 'operations', v1OperationsPath(service));
      const named = list.flatMap(toOperation);
      return named.sort((a, b) => byCodeUnit(a.name, b.name) || byCodeUnit(a.spanKind ?? '', b.spanKind ?? ''));
    },
    search: (search) => searchBestRoute(http, search, missing),
    trace: (traceId, signal) => openTrace(http, traceId, signal),
  };
}

function toOperation(entry: unknown): JaegerOperation[] {
  if (typeof entry !== 'object' || entry === null) return [];
  const { name, spanKind } = entry as { name?: unknown; spanKind?: unknown };
  if (typeof name !== 'string') return [];
  return [typeof spanKind === 'string' && spanKind !== '' ? { name, spanKind } : { name }];
}

async function getList(http: HttpClient, v3Path: string, v3Member: string, v1Path: string): Promise<unknown[]> {
  const get = (path: string, member: string) =>
    retryOnceWhenCut(async () => readJsonAnswer(await http.get(path), member, MAX_LIST_BYTES, http.name));
  const v3 = await get(v3Path, v3Member);
  if (v3.kind === 'answer') return asList(v3.value[v3Member]);
  if (v3.kind === 'error' && v3.status !== 404) throw refusedError(http.name, v3);
  const v1 = await get(v1Path, 'data');
  if (v1.kind === 'answer') return asList(v1.value.data);
  throw v1.kind === 'error' ? refusedError(http.name, v1) : notAJaegerError(http.name, v1.evidence);
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? [...value] : [];
}

async function searchBestRoute(
  http: HttpClient,
  search: JaegerSearch,
  missing: Set<SearchRoute>,
): Promise<ReadonlyMap<string, bigint>> {
  let evidence = '';
  let ignoresTags = false;
  for (const route of SEARCH_ROUTES) {
    if (missing.has(route)) continue;
    if (route === 'v3-snake' && search.tags.length > 0) {
      ignoresTags = true;
      continue;
    }
    const judged = await retryOnceWhenCut(() => searchRoute(http, route, search));
    if (judged.kind === 'answer') return judged.value;
    if (judged.kind === 'error' && judged.status === 404) return new Map();
    // Up to 2.18: "query.start_time_min and query.start_time_max are required", although both were given in camelCase.
    const wantsSnakeCase = judged.kind === 'error' && route !== 'v3-snake' && /start_time_min/.test(judged.message);
    if (judged.kind === 'error' && !wantsSnakeCase) throw refusedError(http.name, judged);
    if (judged.kind === 'no route') evidence = judged.evidence;
    missing.add(route);
  }
  if (!ignoresTags) throw notAJaegerError(http.name, evidence);
  throw new SourceError('TA1210', `${http.name.peer} at ${http.name.printed} cannot search by tag`, {
    why: 'its api_v3 is older than 2.19 and ignores tags, and it has no v1 API',
    fix: 'leave out --tag, or update Jaeger',
  });
}

async function searchRoute(
  http: HttpClient,
  route: SearchRoute,
  search: JaegerSearch,
): Promise<Judged<ReadonlyMap<string, bigint>>> {
  const path = searchPath(route, search);
  const member = SEARCH_MEMBER[route];
  if (route === 'summaries') {
    const judged = await readJsonAnswer(await http.get(path), member, MAX_LIST_BYTES, http.name);
    return judged.kind === 'answer' ? { kind: 'answer', value: summaryStarts(asList(judged.value[member])) } : judged;
  }
  const judged = await openJsonStream(await http.get(path), member, http.name);
  return judged.kind === 'answer' ? readStarts(judged.value, http.name) : judged;
}

function summaryStarts(summaries: readonly unknown[]): ReadonlyMap<string, bigint> {
  const starts = new Map<string, bigint>();
  for (const summary of summaries) {
    const { traceId, minStartTimeUnixNano: start } = (summary ?? {}) as Record<string, unknown>;
    if (typeof traceId !== 'string') continue;
    const isNumber = (typeof start === 'string' && /^\d+$/.test(start)) || Number.isSafeInteger(start);
    starts.set(jaegerTraceId(traceId), isNumber ? BigInt(start as string | number) : 0n);
  }
  return starts;
}

async function readStarts(body: OpenedBody, name: PeerName): Promise<Judged<ReadonlyMap<string, bigint>>> {
  const starts = new Map<string, bigint>();
  const reader = createDocumentReader(traceStartsSink(starts));
  let bytes = 0;
  try {
    for await (const chunk of body.chunks) {
      bytes += chunk.byteLength;
      if (bytes > MAX_SEARCH_BYTES) throw tooLargeError(name, MAX_SEARCH_BYTES, 'a search result');
      reader.write(chunk);
    }
    // Half of an answer would look like fewer hits than there are.
    if (reader.end().cut) throw brokenSearchError(name, bytes);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    // Whole and without a span is an answer too: {"data":[]}.
    if (!body.isWholeJson) throw brokenSearchError(name, bytes, error);
  }
  return { kind: 'answer', value: starts };
}

function brokenSearchError(name: PeerName, bytes: number, cause?: unknown): SourceError {
  return new SourceError('TA1207', `a search result of ${name.peer} at ${name.printed} is no whole JSON`, {
    why: `it breaks off or goes wrong within ${bytes} bytes`,
    fix: 'try again, or ask for less: --limit, --since',
    cause,
  });
}

async function openTrace(
  http: HttpClient,
  traceId: string,
  signal: AbortSignal | undefined,
): Promise<OpenedBody | 'not found'> {
  const v3 = await openJsonStream(await http.get(v3TracePath(traceId), signal), 'result', http.name);
  if (v3.kind === 'answer') return v3.value;
  if (v3.kind === 'error') return notFoundOrThrow(http.name, v3);
  const v1 = await openJsonStream(await http.get(v1TracePath(traceId), signal), 'data', http.name);
  if (v1.kind === 'answer') return v1.value;
  if (v1.kind === 'error') return notFoundOrThrow(http.name, v1);
  throw notAJaegerError(http.name, v1.evidence);
}

function notFoundOrThrow(name: PeerName, error: { status: number; message: string }): 'not found' {
  if (error.status === 404) return 'not found';
  throw refusedError(name, error);
}

function refusedError(name: PeerName, error: { status: number; message: string }): SourceError {
  return new SourceError('TA1209', `${name.peer} at ${name.printed} refused the request (HTTP ${error.status})`, {
    why: `it says: ${error.message}`,
    fix: 'check --since, --until, --min-duration, --tag and --trace',
  });
}

function notAJaegerError(name: PeerName, evidence: string): SourceError {
  return new SourceError('TA1201', `no ${name.peer} answers at ${name.printed}: ${evidence}`, {
    why: 'neither /api/v3 nor the older API is there: another server, a missing base path, or a login page',
    fix: 'pass the address of the Jaeger UI with its base path (http://host:16686/base), and --token or a header if it asks for a login',
  });
}
