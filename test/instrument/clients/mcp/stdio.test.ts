import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { OtlpSpan, OtlpTraces } from '../../../../src/analyze/formats/otlp-types.ts';
import { type Receiver, startReceiver } from '../../../../src/receiver/otlp-http.ts';
import { describeReleases } from '../../../support/clients.ts';
import { compilePrograms, type Programs } from '../../../support/run-program.ts';

const HOST = 'test/instrument/clients/mcp/programs/host';
const SERVER = 'test/instrument/clients/mcp/programs/server';

let programs: Programs;
let receiver: Receiver;
let batches: OtlpTraces[];
let api: Server;
let headers: Record<string, unknown>[];

beforeAll(() => {
  programs = compilePrograms(HOST, SERVER);
});

afterAll(() => programs.remove());

beforeEach(async () => {
  batches = [];
  receiver = await startReceiver({ onTraces: (traces) => void batches.push(traces) });
  headers = [];
  api = createServer((request, response) => {
    headers.push(request.headers);
    response.end('sunny');
  }).listen(0, '127.0.0.1');
  await once(api, 'listening');
});

afterEach(async () => {
  await receiver.close();
  api.close();
});

interface Found {
  readonly span: OtlpSpan;
  readonly service: string;
}

/** By service and name. */
function found(service: string, name: string): OtlpSpan {
  const all = batches
    .flatMap(({ resourceSpans }) => resourceSpans ?? [])
    .flatMap(({ resource, scopeSpans }): Found[] => {
      const of = (resource?.attributes ?? []).find(({ key }) => key === 'service.name')?.value?.stringValue ?? '';
      return (scopeSpans ?? []).flatMap(({ spans }) => (spans ?? []).map((span) => ({ span, service: of })));
    });
  const [only, ...more] = all.filter(({ span, service: of }) => of === service && span.name === name);
  if (only === undefined || more.length > 0) {
    throw new Error(`not one ${name} of ${service}: ${all.map(({ span, service: of }) => `${of} ${span.name}`)}`);
  }
  return only.span;
}

const attribute = (span: OtlpSpan, key: string) => {
  const value = span.attributes?.find((one) => one.key === key)?.value;
  return value?.stringValue ?? value?.intValue;
};

describeReleases('mcp', (release) => {
  const start = (ending: string) => {
    const load = pathToFileURL(join(release.dir, 'load.mjs')).href;
    const url = `http://127.0.0.1:${(api.address() as AddressInfo).port}/weather`;
    return programs.run(HOST, [load, url, ending], { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
  };
  const run = async (ending = 'well') => {
    const { stdout, stderr, code } = await start(ending);
    expect([stderr, code]).toEqual(['', 0]);
    return JSON.parse(stdout) as unknown;
  };

  it('has an agent, a server in a process of its own and what that asks in one trace', async () => {
    expect(await run()).toBe('sunny');
    const agent = found('host', 'invoke_agent host');
    const sent = found('host', 'tools/call fetches');
    const received = found('tools', 'tools/call fetches');
    expect(sent.parentSpanId).toBe(agent.spanId);
    expect(received.parentSpanId).toBe(sent.spanId);
    expect([sent.kind, received.kind]).toEqual([3, 2]);
    expect(new Set([agent, sent, received].map(({ traceId }) => traceId)).size).toBe(1);
    expect(headers[0]?.traceparent).toBe(`00-${received.traceId}-${received.spanId}-01`);
    for (const span of [sent, received]) {
      expect(attribute(span, 'network.transport')).toBe('pipe');
      expect(attribute(span, 'gen_ai.conversation.id')).toBe('conv-7');
    }
  });

  it('ends the request that the host exits in, saying so', async () => {
    await start('host leaves');
    const sent = found('host', 'tools/call waits');
    expect(attribute(sent, 'ta.incomplete')).toBe('exit');
    expect(sent.parentSpanId).toBe(found('host', 'invoke_agent host').spanId);
  });

  it('ends the request that a server was killed in', async () => {
    expect(await run('server dies')).toMatch(/[Cc]losed/);
    const sent = found('host', 'tools/call dies');
    expect(attribute(sent, 'error.type')).toBe('connection_closed');
    expect(sent.status?.code).toBe(2);
  });
});
