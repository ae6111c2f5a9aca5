import type { Skipped, SpanSink } from '../formats/otlp-types.ts';
import { InputError } from '../model/errors.ts';
import { type Parsed, parseHttpAddress } from './http-address.ts';
import { createHttpClient, type HttpOptions } from './http-client.ts';
import { createJaegerClient, type JaegerClient } from './jaeger-client.ts';
import { mapInOrder } from './jaeger-concurrency.ts';
import type { JaegerQuery } from './jaeger-query.ts';
import { type SelectedTrace, selectTraces } from './jaeger-select.ts';
import { type DownloadedTrace, deliverTrace, downloadTrace, type FetchOptions } from './jaeger-trace.ts';
import { SourceError } from './source-error.ts';

export interface JaegerOptions extends HttpOptions {
  /** Sent as `x-tenant`, the name Jaeger's tenancy has unless told otherwise (then use `headers`). */
  readonly tenant?: string | undefined;
}

export interface PullOptions extends FetchOptions {
  /** Traces downloaded at a time; default 4. They are delivered in order all the same. */
  readonly concurrency?: number | undefined;
  /** Told after each trace. The next one waits for the promise it returns, so that a slow reader is not overrun. */
  readonly onProgress?: ((progress: PullProgress) => void | Promise<void>) | undefined;
}

export interface PullProgress {
  readonly done: number;
  readonly total: number;
  readonly bytes: number;
}

/** A trace that was chosen and could not be had. */
export interface MissedTrace {
  readonly traceId: string;
  readonly reason: string;
  /** Jaeger does not know the trace (any more). */
  readonly notFound: boolean;
}

export interface PullResult {
  /** Traces delivered. */
  readonly traces: number;
  readonly spans: number;
  /** Of the answers, decompressed. Not the same twice: up to 2.20 Jaeger's own warnings grow with every read. */
  readonly bytes: number;
  readonly limitReached: boolean;
  readonly notes: readonly string[];
  /** What of the delivered traces could not be read. */
  readonly skipped: readonly Skipped[];
  readonly missed: readonly MissedTrace[];
  /** What ended the pull early although some traces were delivered: the result is partial, the source failed. */
  readonly error: SourceError | undefined;
}

/** Whether a URL can be opened; the problem is the text of a usage error. `printed` is how to name it. */
export function parseJaegerUrl(url: string): Parsed<{ readonly printed: string }> {
  const address = parseHttpAddress(url);
  return address.ok ? { ok: true, value: { printed: address.value.printed } } : address;
}

/** A client for a Jaeger's query address (http://host:16686, a base path kept). Connects to nothing yet. */
export function openJaeger(url: string, options: JaegerOptions = {}): JaegerClient {
  const address = parseHttpAddress(url);
  if (!address.ok) throw new TypeError(`openJaeger: ${address.problem}`);
  const { tenant, ...http } = options;
  const headers = { ...(tenant === undefined ? {} : { 'x-tenant': tenant }), ...http.headers };
  return createJaegerClient(createHttpClient('Jaeger', address.value, { ...http, headers }));
}

/**
 * Selects traces and gives them to the sink whole, one after the other, by start, then id. A trace that is cut or gone
 * is left out and named. When the server fails, what was delivered before counts and `error` says why it is not all;
 * with nothing delivered that error is thrown.
 */
export async function pullJaeger(
  client: JaegerClient,
  query: JaegerQuery,
  sink: SpanSink,
  options: PullOptions = {},
): Promise<PullResult> {
  const { traces, limitReached, notes } = await selectTraces(client, query);
  const pull = new Pull(traces.length);
  const work = (trace: SelectedTrace, signal: AbortSignal) => download(client, trace.traceId, { ...options, signal });
  try {
    for await (const got of mapInOrder(traces, options.concurrency ?? 4, work, options.signal)) {
      pull.take(got, sink);
      await options.onProgress?.(pull.progress);
    }
  } catch (error) {
    if (!(error instanceof SourceError) || pull.traces === 0) throw error;
    pull.error = error;
  }
  if (pull.traces === 0 && pull.lastBroken !== undefined) throw pull.lastBroken;
  const { spans, bytes, skipped, missed, error } = pull;
  return { traces: pull.traces, spans, bytes, limitReached, notes, skipped, missed, error };
}

type Got = DownloadedTrace | { readonly traceId: string; readonly broken: SourceError | undefined };

/** Trouble with one trace (gone, cut twice, too large) is kept to it; every other error ends the pull. */
async function download(client: JaegerClient, traceId: string, options: FetchOptions): Promise<Got> {
  try {
    const trace = await downloadTrace(client, traceId, options);
    return trace === 'not found' ? { traceId, broken: undefined } : trace;
  } catch (error) {
    const isOwnTrouble = error instanceof SourceError && (error.code === 'TA1207' || error.code === 'TA1208');
    if (!isOwnTrouble) throw error;
    return { traceId, broken: error };
  }
}

/** The running totals of one pull. */
class Pull {
  traces = 0;
  spans = 0;
  bytes = 0;
  readonly skipped: Skipped[] = [];
  readonly missed: MissedTrace[] = [];
  lastBroken: SourceError | undefined;
  error: SourceError | undefined;
  readonly #total: number;

  constructor(total: number) {
    this.#total = total;
  }

  get progress(): PullProgress {
    return { done: this.traces + this.missed.length, total: this.#total, bytes: this.bytes };
  }

  take(got: Got, sink: SpanSink): void {
    if ('chunks' in got) {
      const { spans, bytes, skipped } = deliverTrace(got, sink);
      this.traces++;
      this.spans += spans;
      this.bytes += bytes;
      this.skipped.push(...skipped);
    } else {
      const reason = got.broken?.message ?? 'not found';
      this.missed.push({ traceId: got.traceId, reason, notFound: got.broken === undefined });
      this.lastBroken = got.broken ?? this.lastBroken;
    }
  }
}

/** The error (exit code 3) for a pull that worked and brought nothing; `services` as Jaeger lists them, if asked. */
export function nothingPulledError(
  client: JaegerClient,
  query: JaegerQuery,
  services: readonly string[] = [],
): InputError {
  const { peer, printed } = client.name;
  const { length } = query.traceIds;
  if (length > 0) {
    const which = length === 1 ? `trace ${query.traceIds[0]} is not` : `none of the ${length} traces is`;
    return new InputError('TA1302', `${which} in ${peer} at ${printed}`, {
      fix: 'check the id; Jaeger may have dropped old traces, and a tenant or base path may be missing',
    });
  }
  const known = services.slice(0, 10).map((service) => JSON.stringify(service));
  const more = services.length > known.length ? ', …' : '';
  return new InputError('TA1301', `no traces found in ${peer} at ${printed}`, {
    why: known.length === 0 ? 'it lists no services in which to look' : `its services: ${known.join(', ')}${more}`,
    fix: 'look further back (--since 24h), or drop --service, --operation, --tag, --min-duration',
  });
}
