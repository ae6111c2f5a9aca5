import { createServer as createHttp1, type IncomingMessage, type ServerResponse } from 'node:http';
import { constants, createServer as createHttp2, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { converse, converseEvents, invoke, invokeEvents } from './bedrock/answers.ts';
import { type EventMessage, eventMessage } from './bedrock/event-stream.ts';
import { type Faults, faultsOf, type ReceivedRequest, type Vendor } from './vendor.ts';

export { SLOW_MS } from './vendor.ts';

type Incoming = IncomingMessage | Http2ServerRequest;
type Response = (ServerResponse | Http2ServerResponse) & { write(chunk: Buffer): boolean };

/**
 * Amazon Bedrock's runtime, over HTTP/1.1 or, as newer clients want it, HTTP/2 without TLS: `/converse`,
 * `/converse-stream`, `/invoke` and `/invoke-with-response-stream` of any model; streams are in the binary framing, with
 * checksums. No signature is looked at.
 *
 * The model says `This is an answer.`, or asks for the first tool (`tooluse_1`) until its result is there. The formats
 * of `/invoke` go by the beginning of the model's name. Faults go by words behind a colon in it (`fake.model:429`,
 * `:once-503`, `:die`, `:error`, `:slow`, `:long`, `:hang`).
 */
export async function startBedrock(protocol: 'http/1.1' | 'h2'): Promise<Vendor> {
  const requests: ReceivedRequest[] = [];
  const failures = new Map<string, number>();
  const sockets = new Set<Socket>();
  const onRequest = async (incoming: Incoming, response: Response) => {
    const request = await received(incoming);
    requests.push(request);
    await answer(request, response, failures).catch((error: unknown) => {
      if (!response.destroyed) response.writeHead(599).end(String(error));
    });
  };
  const server =
    protocol === 'h2'
      ? createHttp2((request, response) => void onRequest(request, response as Response))
      : createHttp1((request, response) => void onRequest(request, response));
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

async function received(incoming: Incoming): Promise<ReceivedRequest> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  const body = JSON.parse(Buffer.concat(parts).toString('utf8') || '{}') as Record<string, unknown>;
  const headers = Object.entries(incoming.headers).filter(([name]) => !name.startsWith(':'));
  return { method: incoming.method ?? '', path: incoming.url ?? '', headers: Object.fromEntries(headers), body };
}

async function answer(request: ReceivedRequest, response: Response, failures: Map<string, number>): Promise<void> {
  const [, , encoded, action] = request.path.split('/');
  const model = decodeURIComponent(encoded!);
  const faults = faultsOf(model);
  const soFar = failures.get(request.path) ?? 0;
  failures.set(request.path, soFar + 1);
  if (faults.status !== undefined && soFar < (faults.times ?? Number.POSITIVE_INFINITY)) {
    return refuse(response, faults.status);
  }
  if (faults.hang === true) return;
  if (faults.firstMs !== undefined) await pause(faults.firstMs);
  const body = request.body ?? {};
  if (action === 'converse') return json(response, converse(body));
  if (action === 'invoke') return json(response, invoke(model, body), TOKEN_HEADERS);
  if (action === 'converse-stream') return stream(response, converseEvents(body, faults), faults);
  if (action === 'invoke-with-response-stream') return stream(response, invokeEvents(model, faults), faults);
  refuse(response, 404);
}

const COMMON = { 'x-amzn-requestid': '00000000-0000-4000-8000-000000000001' };

/** The service tells the tokens of any model in headers. */
const TOKEN_HEADERS = { 'x-amzn-bedrock-input-token-count': '11', 'x-amzn-bedrock-output-token-count': '4' };

const ERRORS: Readonly<Record<number, string>> = {
  400: 'ValidationException',
  403: 'AccessDeniedException',
  404: 'ResourceNotFoundException',
  429: 'ThrottlingException',
  500: 'InternalServerException',
  503: 'ServiceUnavailableException',
};

function refuse(response: Response, status: number): void {
  const type = ERRORS[status] ?? 'UnknownException';
  const headers = { ...COMMON, 'content-type': 'application/json', 'x-amzn-errortype': type };
  response.writeHead(status, headers).end(JSON.stringify({ message: 'It did not work out.' }));
}

function json(response: Response, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(200, { ...COMMON, 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

async function stream(response: Response, events: Iterable<EventMessage>, faults: Faults): Promise<void> {
  const type = 'application/vnd.amazon.eventstream';
  response.writeHead(200, { ...COMMON, 'content-type': type, 'x-amzn-bedrock-content-type': 'application/json' });
  let sent = 0;
  for (const event of events) {
    if (response.destroyed) return;
    if (sent === 2 && faults.die === true) return cutOff(response);
    if (sent === 2 && faults.errorEvent === true) {
      const payload = { message: 'Too many requests.' };
      response.end(eventMessage({ type: 'throttlingException', isException: true, payload }));
      return;
    }
    response.write(eventMessage(event));
    sent++;
    await pause(faults.betweenMs ?? 1);
  }
  response.end();
}

function cutOff(response: Response): void {
  if ('stream' in response) response.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  else response.destroy();
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
