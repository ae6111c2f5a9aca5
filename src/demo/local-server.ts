import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Server } from 'node:net';

/** One of the demo's servers, on a free port of this machine. */
export interface LocalServer {
  /** The name it is reached by. */
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => Promise<void>;

/** Whatever goes wrong in a handler is answered 500. */
export async function startHttpServer(address: string, handler: Handler): Promise<LocalServer> {
  const server = createServer((request, response) => {
    serve(request, response, handler).catch(() => response.writeHead(500).end());
  });
  const port = await listen(server);
  return {
    address,
    port,
    close: () => {
      const closed = closeServer(server);
      server.closeAllConnections();
      return closed;
    },
  };
}

async function serve(request: IncomingMessage, response: ServerResponse, handler: Handler): Promise<void> {
  request.setEncoding('utf8');
  let body = '';
  for await (const piece of request) body += piece;
  await handler(request, response, body);
}

export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
