import { tableSink } from '../analyze/formats/table-sink.ts';
import { InputError } from '../analyze/model/errors.ts';
import type { SpanTable } from '../analyze/model/span-table.ts';
import { createTableBuilder, type TableBuilder } from '../analyze/model/table-builder.ts';
import type { PartialReason, SkippedReport, SourceReport } from '../analyze/report/types.ts';
import { ATTRIBUTE_PLAN } from '../analyze/semantics/attribute-plan.ts';
import { readDocument } from '../analyze/sources/files.ts';
import { nothingPulledError, pullJaeger } from '../analyze/sources/jaeger.ts';
import { SourceError } from '../analyze/sources/source-error.ts';
import type { Io } from './io.ts';
import type { JaegerRequest } from './jaeger-options.ts';
import { formatBytes, type Progress } from './progress.ts';

/** What to read: files (`-` is stdin) and at most one Jaeger. */
export interface InputRequest {
  readonly files: readonly string[];
  readonly jaeger?: JaegerRequest;
}

/** All spans that could be read, and what could not. */
export interface CollectedInput {
  readonly table: SpanTable;
  readonly sources: readonly SourceReport[];
  readonly skipped: readonly SkippedReport[];
  readonly partialReasons: readonly PartialReason[];
  /** What the user should know, one sentence each. */
  readonly notes: readonly string[];
  /** A source that failed although others gave spans: the exit code is its. */
  readonly failure: SourceError | undefined;
  readonly interrupted: boolean;
}

/** A source while it is read; its number in the table is its place in the list. */
interface OpenSource {
  readonly name: string;
  format: string;
  bytes: number;
}

interface Collection {
  readonly builder: TableBuilder;
  readonly io: Io;
  readonly progress: Progress;
  readonly sources: OpenSource[];
  readonly skipped: SkippedReport[];
  readonly reasons: Set<PartialReason>;
  readonly notes: string[];
  /** The first error, thrown if no source gives a span. */
  error: InputError | SourceError | undefined;
  failure: SourceError | undefined;
}

/**
 * Reads every source into one table. What one source lacks does not cost what others have: with no span at all the first
 * error is thrown, otherwise it is a note and the result is partial.
 */
export async function collectInput(request: InputRequest, io: Io, progress: Progress): Promise<CollectedInput> {
  const collection: Collection = {
    builder: createTableBuilder(ATTRIBUTE_PLAN),
    io,
    progress,
    sources: [],
    skipped: [],
    reasons: new Set(),
    notes: [],
    error: undefined,
    failure: undefined,
  };
  for (const file of request.files) await guarded(collection, file, () => readFile(collection, file));
  const { jaeger } = request;
  if (jaeger !== undefined) {
    await guarded(collection, jaeger.client.name.printed, () => readJaeger(collection, jaeger));
  }
  progress.done();
  const table = collection.builder.finish();
  if (table.size === 0 && collection.error !== undefined) throw collection.error;
  const { skipped, notes, failure, reasons } = collection;
  return {
    table,
    sources: countBySource(collection.sources, table),
    skipped,
    partialReasons: [...reasons].sort(),
    notes,
    failure,
    interrupted: reasons.has('interrupted'),
  };
}

/** Keeps a source's trouble to itself. */
async function guarded(collection: Collection, name: string, read: () => Promise<void>): Promise<void> {
  if (collection.io.signal.aborted) return;
  try {
    await read();
  } catch (error) {
    if (collection.io.signal.aborted) {
      collection.reasons.add('interrupted');
      return;
    }
    if (!(error instanceof InputError) && !(error instanceof SourceError)) throw error;
    collection.error ??= error;
    collection.reasons.add('source_failed');
    if (error instanceof SourceError) collection.failure ??= error;
    collection.notes.push(error.message);
    const byte = error instanceof InputError ? error.byte : undefined;
    collection.skipped.push({
      source: name,
      ...(byte === undefined ? {} : { byte }),
      reason: error.message,
      count: 1,
    });
  }
}

async function readFile(collection: Collection, file: string): Promise<void> {
  const { builder, io, progress } = collection;
  const source = openSource(collection, file, 'unknown');
  const summary = await readDocument(
    file === '-' ? { name: file, stream: io.stdin } : { name: file },
    tableSink(builder),
    {
      signal: io.signal,
      onProgress: (bytes) => {
        source.bytes = bytes;
        progress.update(() => `read ${formatBytes(bytes)} of ${file}`);
      },
    },
  );
  source.format = summary.format;
  for (const skipped of summary.skipped) collection.skipped.push({ source: file, ...skipped });
  if (summary.cut) collection.notes.push(`${file} ends in the middle of a value; what came before was read`);
  if (summary.cut || summary.skipped.length > 0) collection.reasons.add('cut_input');
}

async function readJaeger(collection: Collection, { client, query }: JaegerRequest): Promise<void> {
  const { builder, io, progress } = collection;
  const name = client.name.printed;
  const source = openSource(collection, name, 'jaeger-api');
  const result = await pullJaeger(client, query, tableSink(builder), {
    signal: io.signal,
    onProgress: ({ done, total, bytes }) => {
      source.bytes = bytes;
      progress.update(() => `fetched ${done}/${total} traces (${formatBytes(bytes)})`);
    },
  });
  if (result.traces === 0) throw nothingPulledError(client, query, await client.services());
  collection.notes.push(...result.notes);
  for (const skipped of result.skipped) collection.skipped.push({ source: name, ...skipped });
  for (const { traceId, reason } of result.missed) {
    collection.skipped.push({ source: name, reason: `trace ${traceId}: ${reason}`, count: 1 });
  }
  if (result.limitReached) collection.reasons.add('limit');
  if (result.skipped.length > 0) collection.reasons.add('cut_input');
  if (result.missed.length > 0) collection.reasons.add('source_failed');
  if (result.error !== undefined) {
    collection.failure ??= result.error;
    collection.reasons.add('source_failed');
    collection.notes.push(result.error.message);
  }
}

function openSource(collection: Collection, name: string, format: string): OpenSource {
  collection.builder.openSource({ name });
  const source = { name, format, bytes: 0 };
  collection.sources.push(source);
  return source;
}

/** Those that gave spans; the others are named under `skipped`. */
function countBySource(sources: readonly OpenSource[], table: SpanTable): SourceReport[] {
  const counts = sources.map(() => ({ spans: 0, traces: new Set<number>() }));
  for (let row = 0; row < table.size; row++) {
    const count = counts[table.source[row] as number];
    if (count === undefined) continue;
    count.spans++;
    count.traces.add(table.trace[row] as number);
  }
  return sources
    .map((source, slot) => ({ ...source, traces: counts[slot]?.traces.size ?? 0, spans: counts[slot]?.spans ?? 0 }))
    .filter(({ spans }) => spans > 0);
}
