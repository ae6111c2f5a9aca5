import { SpanKind } from '@opentelemetry/api';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { traceMcp } from '../../../../src/instrument/clients/mcp.ts';
import { agent, step, telemetryErrors, tool } from '../../../../src/instrument/index.ts';
import { describeReleases } from '../../../support/clients.ts';
import { foreignSpan, idOf, outcome, parentIdOf, type Recorder, startRecorder } from '../../recorder.ts';
import { type Client, loadSdk, type Sdk } from './sdk.ts';

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

/** A span of one side. */
function spanOf(name: string, kind: SpanKind) {
  const found = recorder.spans.filter((span) => span.name === name && span.kind === kind);
  if (found.length !== 1) throw new Error(`${found.length} ${SpanKind[kind]} spans are named "${name}"`);
  return found[0]!;
}

const sent = (name: string) => spanOf(name, SpanKind.CLIENT);
const received = (name: string) => spanOf(name, SpanKind.SERVER);

describeReleases('mcp', (release) => {
  /** A client and a server in this process, over the SDK's own pair of transports. */
  async function connected(sdk: Sdk, traced: 'both' | 'client' | 'server' = 'both'): Promise<Client> {
    const [clientSide, serverSide] = sdk.InMemoryTransport.createLinkedPair();
    const client = sdk.newClient();
    sdk.onSampling(client, () => {
      foreignSpan('a model answers');
      return { model: 'm', role: 'assistant', content: { type: 'text', text: 'yes' } };
    });
    await sdk.newServer().connect(traced === 'client' ? serverSide : traceMcp(serverSide));
    await client.connect(traced === 'server' ? clientSide : traceMcp(clientSide));
    return client;
  }

  it('has a client and a server span for a tool call, one below the other, and the work of the tool below both', async () => {
    const sdk = await loadSdk(release);
    const client = await connected(sdk);
    await agent('host', () => sdk.callTool(client, 'add', { a: 1, b: 2 }))();
    expect(parentIdOf(sent('tools/call add'))).toBe(idOf(recorder.span('invoke_agent host')));
    expect(parentIdOf(received('tools/call add'))).toBe(idOf(sent('tools/call add')));
    expect(parentIdOf(recorder.span('inside 1'))).toBe(idOf(received('tools/call add')));
    const attributes = {
      'mcp.method.name': 'tools/call',
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'add',
      'jsonrpc.request.id': '1',
      'mcp.protocol.version': recorder.spans.find(({ name }) => name === 'initialize')?.attributes[
        'mcp.protocol.version'
      ],
      'ta.args_hash': expect.stringMatching(/^[\da-f]{16}$/),
      'ta.args_keys': 'a,b',
      'ta.result_hash': expect.stringMatching(/^[\da-f]{16}$/),
      'ta.result_bytes': expect.any(Number),
    };
    expect(sent('tools/call add').attributes).toEqual(attributes);
    // The host's agent came with the message.
    expect(received('tools/call add').attributes).toMatchObject({ ...attributes, 'gen_ai.agent.name': 'host' });
    expect(received('tools/call add').attributes['mcp.protocol.version']).toMatch(/^2025-\d\d-\d\d$/);
  });

  it('tells calls of a tool with the same arguments from others, and equal results from others', async () => {
    const sdk = await loadSdk(release);
    const client = await connected(sdk);
    await agent('host', async () => {
      for (const args of [{ a: 1, b: 2 }, { b: 2, a: 1 }, { a: 2, b: 1 }, {}]) await sdk.callTool(client, 'add', args);
    })();
    for (const kind of [SpanKind.CLIENT, SpanKind.SERVER]) {
      const calls = recorder.spans.filter((span) => span.name === 'tools/call add' && span.kind === kind);
      const [first, same, other, none] = calls.map(({ attributes }) => attributes);
      expect(same!['ta.args_hash']).toBe(first!['ta.args_hash']);
      expect(new Set([first, other, none].map((attributes) => attributes!['ta.args_hash'])).size).toBe(3);
      expect(other!['ta.result_hash']).toBe(first!['ta.result_hash']);
      expect(none!['ta.result_hash']).not.toBe(first!['ta.result_hash']);
    }
  });

  it('names other requests for their method and prompt, and keeps resources out of names', async () => {
    const sdk = await loadSdk(release);
    const client = await connected(sdk);
    await client.listTools();
    await client.getPrompt({ name: 'greet' });
    await client.readResource({ uri: 'memo://today' });
    expect(sent('tools/list').attributes['mcp.method.name']).toBe('tools/list');
    expect(received('prompts/get greet').attributes).toMatchObject({ 'gen_ai.prompt.name': 'greet' });
    expect(sent('resources/read').attributes).toMatchObject({ 'mcp.resource.uri': 'memo://today' });
    expect(sent('resources/read').attributes['gen_ai.operation.name']).toBeUndefined();
    expect(recorder.spans.map(outcome)).toEqual(recorder.spans.map(() => 'unset'));
  });

  it('has spans for notifications, without an id', async () => {
    await connected(await loadSdk(release));
    expect(parentIdOf(received('notifications/initialized'))).toBe(idOf(sent('notifications/initialized')));
    expect(sent('notifications/initialized').attributes['jsonrpc.request.id']).toBeUndefined();
  });

  it('marks a tool that says that it failed on both sides', async () => {
    const sdk = await loadSdk(release);
    const client = await connected(sdk);
    expect((await sdk.callTool(client, 'fails')).isError).toBe(true);
    for (const span of [sent('tools/call fails'), received('tools/call fails')]) {
      expect(span.attributes['error.type']).toBe('tool_error');
      expect(outcome(span)).toBe('error');
    }
  });

  it('has the code of an error response, which is an error for who asked, and not for who was asked wrongly', async () => {
    const sdk = await loadSdk(release);
    const client = await connected(sdk);
    await expect(client.readResource({ uri: 'memo://none' })).rejects.toThrow('not found');
    expect(sent('resources/read').attributes).toMatchObject({
      'rpc.response.status_code': '-32602',
      'error.type': '-32602',
    });
    expect(outcome(sent('resources/read'))).toBe('error + exception');
    expect(received('resources/read').attributes['rpc.response.status_code']).toBe('-32602');
    expect(outcome(received('resources/read'))).toBe('unset');
  });

  it('adds to the span of a wrapped tool in place of a second one, and gives further requests of it their own', async () => {
    const sdk = await loadSdk(release);
    const client = await connected(sdk);
    const sum = tool('sum', async () => {
      await sdk.callTool(client, 'add', { a: 1 });
      await sdk.callTool(client, 'add', { a: 2 });
    });
    await sum();
    const ours = recorder.span('execute_tool sum');
    expect(ours.attributes).toMatchObject({
      'gen_ai.tool.name': 'sum',
      'gen_ai.tool.type': 'function',
      'mcp.method.name': 'tools/call',
      'jsonrpc.request.id': '1',
      'ta.mcp.tool': 'add',
    });
    const [first, second] = recorder.spans.filter(
      ({ name, kind }) => name === 'tools/call add' && kind === SpanKind.SERVER,
    );
    expect(parentIdOf(first!)).toBe(idOf(ours));
    expect(parentIdOf(second!)).toBe(idOf(sent('tools/call add')));
    expect(parentIdOf(sent('tools/call add'))).toBe(idOf(ours));
  });

  it('marks the span of a wrapped tool whose request failed, and leaves it to the tool whether an error is one', async () => {
    const sdk = await loadSdk(release);
    const client = await connected(sdk);
    await tool('trusting', () => sdk.callTool(client, 'fails'))();
    expect(recorder.span('execute_tool trusting').attributes['error.type']).toBe('tool_error');
    await tool('careful', () => sdk.callTool(client, 'waits', { a: 500 }, { timeout: 10 }).catch(() => 'never mind'))();
    expect(outcome(recorder.span('execute_tool careful'))).toBe('unset');
  });

  it('leaves a wrapped tool alone where the request is made by a step of it', async () => {
    const sdk = await loadSdk(release);
    const client = await connected(sdk);
    await tool('outer', () => step('inner', () => sdk.callTool(client, 'add'))())();
    expect(recorder.span('execute_tool outer').attributes['mcp.method.name']).toBeUndefined();
    expect(parentIdOf(sent('tools/call add'))).toBe(idOf(recorder.span('inner')));
  });

  it('traces what a server asks its client, and tells ids of one direction from those of the other', async () => {
    const sdk = await loadSdk(release);
    const client = await connected(sdk);
    const calls = [sdk.callTool(client, 'asks'), sdk.callTool(client, 'add', { a: 1 })];
    expect((await calls[0])?.content[0]?.text).toBe('yes');
    await calls[1];
    expect(sent('sampling/createMessage').attributes['jsonrpc.request.id']).toBe('0');
    expect(parentIdOf(sent('sampling/createMessage'))).toBe(idOf(received('tools/call asks')));
    expect(parentIdOf(received('sampling/createMessage'))).toBe(idOf(sent('sampling/createMessage')));
    expect(parentIdOf(recorder.span('a model answers'))).toBe(idOf(received('sampling/createMessage')));
  });

  it('ends a request that times out, on both sides', async () => {
    const sdk = await loadSdk(release);
    const client = await connected(sdk);
    await expect(sdk.callTool(client, 'waits', { a: 400 }, { timeout: 20 })).rejects.toThrow(/timed out/);
    for (const span of [sent('tools/call waits'), received('tools/call waits')]) {
      expect(span.attributes['error.type']).toBe('timeout');
      expect(outcome(span)).toBe('error');
    }
  });

  it('ends a request that the host takes back, on both sides', async () => {
    const sdk = await loadSdk(release);
    const client = await connected(sdk);
    const abort = new AbortController();
    const call = sdk.callTool(client, 'waits', { a: 400 }, { signal: abort.signal });
    setTimeout(() => abort.abort(new Error('changed my mind')), 10);
    await expect(call).rejects.toThrow(/changed my mind/);
    expect(sent('tools/call waits').attributes['error.type']).toBe('cancelled');
    expect(received('tools/call waits').attributes['error.type']).toBe('cancelled');
  });

  it('has progress as events of the request that it is about', async () => {
    const sdk = await loadSdk(release);
    const client = await connected(sdk);
    const seen: unknown[] = [];
    await sdk.callTool(client, 'reports', {}, { onprogress: (progress) => seen.push(progress) });
    expect(seen).toEqual([
      { progress: 1, total: 2 },
      { progress: 2, total: 2 },
    ]);
    for (const span of [sent('tools/call reports'), received('tools/call reports')]) {
      expect(span.events.map(({ name, attributes }) => [name, attributes])).toEqual([
        ['notifications/progress', { 'mcp.progress': 1, 'mcp.total': 2 }],
        ['notifications/progress', { 'mcp.progress': 2, 'mcp.total': 2 }],
      ]);
    }
    expect(recorder.spans.filter(({ name }) => name === 'notifications/progress')).toEqual([]);
  });

  it('ends the requests that are open when the connection is closed', async () => {
    const sdk = await loadSdk(release);
    const client = await connected(sdk);
    const call = sdk.callTool(client, 'waits', { a: 400 });
    setTimeout(() => client.close(), 10);
    await expect(call).rejects.toThrow(/closed/);
    for (const span of [sent('tools/call waits'), received('tools/call waits')]) {
      expect(span.attributes['error.type']).toBe('connection_closed');
      expect(outcome(span)).toBe('error');
    }
  });

  it('traces one side where the other is not traced, and what that asks below the one request that is open', async () => {
    const sdk = await loadSdk(release);
    const client = await connected(sdk, 'client');
    await agent('host', () => sdk.callTool(client, 'asks'))();
    expect(parentIdOf(received('sampling/createMessage'))).toBe(idOf(sent('tools/call asks')));
    expect(recorder.spans.filter(({ kind }) => kind === SpanKind.SERVER)).toHaveLength(1);
  });

  it('has what an untraced client asks below what runs', async () => {
    const sdk = await loadSdk(release);
    const client = await connected(sdk, 'server');
    await agent('host', () => sdk.callTool(client, 'add', { a: 1 }))();
    expect(parentIdOf(received('tools/call add'))).toBe(idOf(recorder.span('invoke_agent host')));
    expect(received('tools/call add').links).toEqual([]);
  });

  it('traces the transports that a client or a server connects to', async () => {
    const sdk = await loadSdk(release);
    const [clientSide, serverSide] = sdk.InMemoryTransport.createLinkedPair();
    await traceMcp(sdk.newServer()).connect(serverSide);
    const client = traceMcp(sdk.newClient());
    await client.connect(clientSide);
    await sdk.callTool(client, 'add', { a: 1 });
    expect(parentIdOf(received('tools/call add'))).toBe(idOf(sent('tools/call add')));
  });

  it('records arguments and results of tools where asked to', async () => {
    const sdk = await loadSdk(release);
    const [clientSide, serverSide] = sdk.InMemoryTransport.createLinkedPair();
    await sdk.newServer().connect(serverSide);
    const client = sdk.newClient();
    await client.connect(traceMcp(clientSide, { captureInput: true, captureOutput: true }));
    await sdk.callTool(client, 'add', { a: 1, b: 2 });
    const { attributes } = sent('tools/call add');
    expect(JSON.parse(String(attributes['gen_ai.tool.call.arguments']))).toEqual({ a: 1, b: 2 });
    expect(JSON.parse(String(attributes['gen_ai.tool.call.result']))).toMatchObject({ content: [{ text: '3' }] });
  });
});
