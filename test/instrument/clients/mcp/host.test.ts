import { afterEach, beforeEach, expect, it } from 'vitest';
import { traceMcp } from '../../../../src/instrument/clients/mcp.ts';
import { telemetryErrors } from '../../../../src/instrument/index.ts';
import { describeReleases } from '../../../support/clients.ts';
import { type Recorder, startRecorder } from '../../recorder.ts';
import { loadSdk, type Sdk, type Transport } from './sdk.ts';

let recorder: Recorder;
let errorsBefore: number;

beforeEach(() => {
  recorder = startRecorder();
  errorsBefore = telemetryErrors();
});

afterEach(async () => {
  await recorder.stop();
  expect(telemetryErrors() - errorsBefore).toBe(0);
});

type Wrap = <T extends object>(transport: T) => T;
const bare: Wrap = (transport) => transport;

/** What passed through a transport, noted below the wrapper. */
function wireOf(transport: Transport): unknown[] {
  const wire: unknown[] = [];
  const send = transport.send;
  transport.send = function (this: Transport, message, ...rest) {
    wire.push(structuredClone(message));
    return send.call(this, message, ...rest);
  };
  return wire;
}

/** Without what is to differ: the keys of trace context. */
function withoutContext(message: unknown): unknown {
  const { params, ...rest } = message as { params?: { _meta?: Record<string, unknown> } };
  const { _meta, ...others } = params ?? {};
  const { traceparent: _, tracestate: __, baggage: ___, ...meta } = _meta ?? {};
  return { ...rest, params: others, meta };
}

const errorOf = (error: Error & { code?: unknown }) => [error.constructor.name, error.message, error.code];

/** Uses a client and a server in many ways; everything that the host sees, in its order. */
async function session(sdk: Sdk, wrap: Wrap) {
  const seen: unknown[] = [];
  const note = (what: string) => (value: unknown) => void seen.push([what, value]);
  const noteError = (what: string) => (error: Error) => void seen.push([what, errorOf(error)]);
  const [clientSide, serverSide] = sdk.InMemoryTransport.createLinkedPair();
  const wires = [wireOf(clientSide), wireOf(serverSide)];
  clientSide.onclose = () => note('closed')('client');
  serverSide.onclose = () => note('closed')('server');
  const client = sdk.newClient();
  sdk.onSampling(client, () => ({ model: 'm', role: 'assistant', content: { type: 'text', text: 'yes' } }));
  await sdk.newServer().connect(wrap(serverSide));
  await client.connect(wrap(clientSide));
  note('same transport')(client.transport === clientSide);
  const call = (name: string, args = {}, options = {}) =>
    sdk.callTool(client, name, args, options).then(note(name), noteError(name));
  await Promise.all([call('add', { a: 1, b: 2 }), call('asks'), call('fails'), call('add', { a: 3 })]);
  await call('reports', {}, { onprogress: note('progress') });
  await call('unknown');
  await call('waits', { a: 300 }, { timeout: 10 });
  await client.readResource({ uri: 'memo://none' }).catch(noteError('resource'));
  await client.listTools().then(note('tools'));
  const open = call('waits', { a: 300 });
  await client.close();
  await open;
  return { seen, wires };
}

describeReleases('mcp', (release) => {
  it('lets the host see the same, in the same order, traced or not', async () => {
    const sdk = await loadSdk(release);
    const plain = await session(sdk, bare);
    const traced = await session(sdk, traceMcp);
    expect(traced.seen).toEqual(plain.seen);
    expect(traced.seen).toContainEqual(['same transport', true]);
    expect(traced.wires.map((wire) => wire.map(withoutContext))).toEqual(
      plain.wires.map((wire) => wire.map(withoutContext)),
    );
  });

  it('lets the host see the same where nothing records', async () => {
    const sdk = await loadSdk(release);
    const plain = await session(sdk, bare);
    await recorder.stop();
    const traced = await session(sdk, traceMcp);
    expect(traced).toEqual(plain);
  });

  it('sends the context of the span with every request, and changes no message of the host', async () => {
    const sdk = await loadSdk(release);
    const [clientSide, serverSide] = sdk.InMemoryTransport.createLinkedPair();
    const wire = wireOf(clientSide);
    await serverSide.start();
    traceMcp(clientSide).onclose = () => undefined;
    await clientSide.start();
    const messages = [
      { jsonrpc: '2.0', id: 1, method: 'tools/list' },
      {
        jsonrpc: '2.0',
        id: 2,
        method: 'tools/call',
        params: { name: 'add', _meta: { progressToken: 7, own: 'kept' } },
      },
      { jsonrpc: '2.0', method: 'notifications/initialized' },
    ];
    const before = structuredClone(messages);
    for (const message of messages) await clientSide.send(Object.freeze(message));
    expect(messages).toEqual(before);
    const metas = wire.map((message) => (message as { params: { _meta: Record<string, string> } }).params._meta);
    await clientSide.close();
    const contexts = ['notifications/initialized', 'tools/call add', 'tools/list'].map((name) => {
      const { traceId, spanId } = recorder.span(name).spanContext();
      return `00-${traceId}-${spanId}-01`;
    });
    expect(metas).toEqual([
      { traceparent: contexts[2] },
      { progressToken: 7, own: 'kept', traceparent: contexts[1] },
      { traceparent: contexts[0] },
    ]);
  });
});
