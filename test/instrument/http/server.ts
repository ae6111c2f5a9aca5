import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TestServer {
  readonly url: string;
  readonly port: number;
  readonly server: Server;
  /** Headers of the requests as they came, oldest first. */
  readonly headers: Record<string, string | string[] | undefined>[];
  close(): Promise<void>;
}

/** A server on a free port that remembers what it was asked. */
export async function startServer(listener: RequestListener): Promise<TestServer> {
  const headers: TestServer['headers'] = [];
  const server = createServer((request, response) => {
    headers.push(request.headers);
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    server,
    headers,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Without what every root has. */
export function ofHttp({ attributes }: { attributes: object }): object {
  return Object.fromEntries(Object.entries(attributes).filter(([key]) => !key.startsWith('ta.')));
}

export function traceparentOf(context: { traceId: string; spanId: string; traceFlags: number }): string {
  return `00-${context.traceId}-${context.spanId}-0${context.traceFlags}`;
}

/** Answers by path: `/text`, `/slow` (a body in three pieces), `/empty`, `/status/404`, `/broken`, `/hang`, `/redirect`. */
export const ANSWERS: RequestListener = (request, response) => {
  const path = request.url!.split('?')[0]!;
  if (path === '/text') response.end('text');
  else if (path === '/empty') response.writeHead(204).end();
  else if (path.startsWith('/status/')) response.writeHead(Number(path.slice(8))).end('status');
  else if (path === '/redirect') response.writeHead(302, { location: '/text' }).end();
  else if (path === '/json') response.setHeader('content-type', 'application/json').end('{"a":1}');
  else if (path === '/slow') sendSlowly(response, 3);
  else if (path === '/echo') request.pipe(response);
  else if (path === '/broken') {
    response.writeHead(200, { 'content-length': '100' });
    response.write('part', () => setTimeout(() => response.destroy(), 10));
  } else if (path === '/reset') request.socket.destroy();
  else if (path !== '/hang') response.writeHead(404).end();
};

function sendSlowly(response: Parameters<RequestListener>[1], pieces: number): void {
  if (pieces === 0) {
    response.end();
    return;
  }
  response.write(`piece ${pieces}`);
  setTimeout(() => sendSlowly(response, pieces - 1), 40);
}
