import type { IncomingMessage } from 'node:http';
import { PassThrough, type Transform } from 'node:stream';
import { createGunzip, createInflate } from 'node:zlib';
import type { ByteBudget } from './held-bytes.ts';
import { AbortedRequest, Rejection } from './rejection.ts';

/** Few large pieces: a body of 64 MiB is inflated in 256 turns of the thread pool, not in 4096. */
const PIECE_BYTES = 256 * 1024;

/**
 * The whole body, inflated. Stops at the first byte over `maxBytes`, as sent or after inflating: a bomb costs no more
 * than the limit. The request itself is left usable, so that the refusal can still be sent.
 */
export async function readBody(request: IncomingMessage, maxBytes: number, budget: ByteBudget): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const plain = inflaterFor(request.headers['content-encoding']);
  let sentBytes = 0;
  request.on('data', (chunk: Buffer) => {
    sentBytes += chunk.byteLength;
    // Empty gzip members and what follows the last one take no room when inflated, but are no reason to go on.
    if (sentBytes > maxBytes) plain.destroy(tooLarge(maxBytes));
  });
  // pipe() does not tell its target that its source broke off.
  request.once('close', () => {
    if (!request.complete) plain.destroy(new AbortedRequest('the client went away'));
  });
  request.pipe(plain);
  const kept: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of plain as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      budget.take(chunk.byteLength);
      kept.push(chunk);
    }
  } catch (error) {
    if (error instanceof Rejection || error instanceof AbortedRequest) throw error;
    throw new Rejection(400, `the body cannot be inflated: ${(error as Error).message}`, { cause: error });
  }
  return Buffer.concat(kept, bytes);
}

/** Reads the body to its end and throws it away, at most `maxBytes` of it. */
export async function discardBody(request: IncomingMessage, maxBytes: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) reject(tooLarge(maxBytes));
    });
    request.once('end', resolve);
    request.once('close', () => reject(new AbortedRequest('the client went away')));
  });
}

function inflaterFor(encoding: string | undefined): Transform {
  switch (encoding?.trim().toLowerCase() ?? 'identity') {
    case '':
    case 'identity':
      return new PassThrough();
    case 'gzip':
    case 'x-gzip':
      return createGunzip({ chunkSize: PIECE_BYTES });
    case 'deflate':
      return createInflate({ chunkSize: PIECE_BYTES });
    default:
      throw new Rejection(415, 'Content-Encoding is none of gzip, deflate, identity', {
        headers: { 'accept-encoding': 'gzip, deflate, identity' },
      });
  }
}

function tooLarge(maxBytes: number): Rejection {
  return new Rejection(413, `the body is larger than ${maxBytes} bytes after inflating: send smaller batches`);
}
