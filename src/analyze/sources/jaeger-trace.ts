import { createDocumentReader } from '../formats/index.ts';
import type { Skipped, SpanSink } from '../formats/otlp-types.ts';
import { InputError } from '../model/errors.ts';
import { retryOnceWhenCut, tooLargeError } from './jaeger-answer.ts';
import type { JaegerClient } from './jaeger-client.ts';
import { countingSink, jaegerSink } from './jaeger-sinks.ts';
import { SourceError } from './source-error.ts';

/** One trace's document, whole and readable, not yet given to anybody. */
export interface DownloadedTrace {
  readonly traceId: string;
  readonly chunks: readonly Uint8Array[];
  /** Decompressed. */
  readonly bytes: number;
  readonly spans: number;
  /** Spans that could not be read. */
  readonly skipped: readonly Skipped[];
}

/** What a trace brought. */
export type FetchedTrace = Omit<DownloadedTrace, 'chunks'>;

/** JSON of more than half a million ordinary spans. */
const MAX_TRACE_BYTES = 256 * 1024 * 1024;

export interface FetchOptions {
  readonly signal?: AbortSignal | undefined;
  /** The most bytes, decompressed, that one trace may have; default `MAX_TRACE_BYTES`. */
  readonly maxTraceBytes?: number | undefined;
}

/**
 * Fetches one trace into a sink; all of it or nothing: an answer is read twice, first while it arrives, to know that it
 * is whole, its bytes kept; then, whole, into the sink. So a cut answer leaves no half of a trace behind, and what is
 * held is one trace's bytes, never its objects. A cut answer is asked for once more.
 */
export async function fetchTrace(
  client: JaegerClient,
  traceId: string,
  sink: SpanSink,
  options: FetchOptions = {},
): Promise<FetchedTrace | 'not found'> {
  const trace = await downloadTrace(client, traceId, options);
  return trace === 'not found' ? trace : deliverTrace(trace, sink);
}

export function downloadTrace(
  client: JaegerClient,
  traceId: string,
  options: FetchOptions = {},
): Promise<DownloadedTrace | 'not found'> {
  return retryOnceWhenCut(() => downloadOnce(client, traceId, options));
}

async function downloadOnce(
  client: JaegerClient,
  traceId: string,
  options: FetchOptions,
): Promise<DownloadedTrace | 'not found'> {
  const maxBytes = options.maxTraceBytes ?? MAX_TRACE_BYTES;
  const body = await client.trace(traceId, options.signal);
  if (body === 'not found') return body;
  let spans = 0;
  const reader = createDocumentReader(
    countingSink(() => {
      spans++;
    }),
  );
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body.chunks) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw tooLargeError(client.name, maxBytes, `a trace (${traceId})`);
      chunks.push(chunk);
      reader.write(chunk);
    }
    const summary = reader.end();
    if (summary.cut) throw brokenTraceError(client, traceId, bytes);
    return { traceId, chunks, bytes, spans, skipped: summary.skipped };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    if (body.isWholeJson) return 'not found';
    throw brokenTraceError(client, traceId, bytes, error);
  }
}

/** Gives a trace's spans to the sink. */
export function deliverTrace(trace: DownloadedTrace, sink: SpanSink): FetchedTrace {
  const { chunks, ...fetched } = trace;
  const reader = createDocumentReader(jaegerSink(sink));
  for (const chunk of chunks) reader.write(chunk);
  reader.end();
  return fetched;
}

function brokenTraceError(client: JaegerClient, traceId: string, bytes: number, cause?: unknown): SourceError {
  const { peer, printed } = client.name;
  return new SourceError('TA1207', `trace ${traceId} from ${peer} at ${printed} was cut off`, {
    why: `the answer breaks off or goes wrong within ${bytes} bytes`,
    fix: 'try again; if it stays, look into the log of the server or the proxy before it',
    cause,
  });
}
