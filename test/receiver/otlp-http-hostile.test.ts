import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { createGzip, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { type Receiver, type ReceiverLimits, startReceiver } from '../../src/receiver/otlp-http.ts';
import { type Answer, send, sendRaw, spanIdsOf, tracesOf } from './receiver-client.ts';

const MIB = 1024 * 1024;
const BODY = JSON.stringify(tracesOf('eee19b7ec3c1b174'));
const HEAD = 'POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n';

let receiver: Receiver;
let seen: string[];

afterEach(() => receiver.close({ drainMs: 0 }));

async function start(limits: Partial<ReceiverLimits> = {}): Promise<string> {
  seen = [];
  receiver = await startReceiver({ limits, onTraces: (traces) => void seen.push(...spanIdsOf(traces)) });
  return `${receiver.url}/v1/traces`;
}

async function expectHealthy(): Promise<void> {
  const answer = await send(`${receiver.url}/v1/traces`, { body: BODY });
  expect([answer.status, seen.at(-1)]).toEqual([200, 'eee19b7ec3c1b174']);
}

/** Resolves when the receiver has counted `count` refusals. */
async function untilRejected(count: number): Promise<void> {
  while (receiver.counts.rejected < count) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function zeros(bytes: number): Promise<Buffer> {
  const block = Buffer.alloc(MIB);
  const source = Readable.from(
    (function* () {
      for (let left = bytes; left > 0; left -= MIB) yield block;
    })(),
  );
  const pieces: Buffer[] = [];
  for await (const piece of source.pipe(createGzip({ level: 9 }))) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

describe('bodies that are too large', () => {
  it('answers 413 to a gzip bomb without holding more than the limit', async () => {
    const url = await start();
    const bomb = await zeros(512 * MIB);
    let peak = 0;
    const before = process.memoryUsage().rss;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss);
    }, 5);
    const answer = await send(url, { headers: { 'content-encoding': 'gzip' }, body: bomb });
    clearInterval(watch);
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ code: 8 });
    expect(peak - before).toBeLessThan(2 * 64 * MIB);
    await expectHealthy();
  });

  it.each(['gzip', 'deflate', 'identity'])('stops at the limit with %s', async (encoding) => {
    const url = await start({ bodyBytes: 1000 });
    const body = encoding === 'gzip' ? gzipSync(' '.repeat(1001)) : ' '.repeat(1001);
    const answer = await send(url, { headers: encoding === 'gzip' ? { 'content-encoding': encoding } : {}, body });
    expect(answer.status).toBe(413);
  });

  it('takes a body of exactly the limit', async () => {
    const url = await start({ bodyBytes: BODY.length });
    expect((await send(url, { body: BODY })).status).toBe(200);
    const headers = { 'content-encoding': 'gzip' };
    expect((await send(url, { headers, body: gzipSync(`${BODY} `) })).status).toBe(413);
  });

  it('answers 413 to a large body of unknown length while it is still being sent', async () => {
    const url = await start({ bodyBytes: 1000 });
    const { port } = new URL(url);
    const piece = ' '.repeat(4096);
    const chunk = `${piece.length.toString(16)}\r\n${piece}\r\n`;
    const answer = await sendRaw(Number(port), `${HEAD}Transfer-Encoding: chunked\r\n\r\n${chunk}`);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('"code":8');
  });

  it('answers 413 to an announced length without reading it', async () => {
    const url = await start();
    const { port } = new URL(url);
    expect(await sendRaw(Number(port), `${HEAD}Content-Length: 99999999999\r\n\r\n{`)).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('answers 413 to endless gzip members that hold nothing', async () => {
    const url = await start({ bodyBytes: 10_000 });
    const nothing = gzipSync('');
    const body = Buffer.concat(Array.from({ length: 1000 }, () => nothing));
    const headers = { 'content-encoding': 'gzip', 'transfer-encoding': 'chunked' };
    expect((await send(url, { headers, body })).status).toBe(413);
  });

  it('lets a client that sends all of it read the refusal', async () => {
    const url = await start({ bodyBytes: MIB });
    const answers = await Promise.all(Array.from({ length: 5 }, () => send(url, { body: Buffer.alloc(16 * MIB) })));
    expect(answers.map((answer) => answer.status)).toEqual([413, 413, 413, 413, 413]);
  });

  it('answers 503 when all bodies together are too large, and takes them later', async () => {
    const url = await start({ heldBytes: 10 * BODY.length });
    const open = connect(receiver.port, '127.0.0.1');
    open.on('error', () => undefined);
    const large = ' '.repeat(9.5 * BODY.length);
    open.write(`${HEAD}Content-Length: ${large.length + 1}\r\n\r\n${large}`);
    let answer: Answer;
    do answer = await send(url, { body: BODY });
    while (answer.status === 200);
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
    const refused = receiver.counts.rejected;
    open.destroy();
    await untilRejected(refused + 1);
    await expectHealthy();
  });
});

describe('clients that misbehave', () => {
  it.each(['identity', 'gzip'])('goes on after uploads that break off (%s)', async (encoding) => {
    await start();
    const sockets = Array.from({ length: 20 }, () => connect(receiver.port, '127.0.0.1'));
    for (const socket of sockets) {
      const body = encoding === 'gzip' ? gzipSync(BODY) : Buffer.from(BODY);
      socket.write(`${HEAD}Content-Encoding: ${encoding}\r\nContent-Length: ${body.length}\r\n\r\n`);
      socket.end(body.subarray(0, -1));
    }
    await untilRejected(20);
    expect(seen).toEqual([]);
    await expectHealthy();
  });

  it('goes on after clients that do not wait for the answer', async () => {
    await start();
    for (let i = 0; i < 20; i++) {
      const socket: Socket = connect(receiver.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(`${HEAD}Content-Length: ${BODY.length}\r\n\r\n${BODY}`, () => socket.resetAndDestroy());
    }
    await expectHealthy();
  });

  it.each([
    ['no HTTP', 'hello\r\n\r\n'],
    ['binary', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'.repeat(50)],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['large headers', `POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`],
    ['two lengths', `${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx`],
    ['length and chunks', `${HEAD}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['broken chunks', `${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n`],
    ['no host', 'POST /v1/traces HTTP/1.1\r\n\r\n'],
    ['HTTP/1.0 without host', 'POST /v1/traces HTTP/1.0\r\n\r\n'],
    ['CONNECT', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n'],
  ])('goes on after garbage: %s', async (_what, text) => {
    await start();
    expect(await sendRaw(receiver.port, text)).not.toMatch(/^HTTP\/1\.1 200/);
    await expectHealthy();
  });
});

describe('clients that are slow or in a hurry', () => {
  it('serves others beside hundreds of clients that never finish, and cuts those', async () => {
    await start({ headersMs: 400, requestMs: 400 });
    const slow = Array.from({ length: 500 }, (_, i) => {
      const beginning = ['', 'POST /v1/tr', `${HEAD}X-Slow: `, `${HEAD}Content-Length: 100\r\n\r\n{`];
      return sendRaw(receiver.port, beginning[i % beginning.length]!);
    });
    await expectHealthy();
    // Resolves only when the receiver has closed every one of them.
    await Promise.all(slow);
    await expectHealthy();
  });

  it('takes a body that comes byte by byte', async () => {
    await start();
    const socket = connect(receiver.port, '127.0.0.1');
    socket.setNoDelay(true);
    const answer = new Promise<string>((resolve) => socket.once('data', (piece) => resolve(piece.toString())));
    const body = gzipSync(BODY);
    socket.write(`${HEAD}Content-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n`);
    for (const byte of body)
      await new Promise<void>((resolve) => socket.write(Buffer.from([byte]), () => setImmediate(resolve)));
    expect(await answer).toMatch(/^HTTP\/1\.1 200 /);
    socket.destroy();
    expect(seen).toEqual(['eee19b7ec3c1b174']);
  });

  it('keeps a connection for several requests', async () => {
    await start();
    const one = `${HEAD}Content-Length: ${BODY.length}\r\n\r\n${BODY}`;
    const last = one.replace('\r\n', '\r\nConnection: close\r\n');
    const answer = await sendRaw(receiver.port, one + one + last);
    expect(answer.match(/HTTP\/1\.1 200 /g)).toHaveLength(3);
    expect(seen).toHaveLength(3);
  });

  it('takes what a client sent before it went away, when closed at once', async () => {
    await start();
    const socket = connect(receiver.port, '127.0.0.1');
    await new Promise<void>((resolve) => socket.end(`${HEAD}Content-Length: ${BODY.length}\r\n\r\n${BODY}`, resolve));
    await receiver.close();
    expect(seen).toEqual(['eee19b7ec3c1b174']);
  });

  it('keeps prototypes clean', async () => {
    const url = await start();
    const body = BODY.replace(
      '"name":',
      '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"name":',
    );
    expect((await send(url, { body })).status).toBe(200);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});
