import { crc32 } from 'node:zlib';

/** One message of `application/vnd.amazon.eventstream`: an event, or an exception that ends the stream. */
export interface EventMessage {
  readonly type: string;
  readonly isException?: boolean;
  readonly payload: unknown;
}

/** Lengths, a checksum of them, headers, JSON, a checksum of all of it. */
export function eventMessage({ type, isException = false, payload }: EventMessage): Buffer {
  const headers = Buffer.concat([
    header(':message-type', isException ? 'exception' : 'event'),
    header(isException ? ':exception-type' : ':event-type', type),
    header(':content-type', 'application/json'),
  ]);
  const body = Buffer.from(JSON.stringify(payload));
  const lengths = Buffer.concat([uint32(16 + headers.length + body.length), uint32(headers.length)]);
  const head = Buffer.concat([lengths, uint32(crc32(lengths)), headers, body]);
  return Buffer.concat([head, uint32(crc32(head))]);
}

/** The type of a header with text is 7. */
function header(name: string, value: string): Buffer {
  const text = Buffer.from(value);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(text.length);
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), Buffer.from([7]), length, text]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
