import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type { OtlpAttribute, OtlpSpan, OtlpTraces } from '../../src/analyze/formats/otlp-types.ts';

/** One request as it came. */
export interface Received {
  readonly spans: readonly OtlpSpan[];
  readonly traces: OtlpTraces;
  /** Before decompression. */
  readonly bytes: number;
  /** Counted from 1. */
  readonly count: number;
  readonly headers: IncomingMessage['headers'];
  /** Milliseconds since the collector was started. */
  readonly atMs: number;
}

/** `hang`: nothing is ever answered. `break`: the connection is torn down. */
export type Answer = 'hang' | 'break' | { status: number; headers?: Record<string, string>; body?: string };

export interface Collector {
  readonly url: string;
  readonly port: number;
  /** Every request, however it was answered. */
  readonly requests: readonly Received[];
  /** Those answered with success. */
  readonly taken: readonly Received[];
  /** Spans of `taken`, as often as they came. */
  spans(): OtlpSpan[];
  /** Different ones among them. */
  distinct(): number;
  named(name: string): OtlpSpan[];
  close(): Promise<void>;
}

export interface CollectorOptions {
  readonly port?: number;
  /** Undefined: taken. */
  readonly answer?: (received: Received) => Answer | undefined;
}

/** A receiver of OTLP/HTTP (JSON) with whatever faults a test wants. */
export async function startCollector({ port = 0, answer }: CollectorOptions = {}): Promise<Collector> {
  const requests: Received[] = [];
  const taken: Received[] = [];
  const started = performance.now();
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request).catch(() => undefined);
    if (body === undefined) return;
    const received = { ...read(request, body), count: requests.length + 1, atMs: performance.now() - started };
    requests.push(received);
    const answered = answer?.(received);
    if (answered === undefined) taken.push(received);
    reply(response, answered);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const own = (server.address() as AddressInfo).port;
  const spans = () => taken.flatMap((received) => received.spans);
  return {
    url: `http://127.0.0.1:${own}`,
    port: own,
    requests,
    taken,
    spans,
    distinct: () => new Set(spans().map((span) => span.spanId)).size,
    named: (name) => spans().filter((span) => span.name === name),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A port at which nobody listens, until somebody does. */
export async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export function attributesOf(attributes: readonly OtlpAttribute[] | undefined): Record<string, unknown> {
  return Object.fromEntries(
    (attributes ?? []).map(({ key, value }) => [key, value?.stringValue ?? value?.intValue ?? value?.boolValue]),
  );
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces);
}

function read({ headers }: IncomingMessage, body: Buffer) {
  const text = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  const traces: OtlpTraces = JSON.parse(text.toString());
  const spans = (traces.resourceSpans ?? []).flatMap(({ scopeSpans }) =>
    (scopeSpans ?? []).flatMap((scope) => scope.spans ?? []),
  );
  return { traces, spans, bytes: body.byteLength, headers };
}

function reply(response: ServerResponse, answer: Answer = { status: 200 }): void {
  if (answer === 'hang') return;
  if (answer === 'break') {
    response.socket?.destroy();
    return;
  }
  response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers }).end(answer.body ?? '{}');
}
