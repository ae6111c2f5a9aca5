import type { SpanTable } from '../../model/span-table.ts';
import type { Trace } from '../../model/trace.ts';
import type { CallCategory } from '../call-category.ts';
import { digestText } from '../content-digest.ts';
import { firstAttribute } from '../first-attribute.ts';
import { identityOf } from '../identity.ts';
import type { Kind } from '../kinds.ts';
import { fingerprintDocument } from './document.ts';
import type { Fingerprint } from './fingerprint.ts';
import { fingerprintGraphql } from './graphql.ts';
import { nameWithoutIds, withoutId } from './id-like.ts';
import { fingerprintKeyValue } from './key-value.ts';
import { batchSize, fingerprintModelCall, fingerprintRetrieval, fingerprintTool } from './model-call.ts';
import { fingerprintSql, type SqlFingerprint } from './sql.ts';
import { fingerprintHttp, pathTemplate, urlParts } from './url.ts';

const KEY_VALUE: ReadonlySet<string> = new Set(['redis', 'valkey', 'memcached', 'keydb', 'dragonfly', 'aerospike']);
const DOCUMENTS: ReadonlySet<string> = new Set(
  'mongodb elasticsearch opensearch dynamodb aws.dynamodb cosmosdb azure.cosmosdb couchdb firestore gcp.firestore'.split(
    ' ',
  ),
);
const PARAMETERS = [
  'db.query.parameters',
  'db.statement.parameters',
  'db.postgresql.values',
  ...Array.from({ length: 10 }, (_, i) => `db.query.parameter.${i}`),
];

/** The fingerprint of a call; undefined where nothing recorded tells one call from another (GraphQL over HTTP). */
export function fingerprintOf(trace: Trace, span: number, category: CallCategory, kind: Kind): Fingerprint | undefined {
  switch (category) {
    case 'db':
      return fingerprintDb(trace, span);
    case 'http':
      return fingerprintRequest(trace, span);
    case 'rpc':
      return fingerprintRpc(trace, span);
    case 'mcp':
      return fingerprintMcp(trace, span);
    case 'messaging':
      return fingerprintMessage(trace, span);
    case 'tool':
      return fingerprintTool(trace, span);
    case 'llm':
    case 'embedding':
      return fingerprintModelCall(trace, span, kind);
    case 'retrieval':
      return fingerprintRetrieval(trace, span);
    default:
      return plain(nameWithoutIds(trace.name(span)), 0);
  }
}

/** Nothing is known of the values. */
const plain = (text: string, detail: 0 | 1 | 2): Fingerprint => ({
  text,
  subject: text,
  complete: false,
  batch: false,
  detail,
  writes: false,
});

function fingerprintDb(trace: Trace, span: number): Fingerprint {
  const first = (...keys: string[]): string | undefined => firstAttribute(trace, span, keys);
  const system = (first('db.system.name', 'db.system') ?? '').toLowerCase();
  const statement = first('db.query.text', 'db.statement');
  const operation = first('db.operation.name', 'db.operation');
  const collection = first('db.collection.name', 'db.sql.table', 'db.mongodb.collection');
  const batch = batchSize(trace, span) > 1;
  const named = describeDb(trace, span, statement, { system, operation, collection });
  const summary = first('db.query.summary');
  return { ...named, batch: named.batch || batch, ...(summary === undefined ? {} : { subject: summary }) };
}

function describeDb(
  trace: Trace,
  span: number,
  statement: string | undefined,
  { system, operation, collection }: { system: string; operation: string | undefined; collection: string | undefined },
): Fingerprint {
  if (DOCUMENTS.has(system) || /^\s*[[{]/.test(statement ?? '')) {
    return { ...fingerprintDocument({ operation, collection, statement }) };
  }
  if (statement !== undefined && KEY_VALUE.has(system)) return fingerprintKeyValue(statement, operation);
  if (statement !== undefined) return withParameters(trace, span, sqlOf(trace.table, statement, system));
  const known = [system, operation, collection].filter((part) => part !== undefined && part !== '');
  if (operation === undefined && collection === undefined) return plain(nameWithoutIds(trace.name(span)), 0);
  return { ...plain(known.join('|'), 1), target: collection };
}

/** Statements with placeholders come again and again; so many are remembered per table. */
const MOST_REMEMBERED = 4096;
const remembered = new WeakMap<SpanTable, Map<string, SqlFingerprint>>();

function sqlOf(table: SpanTable, statement: string, system: string): SqlFingerprint {
  const known = remembered.get(table) ?? new Map<string, SqlFingerprint>();
  if (known.size === 0) remembered.set(table, known);
  const key = `${system}\n${statement}`;
  const found = known.get(key) ?? fingerprintSql(statement, system);
  if (known.size < MOST_REMEMBERED) known.set(key, found);
  return found;
}

/** Placeholders are visible after all where the instrumentation recorded what was bound to them. */
function withParameters(trace: Trace, span: number, sql: SqlFingerprint): Fingerprint {
  const { verb, truncated, ...fingerprint } = sql;
  const bound = PARAMETERS.map((key) => trace.attribute(span, key)).filter((value) => value !== undefined);
  if (bound.length === 0 || fingerprint.complete || truncated || verb === '') return fingerprint;
  return { ...fingerprint, value: digestText([fingerprint.value, ...bound].join('|')), complete: true };
}

function fingerprintRequest(trace: Trace, span: number): Fingerprint | undefined {
  const first = (...keys: string[]): string | undefined => firstAttribute(trace, span, keys);
  const host = identityOf(trace, span).host ?? first('service.peer.name', 'peer.service');
  const path = first('url.full', 'http.url', 'http.target') ?? pathAndQuery(first('url.path'), first('url.query'));
  const name = first('graphql.operation.name');
  const document = first('graphql.document');
  if (name !== undefined || document !== undefined) {
    return fingerprintGraphql({ name, document, type: first('graphql.operation.type'), host });
  }
  if (path !== undefined && urlParts(path).path.endsWith('/graphql')) return undefined;
  const method = (first('http.request.method', 'http.method') ?? '').toUpperCase();
  const template = first('url.template', 'http.route');
  if (path === undefined && template === undefined && host === undefined) {
    return plain(nameWithoutIds(trace.name(span)), 0);
  }
  return fingerprintHttp({ method, host, target: path, template });
}

const pathAndQuery = (path: string | undefined, query: string | undefined): string | undefined =>
  path === undefined ? undefined : query === undefined ? path : `${path}?${query}`;

function fingerprintRpc(trace: Trace, span: number): Fingerprint {
  const first = (...keys: string[]): string | undefined => firstAttribute(trace, span, keys);
  const [system, service, method] = [first('rpc.system.name', 'rpc.system'), first('rpc.service'), first('rpc.method')];
  if (service === undefined && method === undefined) return plain(nameWithoutIds(trace.name(span)), 0);
  const subject = [service, method].filter((part) => part !== undefined).join('/');
  return { ...plain([system ?? 'rpc', service ?? '', method ?? ''].join('|'), 1), subject, target: service };
}

/** MCP: the method with the tool or the resource; the value is what was asked of it. */
function fingerprintMcp(trace: Trace, span: number): Fingerprint {
  const method = trace.attribute(span, 'mcp.method.name') ?? '';
  const uri = trace.attribute(span, 'mcp.resource.uri');
  if (method === 'tools/call') {
    const tool = fingerprintTool(trace, span);
    return { ...tool, text: `${method}|${tool.text}` };
  }
  if (uri !== undefined) {
    const text = `${method}|${pathTemplate(uri)}`;
    return { ...plain(text, 2), value: digestText(uri), complete: true, target: uri };
  }
  const prompt = trace.attribute(span, 'gen_ai.prompt.name');
  const listing = /\/list$|^initialize$|^ping$/.test(method);
  const named = prompt === undefined ? plain(method, 1) : plain(`${method}|${prompt}`, 1);
  return listing ? { ...named, value: '', complete: true } : named;
}

function fingerprintMessage(trace: Trace, span: number): Fingerprint {
  const first = (...keys: string[]): string | undefined => firstAttribute(trace, span, keys);
  const destination = first('messaging.destination.name', 'messaging.destination');
  const operation = first('messaging.operation.name', 'messaging.operation.type', 'messaging.operation');
  if (destination === undefined) return plain(nameWithoutIds(trace.name(span)), 0);
  const target = withoutId(destination);
  const text = [first('messaging.system') ?? 'messaging', operation ?? 'send', target].join('|');
  return {
    ...plain(text, 1),
    subject: `${operation ?? 'send'} ${target}`,
    batch: batchSize(trace, span) > 1,
    target,
    writes: true,
  };
}
