import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OtlpAttribute, OtlpSpan, OtlpTraces } from '../../../src/analyze/formats/otlp-types.ts';
import { type Receiver, startReceiver } from '../../../src/receiver/otlp-http.ts';
import { compilePrograms, type Programs } from '../../support/run-program.ts';

const PROGRAM = 'test/instrument/programs/delivery';
/** Loaded by its name alone, so that no compiler would find it. */

let programs: Programs;
let receiver: Receiver;
let batches: OtlpTraces[];

beforeAll(() => {
  programs = compilePrograms(PROGRAM);
});

afterAll(() => programs.remove());

beforeEach(async () => {
  batches = [];
  receiver = await startReceiver({ onTraces: (traces) => void batches.push(traces) });
});

afterEach(() => receiver.close());

const spans = (): OtlpSpan[] =>
  batches.flatMap((batch) =>
    (batch.resourceSpans ?? []).flatMap((resource) =>
      (resource.scopeSpans ?? []).flatMap((scope) => scope.spans ?? []),
    ),
  );

function valuesOf(attributes: readonly OtlpAttribute[] | undefined): Record<string, unknown> {
  return Object.fromEntries((attributes ?? []).map(({ key, value }) => [key, value?.stringValue ?? value?.intValue]));
}

const resource = () => valuesOf(batches[0]?.resourceSpans?.[0]?.resource?.attributes);

/** Runs a scenario to its end; throws on anything on stderr. */
async function run(scenario: string, env: Record<string, string> = {}, endpoint = receiver.url): Promise<unknown> {
  // On a busy machine, the thread that ships may take long to start.
  const patient = { TRACE_ANALYZE_EXIT_FLUSH_MS: '20000', ...env };
  const { stdout, stderr, code } = await programs.run(PROGRAM, [scenario, endpoint], patient);
  expect([stderr, code]).toEqual(['', 0]);
  return JSON.parse(stdout);
}

const all = (delivered: number) => ({
  made: delivered,
  delivered,
  refused: 0,
  dropped: 0,
  pending: 0,
  sampledOut: 0,
  spooled: 0,
  recovered: 0,
  unrecovered: 0,
  telemetryErrors: 0,
});

describe('a process', () => {
  it('ends where nothing happens', async () => {
    expect(await run('nothing happens')).toBe('started');
    expect(receiver.counts.requests).toBe(0);
  });

  it('delivers its spans where it simply ends', async () => {
    expect(await run('ends')).toBe('started');
    expect(spans()).toHaveLength(10);
    expect(resource()).toMatchObject({ 'service.name': 'from-code', 'telemetry.sdk.language': 'nodejs' });
  });

  it('delivers its spans where it survives an error', async () => {
    await run('ends after an error is caught');
    expect(spans()).toHaveLength(10);
  });

  it('delivers once where it starts twice', async () => {
    expect(await run('init twice')).toEqual(['started', 'started', true]);
    expect(spans()).toHaveLength(10);
  });

  it('ends with the spans of streams that nobody read', async () => {
    await run('unread stream');
    const incomplete = spans().map((span) => [span.name, valuesOf(span.attributes)['ta.incomplete']]);
    expect(incomplete.sort()).toEqual([
      ['execute_tool left', 'exit'],
      ['execute_tool unread', 'exit'],
    ]);
  });

  it('goes on with a provider of its own, which is flushed and not shut down', async () => {
    expect(await run('a provider of its own')).toEqual(['existing', [true, true], 2, 4, true]);
    expect(receiver.counts.requests).toBe(0);
  });
});

describe('flush and shutdown', () => {
  it('wait until everything is there', async () => {
    expect(await run('flush')).toEqual([true, all(700), true, all(701)]);
    expect(spans()).toHaveLength(701);
  });

  it('lose none of 10,000 spans that end in one turn', async () => {
    expect(await run('burst')).toEqual([true, all(10_000)]);
    expect(new Set(spans().map((span) => span.spanId)).size).toBe(10_000);
  });

  it('lose none of a wave of 5,000 promises', async () => {
    expect(await run('wave of promises')).toEqual([true, all(5001)]);
    expect(new Set(spans().map((span) => span.spanId)).size).toBe(5001);
  });

  it('may be called again, and init after it', async () => {
    expect(await run('shutdown twice, then again')).toEqual([[true, true], 'started', true, all(2)]);
    expect(spans()).toHaveLength(3);
  });

  it('deliver after a receiver that was busy', async () => {
    await receiver.close();
    let attempts = 0;
    receiver = await startReceiver({
      onTraces: (traces) => {
        if (++attempts === 1) throw new Error('busy');
        batches.push(traces);
      },
    });
    expect(await run('stats')).toEqual(['started', true, all(2)]);
    expect([spans().length, attempts]).toEqual([2, 2]);
  });

  it('say so where the receiver refuses', async () => {
    const refusing = await listen((_request, response) => response.writeHead(400).end());
    expect(await run('stats', {}, refusing.url)).toEqual(['started', false, { ...all(0), made: 2, refused: 2 }]);
    await refusing.close();
  });

  it('give up when their time is up', async () => {
    const silent = await listen(() => undefined);
    expect(await run('time is up', { TRACE_ANALYZE_EXIT_FLUSH_MS: '100' }, silent.url)).toEqual([false, true, 1]);
    await silent.close();
  });
});

describe('the environment', () => {
  it('wins over the code', async () => {
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_SERVICE_NAME: 'from-environment',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test,service.version=2',
    };
    await run('stats', env, 'http://127.0.0.1:9');
    expect(spans()).toHaveLength(2);
    expect(resource()).toMatchObject({
      'service.name': 'from-environment',
      'deployment.environment.name': 'test',
      'service.version': '2',
    });
  });

  it('wins with the endpoint for traces over the general one', async () => {
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.url}/v1/traces`,
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=from-attributes',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    };
    await run('stats', env);
    expect(spans()).toHaveLength(2);
    expect(resource()['service.name']).toBe('from-attributes');
  });

  it('gives headers', async () => {
    const seen: (string | string[] | undefined)[] = [];
    const server = await listen((request, response) => {
      seen.push(request.headers.authorization);
      request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
    });
    await run('stats', { OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20secret' }, server.url);
    expect(seen).toEqual(['Bearer secret']);
    await server.close();
  });

  it('switches everything off', async () => {
    expect(await run('stats', { OTEL_SDK_DISABLED: 'true' })).toEqual(['disabled', true, all(0)]);
    expect(receiver.counts.requests).toBe(0);
  });

  it('switches exporting off', async () => {
    expect(await run('stats', { OTEL_TRACES_EXPORTER: 'none' })).toEqual(['started', true, all(0)]);
    expect(receiver.counts.requests).toBe(0);
  });
});

it.each<[string, string, Record<string, string>]>([
  ['not a url', 'endpoint', {}],
  ['localhost:4318', 'endpoint', {}],
  ['http://127.0.0.1:9', 'OTEL_EXPORTER_OTLP_ENDPOINT', { OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4318' }],
])('an endpoint that is no URL is a warning, and the program runs on: %s, %s', async (endpoint, name, env) => {
  const { stdout, stderr, code } = await programs.run(PROGRAM, ['stats', endpoint], env);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)[0]).toBe('disabled');
  expect(stderr).toContain(`TraceAnalyzeWarning: trace-analyze: no spans are exported: ${name} is no URL with http://`);
});

it('an endpoint in the environment that is not used is not looked at', async () => {
  const env = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.url}/v1/traces`, OTEL_EXPORTER_OTLP_ENDPOINT: 'x:1' };
  expect(await run('stats', env)).toEqual(['started', true, all(2)]);
});

interface OwnServer {
  readonly url: string;
  close(): Promise<void>;
}

async function listen(handler: NonNullable<Parameters<typeof createServer>[1]>): Promise<OwnServer> {
  const server: Server = createServer(handler as never);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
