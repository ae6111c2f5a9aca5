import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';

export interface FaultServer {
  readonly url: string;
  readonly requests: readonly { readonly path: string; readonly headers: IncomingMessage['headers'] }[];
  close(): Promise<void>;
}

/** A local server that misbehaves as told. */
export async function startFaultServer(
  answer: (request: IncomingMessage, response: ServerResponse, count: number) => void,
): Promise<FaultServer> {
  const requests: { path: string; headers: IncomingMessage['headers'] }[] = [];
  const server = createServer((request, response) => {
    requests.push({ path: request.url ?? '/', headers: request.headers });
    answer(request, response, requests.length);
  });
  return { url: await listen(server), requests, close: () => closeServer(server, () => server.closeAllConnections()) };
}

/** The same below HTTP: what is done with each connection once its request head has come. */
export async function startRawServer(onRequest: (socket: Socket, count: number) => void): Promise<FaultServer> {
  const sockets = new Set<Socket>();
  const requests: { path: string; headers: IncomingMessage['headers'] }[] = [];
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      requests.push({ path: data.toString('latin1').split(' ')[1] ?? '/', headers: {} });
      onRequest(socket, requests.length);
    });
  });
  const url = await listen(server);
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  return { url, requests, close: () => closeServer(server, drop) };
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });
}

function closeServer(server: Server, drop: () => void): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    drop();
  });
}

/** Promises a text and sends half of it. */
export function cutAnswer(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-length': Buffer.byteLength(text) });
  response.write(text.slice(0, Math.floor(text.length / 2)), () => response.destroy());
}

/** An address of this machine where nobody listens. */
export async function deadUrl(): Promise<string> {
  const server = createServer();
  const url = await listen(server);
  await closeServer(server, () => undefined);
  return url;
}
