// A real Postgres on this machine: PGlite (Postgres compiled to WebAssembly) behind its socket server, in a process of its
// own, with the orders of a shop in it. Between it and its clients are 2 ms each way, as to the next data centre. Prints
// its port; ends with its parent.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';

const ONE_WAY_MS = 2;

const db = await PGlite.create();
await db.exec(`
  CREATE TABLE orders (id int PRIMARY KEY, customer text NOT NULL, item text NOT NULL);
  CREATE TABLE shipments (order_id int PRIMARY KEY REFERENCES orders, state text NOT NULL);
  INSERT INTO orders SELECT n, CASE WHEN n <= 20 THEN 'ada' ELSE 'bob' END, 'item ' || n FROM generate_series(1, 60) n;
  INSERT INTO shipments SELECT n, CASE WHEN n % 7 = 0 THEN 'lost' ELSE 'delivered' END FROM generate_series(1, 60) n;
`);
const server = new PGLiteSocketServer({ db, host: '127.0.0.1', port: 0 });
await server.start();
const inner = Number(server.getServerConn().split(':').at(-1));

const relay = createServer((client) => {
  const upstream = connect(inner, '127.0.0.1');
  client.on('data', (bytes) => setTimeout(() => upstream.write(bytes), ONE_WAY_MS));
  upstream.on('data', (bytes) => setTimeout(() => client.write(bytes), ONE_WAY_MS));
  client.on('close', () => upstream.end());
  upstream.on('close', () => client.end());
  client.on('error', () => upstream.destroy());
  upstream.on('error', () => client.destroy());
}).listen(0, '127.0.0.1');
await once(relay, 'listening');
const { port } = /** @type {import('node:net').AddressInfo} */ (relay.address());
process.send?.(port);
process.on('disconnect', () => process.exit());
