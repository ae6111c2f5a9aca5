import { SpanKind } from '@opentelemetry/api';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { traceMcp } from '../../../../src/instrument/clients/mcp.ts';
import { agent, telemetryErrors } from '../../../../src/instrument/index.ts';
import { describeReleases, releasesOf } from '../../../support/clients.ts';
import { idOf, outcome, parentIdOf, type Recorder, sleep, startRecorder } from '../../recorder.ts';
import { type HttpServer, serveHandler, serveHttp, serveSse } from './http-server.ts';
import { type Client, loadSdk } from './sdk.ts';

let recorder: Recorder;
let errorsBefore: number;
const closing: (() => Promise<void>)[] = [];

beforeEach(() => {
  recorder = startRecorder();
  errorsBefore = telemetryErrors();
});

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await recorder.stop();
  expect(telemetryErrors() - errorsBefore).toBe(0);
});

function spanOf(name: string, kind: SpanKind) {
  const found = recorder.spans.filter((span) => span.name === name && span.kind === kind);
  if (found.length !== 1) throw new Error(`${found.length} ${SpanKind[kind]} spans are named "${name}"`);
  return found[0]!;
}

async function started(serving: Promise<HttpServer>, client: Client): Promise<HttpServer> {
  const server = await serving;
  closing.push(
    () => client.close(),
    () => server.close(),
  );
  return server;
}

describeReleases('mcp', (release) => {
  it('traces streamable HTTP: where it goes, its session, and a link to what carried the request', async () => {
    const sdk = await loadSdk(release);
    const client = sdk.newClient();
    const server = await started(serveHttp(sdk, traceMcp), client);
    await client.connect(traceMcp(new sdk.StreamableHTTPClientTransport(server.url)));
    const result = await agent('host', () => sdk.callTool(client, 'add', { a: 1, b: 2 }))();
    expect(result.content[0]?.text).toBe('3');
    const [sent, received] = [spanOf('tools/call add', SpanKind.CLIENT), spanOf('tools/call add', SpanKind.SERVER)];
    expect(parentIdOf(sent)).toBe(idOf(recorder.span('invoke_agent host')));
    expect(parentIdOf(received)).toBe(idOf(sent));
    expect(parentIdOf(recorder.span('inside 1'))).toBe(idOf(received));
    const session = String(sent.attributes['mcp.session.id']);
    expect(session).toMatch(/^[\da-f-]{36}$/);
    const shared = { 'network.transport': 'tcp', 'network.protocol.name': 'http', 'mcp.session.id': session };
    expect(sent.attributes).toMatchObject({ ...shared, 'server.address': '127.0.0.1', 'server.port': server.port });
    expect(received.attributes).toMatchObject(shared);
    expect(received.attributes['server.address']).toBeUndefined();
    await client.close();
    const [link] = received.links;
    const carrier = recorder.spans.find((span) => idOf(span) === link?.context.spanId);
    expect(carrier?.name).toBe('POST /mcp');
    expect(carrier?.spanContext().traceId).not.toBe(received.spanContext().traceId);
  });

  it('knows the session of an HTTP connection from its first answer on', async () => {
    const sdk = await loadSdk(release);
    const client = sdk.newClient();
    const server = await started(serveHttp(sdk, traceMcp), client);
    await client.connect(traceMcp(new sdk.StreamableHTTPClientTransport(server.url)));
    const { attributes } = spanOf('initialize', SpanKind.CLIENT);
    expect(attributes['mcp.session.id']).toBe(client.transport?.sessionId);
    expect(attributes['mcp.protocol.version']).toMatch(/^2025-/);
  });

  it('traces what a server asks over HTTP', async () => {
    const sdk = await loadSdk(release);
    const client = sdk.newClient();
    sdk.onSampling(client, () => ({ model: 'm', role: 'assistant', content: { type: 'text', text: 'yes' } }));
    const server = await started(serveHttp(sdk, traceMcp), client);
    await client.connect(traceMcp(new sdk.StreamableHTTPClientTransport(server.url)));
    await sdk.callTool(client, 'asks');
    const asked = spanOf('sampling/createMessage', SpanKind.CLIENT);
    expect(parentIdOf(asked)).toBe(idOf(spanOf('tools/call asks', SpanKind.SERVER)));
    expect(parentIdOf(spanOf('sampling/createMessage', SpanKind.SERVER))).toBe(idOf(asked));
    expect(spanOf('sampling/createMessage', SpanKind.SERVER).attributes['server.address']).toBeUndefined();
  });

  it('lets the host see the same over HTTP, traced or not, to the death of the server', async () => {
    const sdk = await loadSdk(release);
    const session = async (wrap: typeof traceMcp) => {
      const seen: unknown[] = [];
      const note = (what: string) => (value: unknown) => void seen.push([what, value]);
      const noteError = (what: string) => (error: Error & { code?: unknown }) =>
        void seen.push([what, error.constructor.name, error.message, error.code]);
      const client = sdk.newClient();
      sdk.onSampling(client, () => ({ model: 'm', role: 'assistant', content: { type: 'text', text: 'yes' } }));
      const server = await started(serveHttp(sdk, wrap), client);
      await client.connect(wrap(new sdk.StreamableHTTPClientTransport(server.url)));
      const call = (name: string, args = {}, options = {}) =>
        sdk.callTool(client, name, args, options).then(note(name), noteError(name));
      for (const name of ['add', 'asks', 'fails', 'unknown']) await call(name, { a: 1, b: 2 });
      await call('reports', {}, { onprogress: note('progress') });
      await call('waits', { a: 300 }, { timeout: 20 });
      const open = call('waits', { a: 60_000 }, { timeout: 400 });
      await sleep(100);
      await server.close();
      await open;
      await call('add').catch(noteError('add'));
      return seen;
    };
    const plain = await session((transport) => transport);
    expect(recorder.spans.filter(({ name }) => name.startsWith('tools/'))).toEqual([]);
    expect(await session(traceMcp)).toEqual(plain);
    const waits = recorder.spans.filter(({ name, kind }) => name === 'tools/call waits' && kind === SpanKind.CLIENT);
    // The oldest has no answer to its POST before the tool has, and so learns that the server died.
    const death = release.name === 'mcp-1.12' ? 'TypeError' : 'timeout';
    expect(waits.map(({ attributes }) => attributes['error.type'])).toEqual(['timeout', death]);
  });

  it('fails the request that an HTTP server refuses', async () => {
    const sdk = await loadSdk(release);
    const client = sdk.newClient();
    const server = await started(serveHttp(sdk, traceMcp), client);
    await client.connect(traceMcp(new sdk.StreamableHTTPClientTransport(server.url)));
    await server.close();
    await expect(sdk.callTool(client, 'add')).rejects.toThrow();
    const sent = spanOf('tools/call add', SpanKind.CLIENT);
    expect(outcome(sent)).toBe('error + exception');
    expect(sent.attributes['error.type']).toBe('TypeError');
  });

  it('has what an untraced client sends below the HTTP request', async () => {
    const sdk = await loadSdk(release);
    const client = sdk.newClient();
    const server = await started(serveHttp(sdk, traceMcp), client);
    await client.connect(new sdk.StreamableHTTPClientTransport(server.url));
    await sdk.callTool(client, 'add', { a: 1 });
    await client.close();
    const received = spanOf('tools/call add', SpanKind.SERVER);
    expect(recorder.spans.find((span) => idOf(span) === parentIdOf(received))?.name).toBe('POST /mcp');
    expect(received.links).toEqual([]);
  });

  it('traces the transport of two endpoints', async () => {
    const sdk = await loadSdk(release);
    // Its server side is gone from the second major.
    const first = releasesOf('mcp').find(({ name }) => name === 'mcp-1')!;
    const serverSdk = sdk.isSecond ? await loadSdk(first) : sdk;
    const client = sdk.newClient();
    const server = await started(serveSse(serverSdk, traceMcp), client);
    await client.connect(traceMcp(new sdk.SSEClientTransport(server.url)));
    await agent('host', () => sdk.callTool(client, 'add', { a: 1 }))();
    const [sent, received] = [spanOf('tools/call add', SpanKind.CLIENT), spanOf('tools/call add', SpanKind.SERVER)];
    expect(parentIdOf(received)).toBe(idOf(sent));
    expect(parentIdOf(recorder.span('inside 1'))).toBe(idOf(received));
    expect(sent.attributes).toMatchObject({ 'network.transport': 'tcp', 'server.port': server.port });
    expect(received.attributes).toMatchObject({ 'network.transport': 'tcp', 'network.protocol.name': 'http' });
  });

  if (release.name !== 'mcp-2') return;

  it.each(['auto', 'legacy'] as const)('traces servers that are made for one request each (%s)', async (mode) => {
    const sdk = await loadSdk(release);
    const client = sdk.newClient({ versionNegotiation: { mode } });
    const server = await started(serveHandler(sdk, traceMcp), client);
    await client.connect(traceMcp(new sdk.StreamableHTTPClientTransport(server.url)));
    await agent('host', () => sdk.callTool(client, 'add', { a: 1 }))();
    const [sent, received] = [spanOf('tools/call add', SpanKind.CLIENT), spanOf('tools/call add', SpanKind.SERVER)];
    expect(parentIdOf(sent)).toBe(idOf(recorder.span('invoke_agent host')));
    expect(parentIdOf(received)).toBe(idOf(sent));
    expect(parentIdOf(recorder.span('inside 1'))).toBe(idOf(received));
    const version = mode === 'auto' ? '2026-07-28' : '2025-11-25';
    expect([sent, received].map(({ attributes }) => attributes['mcp.protocol.version'])).toEqual([version, version]);
    const names = new Set(recorder.spans.map(({ name }) => name));
    expect(names.has('server/discover')).toBe(mode === 'auto');
  });

  it('ends a request that is taken back by closing its stream', async () => {
    const sdk = await loadSdk(release);
    const client = sdk.newClient({ versionNegotiation: { mode: 'auto' } });
    const server = await started(serveHandler(sdk, traceMcp), client);
    await client.connect(traceMcp(new sdk.StreamableHTTPClientTransport(server.url)));
    await expect(sdk.callTool(client, 'waits', { a: 400 }, { timeout: 30 })).rejects.toThrow(/timed out/);
    expect(spanOf('tools/call waits', SpanKind.CLIENT).attributes['error.type']).toBe('cancelled');
  });
});
