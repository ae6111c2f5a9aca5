import { AsyncLocalStorage } from 'node:async_hooks';
import { readFileSync } from 'node:fs';
import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import { clearTimeout, setTimeout } from 'node:timers';
import { context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import type { ShipperOptions } from './protocol.ts';

/** What became of one attempt. */
export type Outcome =
  /** `rejected` of them are gone: the receiver took the request and not those. */
  | { readonly type: 'delivered'; readonly rejected: number }
  /** 413: fewer may be taken. */
  | { readonly type: 'tooLarge' }
  /** 400, 422: some of them cannot be read; or not even be written. */
  | { readonly type: 'bad' }
  /** 429, 502, 503, 504: later. */
  | { readonly type: 'busy'; readonly retryAfterMs: number | undefined }
  /** Nobody answered. `isBroken`: a connection of before had been given up meanwhile; a new one may do. */
  | { readonly type: 'away'; readonly isBroken: boolean }
  /** Any other answer: about the address or the credentials, not about these spans. */
  | { readonly type: 'denied'; readonly status: number };

/** What an attempt's request was seen to come to. */
interface Attempt {
  request?: ClientRequest;
  status?: number;
  retryAfter?: string | undefined;
  errorCode?: string | undefined;
  body: string;
}

const MAX_BODY = 64 * 1024;
const DEFAULT_TIMEOUT_MS = 10_000;
const BUSY = [429, 502, 503, 504];
const BAD = [400, 422];
const BROKEN = ['ECONNRESET', 'EPIPE'];
/** Above every timeout, so that the exporter does not wait for it. */
const NEVER_SECONDS = '1000000';
/** The SDK's own key, under which nothing is traced; keys of one name are one key. */
const SUPPRESSED = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/**
 * Sends spans by OpenTelemetry's exporter, one attempt a call. Left to itself the exporter tries again for ten seconds,
 * holding on to what it has, and does not tell why it failed. So its agent, which it lets its user bring, looks at its
 * requests, and hides from it what it would try again for: an error's code, and how soon a busy receiver wants more.
 */
export class Sender {
  readonly #exporter: OTLPTraceExporter;
  readonly #attempts = new AsyncLocalStorage<Attempt>();
  readonly #timeoutMs: number;
  readonly #open = new Set<Attempt>();

  constructor({ url, headers }: ShipperOptions['exporter'], env: NodeJS.ProcessEnv = process.env) {
    this.#timeoutMs = timeoutOf(env);
    this.#exporter = new OTLPTraceExporter({
      ...(url === undefined ? {} : { url }),
      ...(headers === undefined ? {} : { headers: { ...headers } }),
      httpAgentOptions: async (protocol) => this.#watched(await newAgent(protocol, env)),
    });
  }

  /** Never rejects. */
  send(spans: readonly ReadableSpan[]): Promise<Outcome> {
    const attempt: Attempt = { body: '' };
    this.#open.add(attempt);
    return new Promise<Outcome>((resolve) => {
      // The exporter's own limit begins with a connection, which may never come about.
      const timer = setTimeout(() => attempt.request?.destroy(), this.#timeoutMs + 1000).unref();
      const done = (isDelivered: boolean, error?: Error) => {
        clearTimeout(timer);
        resolve(isDelivered ? { type: 'delivered', rejected: rejectedOf(attempt) } : outcomeOf(attempt, error));
      };
      try {
        // Where HTTP is instrumented, an export must not be a span that has to be exported.
        context.with(ROOT_CONTEXT.setValue(SUPPRESSED, true), () =>
          this.#attempts.run(attempt, () =>
            this.#exporter.export([...spans], ({ code, error }) => done(code === 0, error)),
          ),
        );
      } catch {
        // They could not be made into bytes, which happens before anything is sent.
        clearTimeout(timer);
        resolve({ type: 'bad' });
      }
    }).finally(() => this.#open.delete(attempt));
  }

  /** Whoever has not answered by now is taken for away. */
  giveUp(): void {
    for (const { request } of this.#open) request?.destroy();
  }

  #watched(agent: Agent): Agent {
    const watchable = agent as unknown as { addRequest(request: ClientRequest, ...rest: unknown[]): void };
    const addRequest = watchable.addRequest;
    watchable.addRequest = (request, ...rest) => {
      const attempt = this.#attempts.getStore();
      if (attempt !== undefined) watch(request, attempt);
      addRequest.call(agent, request, ...rest);
    };
    return agent;
  }
}

/** Learns what comes of a request, before the exporter does. */
function watch(request: ClientRequest, attempt: Attempt): void {
  attempt.request = request;
  // Whoever waits for the answer keeps the process alive, and for as long as it likes.
  request.once('socket', (socket) => socket.unref());
  request.prependListener('error', (error: NodeJS.ErrnoException) => {
    attempt.errorCode = error.code ?? '';
    // With the code, the exporter would try again by itself.
    if (error.code !== undefined) error.code = `no answer: ${error.code}`;
  });
  request.prependListener('response', (response: IncomingMessage) => {
    attempt.status = response.statusCode ?? 0;
    attempt.retryAfter = response.headers['retry-after'];
    if (BUSY.includes(attempt.status)) response.headers['retry-after'] = NEVER_SECONDS;
    response.on('data', (piece: Buffer) => {
      if (attempt.body.length < MAX_BODY) attempt.body += piece.toString('latin1');
    });
  });
}

function outcomeOf({ request, status, retryAfter, errorCode }: Attempt, error: Error | undefined): Outcome {
  const code = (error as { code?: unknown } | undefined)?.code;
  const answered = status ?? (typeof code === 'number' ? code : undefined);
  if (answered === undefined) {
    const isBroken = request?.reusedSocket === true && BROKEN.includes(errorCode ?? '');
    return { type: 'away', isBroken };
  }
  if (answered === 413) return { type: 'tooLarge' };
  if (BAD.includes(answered)) return { type: 'bad' };
  if (BUSY.includes(answered)) return { type: 'busy', retryAfterMs: retryAfterMs(retryAfter) };
  return { type: 'denied', status: answered };
}

/** RFC 9110: seconds, or a date. */
function retryAfterMs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\s*\d+\s*$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

/** OTLP: a receiver that takes a request in part says how many spans it did not take. */
function rejectedOf({ body }: Attempt): number {
  if (!body.includes('rejectedSpans')) return 0;
  try {
    const rejected = Number(JSON.parse(body).partialSuccess?.rejectedSpans);
    return rejected > 0 ? rejected : 0;
  } catch {
    return 0;
  }
}

function timeoutOf(env: NodeJS.ProcessEnv): number {
  const ms = Number(env.OTEL_EXPORTER_OTLP_TRACES_TIMEOUT ?? env.OTEL_EXPORTER_OTLP_TIMEOUT);
  return ms > 0 ? ms : DEFAULT_TIMEOUT_MS;
}

async function newAgent(protocol: string, env: NodeJS.ProcessEnv): Promise<Agent> {
  if (protocol === 'http:') return new (await import('node:http')).Agent({ keepAlive: true });
  const file = (name: string) => {
    const path = env[`OTEL_EXPORTER_OTLP_TRACES_${name}`] || env[`OTEL_EXPORTER_OTLP_${name}`];
    try {
      return path ? readFileSync(path) : undefined;
    } catch {
      // As the exporter does: the connection will fail, and the receiver says why.
      return undefined;
    }
  };
  const { Agent } = await import('node:https');
  const [ca, cert, key] = [file('CERTIFICATE'), file('CLIENT_CERTIFICATE'), file('CLIENT_KEY')];
  return new Agent({ keepAlive: true, ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) });
}
