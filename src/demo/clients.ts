import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { current, step } from '../instrument/index.ts';
import type { QueryAnswer } from './database.ts';
import type { LocalServer } from './local-server.ts';
import { lookup } from './lookup.ts';

const agent = new Agent({ keepAlive: true });

/** An HTTP call by a server's own name. Throws unless the answer is 200. */
export function call(server: LocalServer, path: string, body?: unknown): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { host: server.address, port: server.port, path, method: body === undefined ? 'GET' : 'POST' };
    const outgoing = request({ ...options, agent, lookup }, (response) => {
      if (response.statusCode === 200) resolve(response);
      else reject(new Error(`${server.address} answered ${response.statusCode}`));
    });
    outgoing.on('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

export async function callJson<T>(server: LocalServer, path: string, body?: unknown): Promise<T> {
  return JSON.parse(await text(await call(server, path, body))) as T;
}

/** A connection to the database; every query has a span with what the conventions want of one. */
export interface DatabaseClient {
  query(sql: string, ...parameters: readonly string[]): Promise<QueryAnswer['rows']>;
  close(): void;
}

export function connectDatabase(server: LocalServer): DatabaseClient {
  const socket = connect({ host: server.address, port: server.port, lookup });
  const waiting = new Map<number, (rows: QueryAnswer['rows']) => void>();
  createInterface({ input: socket }).on('line', (line) => {
    const { id, rows } = JSON.parse(line) as QueryAnswer;
    waiting.get(id)?.(rows);
    waiting.delete(id);
  });
  const query = (sql: string, ...parameters: readonly string[]): Promise<QueryAnswer['rows']> => {
    const id = nextId++;
    return new Promise((resolve, reject) => {
      waiting.set(id, resolve);
      socket.once('error', reject);
      socket.write(`${JSON.stringify({ id, sql, parameters })}\n`, () => socket.off('error', reject));
    });
  };
  return { query: traced(server, query), close: () => socket.destroy() };
}

let nextId = 0;

/** One wrapped function a statement, as a driver would do it: the name and the attributes are those of the statement. */
function traced(server: LocalServer, query: DatabaseClient['query']): DatabaseClient['query'] {
  const statements = new Map<string, DatabaseClient['query']>();
  return (sql, ...parameters) => {
    let statement = statements.get(sql);
    if (statement === undefined) {
      statement = tracedStatement(server, sql, query);
      statements.set(sql, statement);
    }
    return statement(sql, ...parameters);
  };
}

function tracedStatement(server: LocalServer, sql: string, query: DatabaseClient['query']): DatabaseClient['query'] {
  const table = / FROM (\w+)/.exec(sql)?.[1] ?? '';
  const attributes = {
    'db.system.name': 'postgresql',
    'db.namespace': 'shop',
    'db.collection.name': table,
    'db.operation.name': 'SELECT',
    'db.query.text': sql,
  };
  return step(`SELECT ${table}`, { remote: true, server, attributes }, (text, ...parameters) => {
    const recorded = parameters.map((value, i) => [`db.query.parameter.${i}`, value]);
    current().attributes(Object.fromEntries(recorded));
    return query(text, ...parameters);
  });
}
