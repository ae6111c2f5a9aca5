import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OtlpEncoding } from './otlp-body.ts';

/** How long what a refused client is still sending is read and thrown away. */
const LINGER_MS = 1000;

/** google.rpc.Code for the statuses we send. */
const RPC_CODES: ReadonlyMap<number, number> = new Map([
  [400, 3], // INVALID_ARGUMENT
  [403, 7], // PERMISSION_DENIED
  [404, 5], // NOT_FOUND
  [405, 12], // UNIMPLEMENTED
  [413, 8], // RESOURCE_EXHAUSTED
  [415, 3],
  [503, 14], // UNAVAILABLE
]);

/** The body of an `Export…ServiceResponse`, the same for all three signals. */
export function successBody(encoding: OtlpEncoding, rejectedSpans = 0, warning = ''): Buffer {
  if (encoding === 'protobuf') {
    if (rejectedSpans === 0 && warning === '') return Buffer.alloc(0);
    const partial = numberAndText(rejectedSpans, warning);
    return Buffer.concat([Buffer.from([0x0a]), varint(partial.length), partial]);
  }
  const partialSuccess = {
    ...(rejectedSpans > 0 ? { rejectedSpans: String(rejectedSpans) } : {}),
    ...(warning === '' ? {} : { errorMessage: warning }),
  };
  return Buffer.from(JSON.stringify({ partialSuccess }));
}

/** A `google.rpc.Status`, as the specification asks of every refusal. */
export function statusBody(encoding: OtlpEncoding, status: number, message: string): Buffer {
  const code = RPC_CODES.get(status) ?? 13; // INTERNAL
  return encoding === 'protobuf' ? numberAndText(code, message) : Buffer.from(JSON.stringify({ code, message }));
}

/** A protobuf message with an integer in field 1 and a string in field 2: `Status` and `…PartialSuccess` alike. */
function numberAndText(value: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  const number = value === 0 ? [] : [Buffer.from([0x08]), varint(value)];
  return Buffer.concat([...number, Buffer.from([0x12]), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}

/** Whole answer at once. `encoding` is the request's, which the specification wants mirrored. */
export interface Reply {
  readonly status: number;
  readonly encoding: OtlpEncoding;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Sends a reply. A client that is still sending gets it complete at once, but the connection stays open a little and
 * what comes is thrown away: closing on unread bytes makes the kernel reset the connection, and the client would see
 * that instead of the reply, and try again.
 */
export function sendReply(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, {
    ...reply.headers,
    'content-type': reply.encoding === 'json' ? 'application/json' : 'application/x-protobuf',
    'content-length': reply.body.byteLength,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(request.complete ? {} : { connection: 'close' }),
  });
  if (request.complete) {
    response.end(reply.body);
    return;
  }
  if (reply.body.byteLength > 0) response.write(reply.body);
  else response.flushHeaders();
  const finish = () => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(finish, LINGER_MS);
  request.once('end', finish);
  response.once('close', finish);
  request.resume();
}
