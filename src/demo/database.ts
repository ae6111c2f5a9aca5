import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { closeServer, type LocalServer, listen } from './local-server.ts';
import { PLANTED } from './planted.ts';

/** One line of JSON each way. */
interface Query {
  readonly id: number;
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

export interface QueryAnswer {
  readonly id: number;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** A database with three tables and a fixed time for a query on each. */
export async function startDatabase(): Promise<LocalServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    createInterface({ input: socket }).on('line', (line) => void answer(socket, JSON.parse(line) as Query));
  });
  const port = await listen(server);
  return {
    address: PLANTED.database,
    port,
    close: () => {
      const closed = closeServer(server);
      for (const socket of sockets) socket.destroy();
      return closed;
    },
  };
}

async function answer(socket: Socket, { id, sql }: Query): Promise<void> {
  const { ms, rows } = tableOf(sql);
  await sleep(ms);
  if (socket.writable) socket.write(`${JSON.stringify({ id, rows } satisfies QueryAnswer)}\n`);
}

function tableOf(sql: string): { ms: number; rows: QueryAnswer['rows'] } {
  if (sql === PLANTED.itemQuery) return { ms: PLANTED.itemMs, rows: [{ sku: 'mug', quantity: 2 }] };
  if (sql.includes(' FROM orders ')) {
    return { ms: PLANTED.itemMs, rows: Array.from({ length: PLANTED.orders }, (_, i) => ({ id: `o-${i}` })) };
  }
  return { ms: PLANTED.serialMs, rows: [{ text: 'within 30 days' }] };
}
