import type { Call } from './call.ts';
import { watchStream } from './watch.ts';

interface NodeReadable {
  once(event: 'end' | 'close', listener: () => void): unknown;
  readonly destroyed?: boolean;
  readonly readableEnded?: boolean;
  readonly errored?: unknown;
}

/**
 * A `stream.Readable`, told by its shape, as the core knows no Node module. It is only listened to: `end` and `close`
 * neither start it nor handle its errors. A socket or another two-way stream is a connection, not a result.
 */
export function watchNodeStream(value: object, call: Call): boolean {
  const stream = value as unknown as NodeReadable & Record<string, unknown>;
  const isTwoWay = typeof stream.write === 'function' && typeof stream._transform !== 'function';
  if (isTwoWay || stream.destroyed === true || stream.readableEnded === true) return false;
  watchStream(value, call, (found) => {
    stream.once('end', () => found.finished());
    stream.once('close', () => {
      const { errored } = stream;
      if (stream.readableEnded === true) found.finished();
      else if (errored === undefined || errored === null || isLeaving(errored)) found.stopped();
      else found.failed(errored);
    });
  });
  return true;
}

/** With this Node destroys a stream when a loop over it is left. */
function isLeaving(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'ABORT_ERR';
}
