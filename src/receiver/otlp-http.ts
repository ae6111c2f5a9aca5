import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import type { OtlpTraces } from '../analyze/formats/otlp-types.ts';
import { InputError, systemCode } from '../analyze/model/errors.ts';
import { HeldBytes } from './held-bytes.ts';
import { HostGuard } from './host-guard.ts';
import { decodeBody, type OtlpEncoding } from './otlp-body.ts';
import { type Reply, sendReply, statusBody, successBody } from './otlp-reply.ts';
import { ReceiverError } from './receiver-error.ts';
import { AbortedRequest, Rejection } from './rejection.ts';
import { discardBody, readBody } from './request-body.ts';
import { ServerActivity } from './server-activity.ts';

const MIB = 1024 * 1024;

export interface ReceiverLimits {
  /** One request's body, as sent and after inflating (default 64 MiB, as OTLP recommends). */
  readonly bodyBytes: number;
  /** All bodies held at once (default 256 MiB); more is answered 503. */
  readonly heldBytes: number;
  /** Default 1024: enough for a healthy client to get in beside some hundred stuck ones. */
  readonly connections: number;
  /** Time for a request's headers (default 10 s). */
  readonly headersMs: number;
  /** Time for a whole request (default 60 s). */
  readonly requestMs: number;
}

const DEFAULT_LIMITS: ReceiverLimits = {
  bodyBytes: 64 * MIB,
  heldBytes: 256 * MIB,
  connections: 1024,
  headersMs: 10_000,
  requestMs: 60_000,
};

/** How a batch of spans came. */
export interface BatchInfo {
  readonly encoding: OtlpEncoding;
  /** Bytes of the body after inflating. */
  readonly bytes: number;
  readonly spans: number;
}

/** What became of the requests so far; counts up while the receiver runs. */
export interface ReceiverCounts {
  /** Trace requests accepted and stored. */
  readonly requests: number;
  /** Spans in them. */
  readonly spans: number;
  /** Requests of any kind that were refused, broke off or could not be stored. */
  readonly rejected: number;
  /** Requests to /v1/metrics, answered 200 and thrown away. */
  readonly metricsDropped: number;
  /** Requests to /v1/logs, answered 200 and thrown away. */
  readonly logsDropped: number;
}

export interface ReceiverOptions {
  /** Default 127.0.0.1. There is no authentication: any other address is the caller's responsibility. */
  readonly host?: string;
  /** Default 0: a free one. */
  readonly port?: number;
  /** Further names (without port) that may stand in the `Host` header, beside the loopback names and `host`. */
  readonly allowedHosts?: readonly string[];
  readonly limits?: Partial<ReceiverLimits>;
  /**
   * Stores a batch, never an empty one. The client is told of success after it returned, so what is to survive must be
   * durable by then. What it throws is answered 503 (the client tries again); an `InputError` 400 (it does not).
   */
  onTraces(traces: OtlpTraces, info: BatchInfo): void | Promise<void>;
  /** Told of every refusal; `error.cause` is what `onTraces` threw, if it did. */
  onRejected?(error: Rejection): void;
}

export interface Receiver {
  /** Base URL without a trailing slash, for `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly url: string;
  readonly port: number;
  readonly counts: ReceiverCounts;
  /**
   * Stops. Waits until what was sent before is answered, at most `drainMs` (default 2000), then cuts what is left.
   * Never rejects; a second call waits for the first.
   */
  close(options?: { drainMs?: number }): Promise<void>;
}

type Counts = { -readonly [key in keyof ReceiverCounts]: number };

interface Context {
  readonly options: ReceiverOptions;
  readonly limits: ReceiverLimits;
  readonly guard: HostGuard;
  readonly held: HeldBytes;
  readonly counts: Counts;
}

/** Starts an OTLP/HTTP receiver for traces. Throws `ReceiverError` if it cannot listen. */
export async function startReceiver(options: ReceiverOptions): Promise<Receiver> {
  const host = options.host ?? '127.0.0.1';
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const context: Context = {
    options,
    limits,
    guard: new HostGuard(host, options.allowedHosts),
    held: new HeldBytes(limits.heldBytes),
    counts: { requests: 0, spans: 0, rejected: 0, metricsDropped: 0, logsDropped: 0 },
  };
  const server = createServer(
    {
      headersTimeout: limits.headersMs,
      requestTimeout: Math.max(limits.requestMs, limits.headersMs),
      // The default of 30 s would make a timeout of 10 s one of 10 to 40 s.
      connectionsCheckingInterval: Math.min(1000, Math.max(50, limits.headersMs / 4)),
      // Longer than an exporter's usual 5 s between batches, so that it does not meet a connection that is closing.
      keepAliveTimeout: 30_000,
    },
    (request, response) => void serve(context, request, response),
  );
  server.maxConnections = limits.connections;
  const activity = new ServerActivity(server);
  await listen(server, host, options.port ?? 0);
  const { port } = server.address() as AddressInfo;
  let closed: Promise<void> | undefined;
  return {
    url: `http://${hostInUrl(host)}:${port}`,
    port,
    counts: context.counts,
    close: ({ drainMs = 2000 } = {}) => {
      closed ??= shutDown(server, activity, drainMs);
      return closed;
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(
        new ReceiverError('TA1401', `cannot listen on ${host}:${port} (${systemCode(error) ?? error.message})`, {
          fix: 'choose another port, or 0 for a free one',
          cause: error,
        }),
      );
    });
    server.listen(port, host, resolve);
  });
}

/** "Everywhere" is no place to connect to. */
function hostInUrl(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return isIP(host) === 6 ? `[${host}]` : host;
}

async function shutDown(server: Server, activity: ServerActivity, drainMs: number): Promise<void> {
  await activity.untilQuiet(drainMs);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** Never rejects: whatever a client does ends here. */
async function serve(context: Context, request: IncomingMessage, response: ServerResponse): Promise<void> {
  request.on('error', () => undefined);
  response.on('error', () => undefined);
  const encoding = encodingOf(request) ?? 'json';
  try {
    const body = await route(context, request);
    sendReply(request, response, { status: 200, encoding, body, headers: {} });
  } catch (error) {
    context.counts.rejected++;
    if (error instanceof AbortedRequest) {
      response.destroy();
      return;
    }
    const rejection = error instanceof Rejection ? error : new Rejection(500, 'internal error', { cause: error });
    sendReply(request, response, refusal(rejection, encoding));
    context.options.onRejected?.(rejection);
  }
}

function refusal(rejection: Rejection, encoding: OtlpEncoding): Reply {
  const { status, message, headers } = rejection;
  return { status, encoding, body: statusBody(encoding, status, message), headers };
}

async function route(context: Context, request: IncomingMessage): Promise<Buffer> {
  context.guard.check(request);
  const path = (request.url ?? '').replace(/\?.*$/s, '').replace(/(?<=[^/])\/$/, '');
  if (path !== '/v1/traces' && path !== '/v1/metrics' && path !== '/v1/logs') {
    throw new Rejection(404, 'no such path: traces go to /v1/traces');
  }
  if (request.method !== 'POST') throw new Rejection(405, 'only POST is taken', { headers: { allow: 'POST' } });
  if (path === '/v1/traces') return takeTraces(context, request);
  await discardBody(request, context.limits.bodyBytes);
  if (path === '/v1/metrics') context.counts.metricsDropped++;
  else context.counts.logsDropped++;
  return successBody(encodingOf(request) ?? 'json');
}

async function takeTraces(context: Context, request: IncomingMessage): Promise<Buffer> {
  const { limits, held, counts } = context;
  const encoding = encodingOf(request);
  if (encoding === undefined) {
    throw new Rejection(415, 'Content-Type is neither application/json nor application/x-protobuf', {
      headers: { accept: 'application/json, application/x-protobuf' },
    });
  }
  const budget = held.open();
  try {
    const bytes = await readBody(request, limits.bodyBytes, budget);
    const { traces, spans, rejectedSpans, warning } = decodeBody(bytes, encoding);
    if (spans > 0) await store(context.options, traces, { encoding, bytes: bytes.byteLength, spans });
    counts.requests++;
    counts.spans += spans;
    return successBody(encoding, rejectedSpans, warning);
  } finally {
    budget.release();
  }
}

async function store(options: ReceiverOptions, traces: OtlpTraces, info: BatchInfo): Promise<void> {
  try {
    await options.onTraces(traces, info);
  } catch (error) {
    if (error instanceof InputError) throw new Rejection(400, error.message, { cause: error });
    throw new Rejection(503, 'the spans could not be stored', { headers: { 'retry-after': '1' }, cause: error });
  }
}

function encodingOf(request: IncomingMessage): OtlpEncoding | undefined {
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'application/json') return 'json';
  return type === 'application/x-protobuf' ? 'protobuf' : undefined;
}
