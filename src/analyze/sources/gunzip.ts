import { once } from 'node:events';
import { createGunzip, type Gunzip } from 'node:zlib';
import { InputError } from '../model/errors.ts';

/** Whether the bytes begin like gzip (RFC 1952: magic number, method deflate). */
export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b && head[2] === 0x08;
}

/** How the compressed data ended. */
export type GunzipEnd = 'whole' | 'cut' | 'broken';

export interface GunzipLimits {
  /** Decompressed bytes from which on the ratio counts. */
  readonly bombBytes: number;
  /** The most decompressed bytes for one compressed byte; deflate can reach 1032, JSON of spans stays below 100. */
  readonly maxRatio: number;
}

const LIMITS: GunzipLimits = { bombBytes: 256 * 1024 * 1024, maxRatio: 400 };
/** Data that turns out to be broken costs what its piece would have given. */
const PIECE_BYTES = 16 * 1024;

/**
 * Decompresses gzip of one or more members, a piece at a time: what comes before a cut or broken place is given out.
 * Zeros after the last member are padding, as for gzip itself; other bytes there are a broken place. Throws
 * `InputError` for a decompression bomb.
 */
export async function* gunzip(
  compressed: AsyncIterable<Uint8Array>,
  onEnd: (end: GunzipEnd) => void,
  limits: GunzipLimits = LIMITS,
): AsyncGenerator<Uint8Array, void, void> {
  const stream = createGunzip();
  const out: Uint8Array[] = [];
  stream.on('data', (chunk: Uint8Array) => out.push(chunk));
  let bytesIn = 0;
  let bytesOut = 0;
  function* taken(): Generator<Uint8Array, void, void> {
    for (const chunk of out.splice(0)) {
      bytesOut += chunk.length;
      if (bytesOut > limits.bombBytes && bytesOut > bytesIn * limits.maxRatio) throw bombError(bytesIn, bytesOut);
      yield chunk;
    }
  }
  try {
    for await (const piece of piecesOf(compressed)) {
      bytesIn += piece.length;
      const error = stream.readableEnded ? undefined : await written(stream, piece);
      yield* taken();
      if (error !== undefined || hasMore(stream, piece, bytesIn)) return onEnd('broken');
    }
    const error = stream.readableEnded ? undefined : await ended(stream);
    yield* taken();
    onEnd(error === undefined ? 'whole' : error.code === 'Z_BUF_ERROR' ? 'cut' : 'broken');
  } finally {
    stream.destroy();
  }
}

async function* piecesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) yield chunk.subarray(at, at + PIECE_BYTES);
  }
}

type ZlibError = Error & { readonly code?: string };

/** Whether the stream took the zero after its last member for the end, and the piece goes on with something else. */
function hasMore(stream: Gunzip, piece: Uint8Array, bytesIn: number): boolean {
  if (!stream.readableEnded) return false;
  const taken = stream.bytesWritten - (bytesIn - piece.length);
  return piece.subarray(Math.max(taken, 0)).some((byte) => byte !== 0);
}

/**
 * Resolves when the piece is decompressed, with what is wrong with it. A piece with a zero after the last member ends
 * the stream, and is never called back for.
 */
function written(stream: Gunzip, piece: Uint8Array): Promise<ZlibError | undefined> {
  return new Promise((resolve) => {
    const done = (error?: ZlibError | null): void => {
      stream.off('error', done).off('end', done);
      resolve(error ?? undefined);
    };
    stream.once('error', done).once('end', done);
    stream.write(piece, done);
  });
}

async function ended(stream: Gunzip): Promise<ZlibError | undefined> {
  const end = once(stream, 'end');
  stream.end();
  return end.then(
    () => undefined,
    (error: ZlibError) => error,
  );
}

function bombError(bytesIn: number, bytesOut: number): InputError {
  const ratio = Math.floor(bytesOut / bytesIn);
  return new InputError('TA1316', `the gzip data unpacks to more than ${ratio} times its size: a decompression bomb`, {
    why: 'no traces are packed that tightly; reading on could fill the memory or take for ever',
    fix: 'if the file is right, unpack it: gzip -dc FILE | trace-analyze -',
    byte: bytesOut,
  });
}
