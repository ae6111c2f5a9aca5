import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { trace } from '@opentelemetry/api';
import type { Sdk, Transport } from './sdk.ts';

type NodeTransport = Transport & {
  handleRequest(request: IncomingMessage, response: ServerResponse): Promise<void>;
};
type WebTransport = Transport & { handleRequest(request: Request): Promise<Response> };
type SseTransport = Transport & {
  handlePostMessage(request: IncomingMessage, response: ServerResponse): Promise<void>;
};

/** Those of one major or the other; not all have all. */
interface ServerTransports {
  readonly StreamableHTTPServerTransport?: new (options: object) => NodeTransport;
  readonly WebStandardStreamableHTTPServerTransport?: new (options: object) => WebTransport;
  readonly SSEServerTransport?: new (path: string, response: ServerResponse) => SseTransport;
  readonly createMcpHandler?: (factory: () => object) => { fetch(request: Request): Promise<Response> };
}

export interface HttpServer {
  readonly url: URL;
  readonly port: number;
  /** Headers of the requests so far. */
  readonly requests: IncomingMessage['headers'][];
  close(): Promise<void>;
}

type Trace = <T extends object>(transport: T) => T;
type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** Streamable HTTP: a session for every client, behind a span of some HTTP instrumentation for every request. */
export async function serveHttp(sdk: Sdk, traced: Trace): Promise<HttpServer> {
  const { StreamableHTTPServerTransport, WebStandardStreamableHTTPServerTransport } = sdk as ServerTransports;
  const sessions = new Map<string, Handler>();
  const newSession = async (): Promise<Handler> => {
    const options = {
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id: string) => void sessions.set(id, handle),
    };
    const server = sdk.newServer();
    let handle: Handler;
    if (WebStandardStreamableHTTPServerTransport !== undefined) {
      const transport = traced(new WebStandardStreamableHTTPServerTransport(options));
      handle = (request, response) => answerWeb(request, response, (web) => transport.handleRequest(web));
      await server.connect(transport);
    } else {
      const transport = traced(new StreamableHTTPServerTransport!(options));
      handle = (request, response) => transport.handleRequest(request, response);
      await server.connect(transport);
    }
    return handle;
  };
  return listen(async (request, response) => {
    const session = sessions.get(String(request.headers['mcp-session-id']));
    return (session ?? (await newSession()))(request, response);
  });
}

/** The second major's own handler: a server and a transport of its own for every request. */
export function serveHandler(sdk: Sdk, traced: Trace): Promise<HttpServer> {
  const handler = (sdk as ServerTransports).createMcpHandler!(() => traced(sdk.newServer()));
  return listen((request, response) => answerWeb(request, response, (web) => handler.fetch(web)));
}

/** The older transport of two endpoints, which only the first major has for servers. */
export function serveSse(sdk: Sdk, traced: Trace): Promise<HttpServer> {
  const { SSEServerTransport } = sdk as ServerTransports;
  const sessions = new Map<string, SseTransport>();
  return listen(async (request, response) => {
    if (request.method === 'POST') {
      const id = new URL(request.url!, 'http://localhost').searchParams.get('sessionId');
      return sessions.get(id!)!.handlePostMessage(request, response);
    }
    const transport = traced(new SSEServerTransport!('/messages', response));
    sessions.set(transport.sessionId!, transport);
    return sdk.newServer().connect(transport);
  });
}

async function listen(handle: Handler): Promise<HttpServer> {
  const requests: IncomingMessage['headers'][] = [];
  const server = createServer((request, response) => {
    requests.push(request.headers);
    trace.getTracer('http').startActiveSpan(`${request.method} /mcp`, { root: true }, (span) => {
      response.on('close', () => span.end());
      void handle(request, response);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: new URL(`http://127.0.0.1:${port}/mcp`),
    requests,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function answerWeb(
  request: IncomingMessage,
  response: ServerResponse,
  handle: (request: Request) => Promise<Response>,
): Promise<void> {
  const hasBody = request.method === 'POST';
  const web = new Request(`http://${request.headers.host}${request.url}`, {
    method: request.method!,
    headers: request.headers as Record<string, string>,
    ...(hasBody ? { body: Readable.toWeb(request) as ReadableStream, duplex: 'half' } : {}),
  } as RequestInit);
  const answer = await handle(web);
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.flushHeaders();
  try {
    for await (const chunk of answer.body ?? []) response.write(chunk);
  } catch {
    // The client left.
  }
  response.end();
}
