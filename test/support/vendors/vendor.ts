import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a vendor's server got. */
export interface ReceivedRequest {
  readonly method: string;
  /** With the query, as it was sent. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Parsed JSON; undefined where there was no body. */
  readonly body: Record<string, unknown> | undefined;
}

/** What may go wrong with one answer; the vendors' docstrings tell how to ask for it. */
export interface Faults {
  /** Answer with this status and an error body. */
  readonly status?: number;
  /** Only until the same request (model and path) has failed this many times. */
  readonly times?: number;
  /** Take the request and never answer. */
  readonly hang?: boolean;
  /** Destroy the connection after two pieces of a stream (plain answers: after half of the body). */
  readonly die?: boolean;
  /** Send an error event after two pieces of a stream. */
  readonly errorEvent?: boolean;
  /** Milliseconds before the first byte of the body. */
  readonly firstMs?: number;
  /** Milliseconds between pieces of a stream. */
  readonly betweenMs?: number;
  /** Pieces of text in a stream, in place of four. */
  readonly pieces?: number;
}

/** Time to first byte of `slow`, in milliseconds. */
export const SLOW_MS = 70;

/** By the words after the first colon of a model's name, with dashes between: `gpt-fake:slow-die`. Unknown words: none. */
export function faultsOf(model: string): Faults {
  const words = model.split(':')[1]?.split('-') ?? [];
  let faults: Faults = {};
  for (const word of words) {
    if (/^\d{3}$/.test(word)) faults = { ...faults, status: Number(word) };
    else if (word === 'once') faults = { ...faults, times: 1 };
    else if (word === 'hang') faults = { ...faults, hang: true };
    else if (word === 'die') faults = { ...faults, die: true };
    else if (word === 'error') faults = { ...faults, errorEvent: true };
    else if (word === 'slow') faults = { ...faults, firstMs: SLOW_MS };
    else if (word === 'long') faults = { ...faults, pieces: 200, betweenMs: 5 };
  }
  return faults;
}

/** A vendor's API on 127.0.0.1. */
export interface Vendor {
  /** Without a slash at its end and without a path. */
  readonly origin: string;
  /** In the order they came in. */
  readonly requests: readonly ReceivedRequest[];
  /** Ends all connections, answered or not. */
  stop(): Promise<void>;
}

export type Handler = (request: ReceivedRequest, reply: Reply) => void | Promise<void>;

export async function startVendor(handle: Handler): Promise<Vendor> {
  const requests: ReceivedRequest[] = [];
  const failures = new Map<string, number>();
  const server = createServer(async (incoming, response) => {
    const request = await received(incoming);
    requests.push(request);
    try {
      await handle(request, new Reply(response, failures));
    } catch (error) {
      // The client left: nothing to answer. All else is a bug of the fake, and the client sees it.
      if (response.destroyed) return;
      response.writeHead(599, { 'content-type': 'text/plain' }).end(String((error as Error).stack));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function received(incoming: IncomingMessage): Promise<ReceivedRequest> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString('utf8');
  const body = text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>);
  return { method: incoming.method ?? '', path: incoming.url ?? '', headers: incoming.headers, body };
}

/** One event of a stream: an SSE event name where the protocol has one, and JSON (or `[DONE]`). */
export interface SseEvent {
  readonly event?: string;
  readonly data: unknown;
}

export class Reply {
  readonly #response: ServerResponse;
  readonly #failures: Map<string, number>;

  constructor(response: ServerResponse, failures: Map<string, number>) {
    this.#response = response;
    this.#failures = failures;
  }

  json(body: unknown, status = 200, headers: Record<string, string> = {}): void {
    const all = {
      'content-type': 'application/json',
      'x-request-id': 'req_fake',
      'request-id': 'req_fake',
      ...headers,
    };
    this.#response.writeHead(status, all).end(JSON.stringify(body));
  }

  /** Whether the fault is due now: always, or as long as `times` lasts for this key. */
  isDue(faults: Faults, key: string): boolean {
    const soFar = this.#failures.get(key) ?? 0;
    this.#failures.set(key, soFar + 1);
    return faults.times === undefined || soFar < faults.times;
  }

  /** A plain answer, late or cut off as the faults have it. */
  async answer(body: unknown, faults: Faults): Promise<void> {
    if (faults.hang === true) return;
    if (faults.firstMs !== undefined) await pause(faults.firstMs);
    if (faults.die !== true) return this.json(body);
    const text = JSON.stringify(body);
    this.#response.writeHead(200, { 'content-type': 'application/json', 'content-length': String(text.length) });
    this.#response.write(text.slice(0, text.length / 2));
    await pause(5);
    this.#response.destroy();
  }

  /** A stream. `errorEvent` is what goes out where the faults ask for one. */
  async stream(events: Iterable<SseEvent>, faults: Faults, errorEvent: SseEvent): Promise<void> {
    const response = this.#response;
    if (faults.hang === true) return;
    const type = {
      'content-type': 'text/event-stream; charset=utf-8',
      'x-request-id': 'req_fake',
      'request-id': 'req_fake',
    };
    response.writeHead(200, type).flushHeaders();
    if (faults.firstMs !== undefined) await pause(faults.firstMs);
    let sent = 0;
    for (const event of events) {
      if (response.destroyed) return;
      if (sent === 2 && faults.die === true) {
        response.destroy();
        return;
      }
      if (sent === 2 && faults.errorEvent === true) {
        response.end(sse(errorEvent));
        return;
      }
      response.write(sse(event));
      sent++;
      await pause(faults.betweenMs ?? 1);
    }
    response.end();
  }
}

function sse({ event, data }: SseEvent): string {
  const name = event === undefined ? '' : `event: ${event}\n`;
  return `${name}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
