import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Receiver, startReceiver } from '../../src/receiver/otlp-http.ts';
import { ReceiverError } from '../../src/receiver/receiver-error.ts';
import { send, tracesOf } from './receiver-client.ts';

const BODY = JSON.stringify(tracesOf('eee19b7ec3c1b174'));

let receiver: Receiver;
let onTraces: () => void | Promise<void>;

beforeEach(async () => {
  onTraces = () => undefined;
  receiver = await startReceiver({ onTraces: () => onTraces() });
});

afterEach(() => receiver.close({ drainMs: 0 }));

const post = () => send(`${receiver.url}/v1/traces`, { body: BODY });

describe('start and close', () => {
  it('listens on 127.0.0.1 at a free port', () => {
    expect(receiver.port).toBeGreaterThan(0);
    expect(receiver.url).toBe(`http://127.0.0.1:${receiver.port}`);
  });

  it('says which port is taken', async () => {
    const start = startReceiver({ port: receiver.port, onTraces: () => undefined });
    await expect(start).rejects.toThrow(ReceiverError);
    await expect(start).rejects.toMatchObject({ code: 'TA1401', message: expect.stringContaining('EADDRINUSE') });
  });

  it('takes further host names that it is told', async () => {
    const other = await startReceiver({ allowedHosts: ['receiver.internal'], onTraces: () => undefined });
    const headers = { host: 'receiver.internal:4318' };
    expect((await send(`${other.url}/v1/traces`, { headers, body: BODY })).status).toBe(200);
    await other.close();
  });

  it('lets an open request finish before it closes', async () => {
    let store = () => {};
    const asked = new Promise<void>((resolve) => {
      onTraces = () => {
        resolve();
        return new Promise<void>((done) => {
          store = done;
        });
      };
    });
    const answer = post();
    await asked;
    const closed = receiver.close({ drainMs: 20_000 });
    store();
    expect((await answer).status).toBe(200);
    await closed;
    await expect(post()).rejects.toThrow('ECONNREFUSED');
  });

  it('cuts what does not finish', async () => {
    const asked = new Promise<void>((resolve) => {
      onTraces = () => {
        resolve();
        return new Promise<void>(() => undefined);
      };
    });
    const answer = post();
    answer.catch(() => undefined);
    await asked;
    await receiver.close({ drainMs: 20 });
    await expect(answer).rejects.toThrow();
    await receiver.close();
  });

  it('frees its port', async () => {
    await receiver.close();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(receiver.port, '127.0.0.1', resolve));
    expect((server.address() as AddressInfo).port).toBe(receiver.port);
    await new Promise((resolve) => server.close(resolve));
  });
});
