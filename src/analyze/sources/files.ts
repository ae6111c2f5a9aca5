import { createReadStream } from 'node:fs';
import { createDocumentReader } from '../formats/index.ts';
import type { DocumentSummary, SpanSink } from '../formats/otlp-types.ts';
import { InputError, systemCode } from '../model/errors.ts';
import { type GunzipEnd, gunzip, isGzip } from './gunzip.ts';

/** A file, or with `stream` what comes from there; `-` names standard input. */
export interface DocumentInput {
  readonly name: string;
  readonly stream?: AsyncIterable<Uint8Array>;
}

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told the bytes read so far, as they are on disk. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/** `DocumentSummary` of a document that has a name. */
export interface NamedSummary extends DocumentSummary {
  readonly name: string;
}

const READ_BYTES = 256 * 1024;

/**
 * Reads one document into the sink, unpacked if it is gzip. Of a document that is cut or partly broken, what can be read
 * is read, and the summary says what is missing. Throws `InputError`, with the document's name, if nothing can be read,
 * and the signal's reason when it is aborted.
 */
export async function readDocument(
  input: DocumentInput,
  sink: SpanSink,
  options: ReadOptions = {},
): Promise<NamedSummary> {
  const title = input.name === '-' ? 'standard input' : input.name;
  try {
    return { name: input.name, ...(await readInto(input, sink, options)) };
  } catch (error) {
    options.signal?.throwIfAborted();
    throw named(error, title);
  }
}

async function readInto(input: DocumentInput, sink: SpanSink, options: ReadOptions): Promise<DocumentSummary> {
  const { signal, onProgress } = options;
  const reader = createDocumentReader(sink);
  let packing = 'whole' as GunzipEnd;
  const raw = counted(input.stream ?? createReadStream(input.name, { highWaterMark: READ_BYTES }), onProgress);
  const chunks = unpacked(raw, (end) => {
    packing = end;
  });
  let bytes = 0;
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    reader.write(chunk);
    bytes += chunk.length;
    if (reader.isSettled) break;
  }
  if (packing === 'broken' && bytes === 0) throw brokenGzipError();
  const summary = reader.end();
  return packing === 'whole' ? summary : withPackingTrouble(summary, packing);
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  onProgress: ((bytes: number) => void) | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    yield chunk;
    onProgress?.(bytes);
  }
}

/** The bytes themselves, or what they hold if they are gzip. */
async function* unpacked(
  chunks: AsyncGenerator<Uint8Array, void, void>,
  onEnd: (end: GunzipEnd) => void,
): AsyncGenerator<Uint8Array, void, void> {
  let head: Uint8Array = new Uint8Array();
  while (head.length < 3) {
    const next = await chunks.next();
    if (next.done === true) break;
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
  }
  const all = joined(head, chunks);
  if (isGzip(head)) yield* gunzip(all, onEnd);
  else yield* all;
}

async function* joined(head: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  yield head;
  yield* rest;
}

function withPackingTrouble(summary: DocumentSummary, packing: 'cut' | 'broken'): DocumentSummary {
  const reason = packing === 'cut' ? 'the gzip data ends in the middle' : 'the gzip data is broken from here on';
  // That the document ends there too is the same trouble.
  const skipped = summary.skipped.filter(({ byte }) => !(summary.cut && byte === summary.bytes));
  return { ...summary, cut: true, skipped: [...skipped, { byte: summary.bytes, reason, count: 1 }] };
}

function brokenGzipError(): InputError {
  return new InputError('TA1317', 'the gzip data is broken near its beginning, or goes on with something else', {
    fix: 'copy or download the file again; gzip -t FILE checks it',
    byte: 0,
  });
}

/** The same error with the name of the document in front, and errors of the system as `InputError`. */
function named(error: unknown, title: string): unknown {
  if (error instanceof InputError) {
    const { code, message, why, fix, byte } = error;
    return new InputError(code, `${title}: ${message}`, {
      ...(why === undefined ? {} : { why }),
      ...(fix === undefined ? {} : { fix }),
      ...(byte === undefined ? {} : { byte }),
      cause: error,
    });
  }
  const trouble = SYSTEM_TROUBLE.get(systemCode(error) ?? '');
  if (trouble === undefined) return error;
  return new InputError('TA1315', `${title}: ${trouble.what}`, { fix: trouble.fix, cause: error });
}

const SYSTEM_TROUBLE: ReadonlyMap<string, { readonly what: string; readonly fix: string }> = new Map([
  ['ENOENT', { what: 'no such file', fix: 'check the path; it is relative to the current directory' }],
  ['ENOTDIR', { what: 'no such file', fix: 'check the path: a part of it is a file, not a directory' }],
  ['EISDIR', { what: 'this is a directory', fix: 'name the files in it: trace-analyze DIR/*.json' }],
  ['EACCES', { what: 'reading it is not permitted', fix: 'check who may read the file (ls -l)' }],
  ['EPERM', { what: 'reading it is not permitted', fix: 'check who may read the file (ls -l)' }],
  ['EIO', { what: 'the disk failed while reading it', fix: 'copy the file from where it came from' }],
  ['EMFILE', { what: 'too many files are open', fix: 'raise the limit: ulimit -n 4096' }],
  ['ELOOP', { what: 'its symbolic links go round in a circle', fix: 'name the file itself' }],
  ['ENAMETOOLONG', { what: 'the name is too long', fix: 'check the path' }],
]);
