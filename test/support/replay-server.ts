import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** One file of test/fixtures/jaeger: a request and what that version of Jaeger answered. */
interface Recording {
  readonly request: { readonly method: string; readonly path: string };
  readonly status: number;
  readonly contentType: string;
  readonly json?: unknown;
  readonly text?: string;
}

export interface ReplayServer {
  readonly url: string;
  /** Method and path of every request, in order. */
  readonly requests: readonly string[];
  /** Requests to a recorded path with parameters nobody recorded: answered with 599. Must be empty after a test. */
  readonly unrecorded: readonly string[];
  close(): Promise<void>;
}

export interface ReplayOptions {
  /** Paths that this Jaeger is to have no route for. */
  readonly without?: RegExp;
}

export const RECORDED_VERSIONS = ['2.13.0', '2.20.0', 'main'] as const;
export type RecordedVersion = (typeof RECORDED_VERSIONS)[number];

const FIXTURES = join(import.meta.dirname, '../fixtures/jaeger');
/** What a recording may have had another value of: the window … */
const ANY_VALUE = /^(query\.(startTime|start_time_)(Min|Max|min|max)|start|end)$/;
/** … and what it may have had, or not: how many, and raw or not. */
const ANY_PRESENCE = /^(query\.(searchDepth|num_traces|rawTraces|raw_traces)|limit|raw|rawTraces|raw_traces)$/;

/** Method, decoded path and the parameters that make the answer what it is. */
function keyOf(method: string, path: string): string {
  const url = new URL(path, 'http://replay');
  const parameters = [...url.searchParams]
    .filter(([name]) => !ANY_PRESENCE.test(name))
    .map(([name, value]) => `${name}=${ANY_VALUE.test(name) ? '*' : value}`);
  // A trace id is a number to Jaeger.
  const route = decodeURIComponent(url.pathname).replace(/(?<=\/traces\/)0+(?=[0-9a-f]+$)/, '');
  return [method, route, ...parameters.sort()].join(' ');
}

function isRaw(path: string): boolean {
  return /[?&.](raw|rawTraces|raw_traces)=true/.test(path);
}

function load(version: RecordedVersion): Recording[] {
  const folder = join(FIXTURES, version);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')));
}

/** A local server that answers as the recorded version did, byte order of JSON members included. */
export async function startReplay(version: RecordedVersion, options: ReplayOptions = {}): Promise<ReplayServer> {
  const recordings = load(version);
  const unknownRoute = recordings.find((recording) => recording.request.path === '/api/nope')!;
  const requests: string[] = [];
  const unrecorded: string[] = [];
  const answerTo = (method: string, path: string): Recording => {
    if (options.without?.test(path)) return unknownRoute;
    const matching = recordings.filter(({ request }) => keyOf(request.method, request.path) === keyOf(method, path));
    const best = matching.find(({ request }) => isRaw(request.path) === isRaw(path)) ?? matching[0];
    if (best !== undefined) return best;
    const route = new URL(path, 'http://replay').pathname;
    const isKnownRoute = recordings.some(({ request }) => new URL(request.path, 'http://replay').pathname === route);
    if (!isKnownRoute) return unknownRoute;
    unrecorded.push(`${method} ${path}`);
    return { request: { method, path }, status: 599, contentType: 'text/plain', text: 'not recorded' };
  };
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    requests.push(`${request.method} ${path}`);
    const { status, contentType, json, text } = answerTo(request.method ?? 'GET', path);
    response.writeHead(status, { 'content-type': contentType });
    response.end(text ?? JSON.stringify(json));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    unrecorded,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
