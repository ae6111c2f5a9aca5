import { AsyncResource } from 'node:async_hooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TraceMcpOptions, traceMcp } from '../../../../src/instrument/clients/mcp.ts';
import { agent, session, telemetryErrors, tool } from '../../../../src/instrument/index.ts';
import { idOf, outcome, parentIdOf, type Recorder, sleep, startRecorder } from '../../recorder.ts';
import type { Transport } from './sdk.ts';

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

/** The least that the interface of transports asks for, in a class with private fields and accessors. */
class OddTransport implements Transport {
  readonly sent: unknown[] = [];
  #handlers: { message?: Transport['onmessage']; close?: Transport['onclose'] } = {};
  #fails: Error | undefined;

  get onmessage(): Transport['onmessage'] {
    return this.#handlers.message;
  }
  set onmessage(handler: Transport['onmessage']) {
    this.#handlers.message = handler;
  }
  get onclose(): Transport['onclose'] {
    return this.#handlers.close;
  }
  set onclose(handler: Transport['onclose']) {
    this.#handlers.close = handler;
  }
  async start(): Promise<void> {}
  async send(message: unknown, _options?: unknown): Promise<void> {
    if (this.#fails !== undefined) throw this.#fails;
    this.sent.push(message);
  }
  async close(): Promise<void> {
    this.#handlers.close?.();
  }
  failWith(error: Error): void {
    this.#fails = error;
  }
  receive(message: unknown, extra?: unknown): void {
    this.#handlers.message?.(message, extra);
  }
}

const REQUEST = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'add' } };

function traced(options?: TraceMcpOptions): OddTransport {
  return traceMcp(new OddTransport(), options);
}

describe('a transport of another kind', () => {
  it('stays the same object, with the methods it had', () => {
    const transport = new OddTransport();
    expect(traceMcp(transport)).toBe(transport);
    expect(transport).toBeInstanceOf(OddTransport);
    expect([transport.send.name, transport.send.length]).toEqual(['send', 2]);
    expect(Object.keys(transport)).toEqual(['sent']);
  });

  it('is traced once, however often it is asked for', async () => {
    const transport = traceMcp(traced());
    await transport.send(REQUEST);
    transport.onmessage = () => undefined;
    transport.receive({ jsonrpc: '2.0', id: 1, result: {} });
    expect(recorder.spans.map(({ name }) => name)).toEqual(['tools/call add']);
  });

  it('traces handlers that were there before, and those that call the one before them once', () => {
    const transport = new OddTransport();
    const seen: string[] = [];
    transport.onmessage = () => void seen.push('first');
    traceMcp(transport);
    const before = transport.onmessage;
    transport.onmessage = (message, extra) => {
      before?.(message, extra);
      seen.push('second');
    };
    transport.receive({ jsonrpc: '2.0', method: 'notifications/initialized' });
    expect(seen).toEqual(['first', 'second']);
    expect(recorder.spans).toHaveLength(1);
  });

  it('takes a handler back that was read from it', () => {
    const transport = traced();
    let count = 0;
    transport.onmessage = () => count++;
    const saved = transport.onmessage;
    transport.onmessage = undefined;
    expect(transport.onmessage).toBeUndefined();
    transport.onmessage = saved;
    transport.receive({ jsonrpc: '2.0', method: 'notifications/initialized' });
    expect([count, recorder.spans.length]).toEqual([1, 1]);
  });

  it('rejects as before where sending fails, and the request has failed', async () => {
    const transport = traced();
    const error = new Error('broken pipe');
    transport.failWith(error);
    await expect(transport.send(REQUEST)).rejects.toBe(error);
    expect(outcome(recorder.span('tools/call add'))).toBe('error + exception');
  });

  it('throws as before where a handler does, and the request has failed', () => {
    const transport = traced();
    const error = new Error('no such handler');
    transport.onmessage = () => {
      throw error;
    };
    expect(() => transport.receive(REQUEST)).toThrow(error);
    expect(outcome(recorder.span('tools/call add'))).toBe('error + exception');
  });

  it('has internal errors of a server as such, and others not', async () => {
    const transport = traced();
    transport.onmessage = () => undefined;
    for (const [id, code] of [-32603, -32000, -32099, -32602, -31999].entries()) {
      transport.receive({ jsonrpc: '2.0', id, method: `m/${code}` });
      await transport.send({ jsonrpc: '2.0', id, error: { code, message: 'no' } });
    }
    expect(recorder.spans.map((span) => [span.name, outcome(span), span.attributes['error.type']])).toEqual([
      ['m/-32603', 'error + exception', '-32603'],
      ['m/-32000', 'error + exception', '-32000'],
      ['m/-32099', 'error + exception', '-32099'],
      ['m/-32602', 'unset', undefined],
      ['m/-31999', 'unset', undefined],
    ]);
  });

  it('traces every message of a batch', async () => {
    const transport = traced();
    await transport.send([REQUEST, { jsonrpc: '2.0', method: 'notifications/x' }, { ...REQUEST, id: 'two' }]);
    const [batch] = transport.sent as { params: { _meta: object } }[][];
    expect(batch?.map((message) => Object.keys(message.params._meta))).toEqual([
      ['traceparent'],
      ['traceparent'],
      ['traceparent'],
    ]);
    transport.onmessage = () => undefined;
    transport.receive({ jsonrpc: '2.0', id: 'two', result: {} });
    transport.receive({ jsonrpc: '2.0', id: 1, result: { isError: true } });
    expect(recorder.spans.map((span) => [span.name, outcome(span)])).toEqual([
      ['notifications/x', 'unset'],
      ['tools/call add', 'unset'],
      ['tools/call add', 'error'],
    ]);
  });

  it('takes the context that it is sent in place of its own, and joins baggage', async () => {
    const transport = traced();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    transport.onmessage = (message) => void transport.send({ ...(message as object), id: 9 });
    const params = { name: 'add', _meta: { traceparent, baggage: 'tenant=acme' } };
    transport.receive({ ...REQUEST, params });
    const [forwarded] = transport.sent as { params: { _meta: Record<string, string> } }[];
    await transport.send({ jsonrpc: '2.0', id: 1, result: {} });
    transport.receive({ jsonrpc: '2.0', id: 9, result: {} });
    const [received, sent] = recorder.spans;
    expect([received, sent].map((span) => parentIdOf(span!))).toEqual(['b7ad6b7169203331', idOf(received!)]);
    expect(forwarded?.params._meta).toEqual({
      traceparent: `00-0af7651916cd43dd8448eb211c80319c-${idOf(sent!)}-01`,
      baggage: 'tenant=acme',
    });
  });

  it('leaves messages as they are where it is not to hand on the context', async () => {
    const transport = traced({ propagate: false });
    await transport.send(REQUEST);
    expect(transport.sent).toEqual([REQUEST]);
    expect(transport.sent[0]).toBe(REQUEST);
  });

  it('passes on what is no message, or a hostile one', async () => {
    const transport = traced();
    const seen: unknown[] = [];
    transport.onmessage = (message) => void seen.push(message);
    const odd = [null, 'text', 7, {}, { method: 5 }, { id: 1 }, { method: 'x', params: null, id: {} }];
    for (const message of odd) transport.receive(message);
    for (const message of odd) await transport.send(message);
    expect(seen).toEqual(odd);
    expect(transport.sent).toHaveLength(odd.length);
  });

  it('bounds names that come from the other side', () => {
    const transport = traced();
    transport.onmessage = () => undefined;
    transport.receive({ jsonrpc: '2.0', method: 'm'.repeat(10_000) });
    expect(recorder.spans[0]?.name).toHaveLength(257);
  });

  it('leaves the session and the agent that it was opened in, once these are over', async () => {
    const transport = traced();
    transport.onmessage = () => undefined;
    // As sockets and pipes do, it goes on in the context that it was opened in.
    const { receive } = await session(
      'first',
      agent('opener', async () => ({ receive: AsyncResource.bind(transport.receive.bind(transport)) })),
    );
    receive({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
    const { attributes } = recorder.span('notifications/tools/list_changed');
    expect([attributes['gen_ai.conversation.id'], attributes['gen_ai.agent.name']]).toEqual([undefined, undefined]);
  });

  it('ends no wrapped tool whose request is sent again under its id', async () => {
    const transport = traced();
    const twice = tool('sum', async () => {
      await transport.send(REQUEST);
      await transport.send(REQUEST);
    });
    await twice();
    expect(recorder.span('execute_tool sum').attributes['ta.incomplete']).toBeUndefined();
    await transport.close();
  });

  it('runs an unanswered request on, and ends it with its connection', async () => {
    const transport = traced();
    transport.onmessage = () => undefined;
    transport.onclose = () => undefined;
    await agent('host', async () => {
      await transport.send(REQUEST);
      transport.receive({ ...REQUEST, id: 1 });
      await sleep(5);
    })();
    expect(recorder.spans.map(({ name }) => name)).toEqual(['invoke_agent host']);
    await transport.close();
    expect(recorder.spans.slice(1).map((span) => span.attributes['error.type'])).toEqual([
      'connection_closed',
      'connection_closed',
    ]);
  });
});

describe('something that is no transport', () => {
  it('is given back untouched, with one line for whoever runs the program', async () => {
    const warnings: string[] = [];
    const listen = ({ name, message }: Error) => void warnings.push(`${name}: ${message}`);
    process.on('warning', listen);
    const frozen = Object.freeze(new OddTransport());
    for (const odd of [{ fetch: () => undefined }, frozen, frozen]) expect(traceMcp(odd)).toBe(odd);
    for (const odd of [undefined, 'text']) expect(traceMcp(odd as never)).toBe(odd);
    await sleep(1);
    process.off('warning', listen);
    expect(warnings).toEqual([
      'TraceAnalyzeWarning: trace-analyze: traceMcp: this is no MCP transport, client or server that can be traced; ' +
        'its requests have no spans',
    ]);
  });
});
