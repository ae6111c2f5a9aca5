import { gzipSync } from 'node:zlib';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import {
  BatchSpanProcessor,
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OtlpSpan, OtlpTraces } from '../../src/analyze/formats/otlp-types.ts';
import { type Receiver, startReceiver } from '../../src/receiver/otlp-http.ts';
import { send, spanIdsOf } from './receiver-client.ts';

let receiver: Receiver;
let batches: OtlpTraces[];

beforeEach(async () => {
  batches = [];
  receiver = await startReceiver({ onTraces: (traces) => void batches.push(traces) });
});

afterEach(() => receiver.close());

function spansOf(traces: OtlpTraces): readonly OtlpSpan[] {
  return traces.resourceSpans?.[0]?.scopeSpans?.[0]?.spans ?? [];
}

function recordTwo(): ReadableSpan[] {
  const memory = new InMemorySpanExporter();
  const tracer = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(memory)] }).getTracer(
    'scope',
    '1.2',
  );
  const root = tracer.startSpan('größe 🙂', {
    kind: SpanKind.SERVER,
    startTime: [1_700_000_000, 1],
    attributes: { n: 7 },
  });
  root.setStatus({ code: SpanStatusCode.ERROR, message: 'no' });
  tracer.startSpan('child', { startTime: [1_700_000_000, 2] }).end([1_700_000_000, 3]);
  root.end([1_700_000_001, 999_999_999]);
  return memory.getFinishedSpans();
}

describe('protobuf', () => {
  it.each(['identity', 'gzip'])('takes what the serializer of the SDK wrote (%s)', async (encoding) => {
    const spans = recordTwo();
    const bytes = ProtobufTraceSerializer.serializeRequest(spans)!;
    const answer = await send(`${receiver.url}/v1/traces`, {
      headers: { 'content-type': 'application/x-protobuf', 'content-encoding': encoding },
      body: encoding === 'gzip' ? gzipSync(bytes) : bytes,
    });
    expect([answer.status, answer.headers['content-type'], answer.body.length]).toEqual([
      200,
      'application/x-protobuf',
      0,
    ]);
    expect(ProtobufTraceSerializer.deserializeResponse(answer.body)).toEqual({});
    expect(spanIdsOf(batches[0]!)).toEqual(spans.map((span) => span.spanContext().spanId));
    expect(spansOf(batches[0]!)[1]).toMatchObject({
      traceId: spans[1]!.spanContext().traceId,
      name: 'größe 🙂',
      kind: 2,
      startTimeUnixNano: '1700000000000000001',
      endTimeUnixNano: '1700000001999999999',
      attributes: [{ key: 'n', value: { intValue: '7' } }],
      status: { code: 2, message: 'no' },
    });
  });

  it('says in protobuf which spans it left out', async () => {
    const [first, second] = recordTwo();
    const spanContext = () => ({ ...first!.spanContext(), spanId: '' });
    const nameless = Object.create(first!, { spanContext: { value: spanContext } }) as ReadableSpan;
    const answer = await send(`${receiver.url}/v1/traces`, {
      headers: { 'content-type': 'application/x-protobuf' },
      body: ProtobufTraceSerializer.serializeRequest([nameless, second!])!,
    });
    const text = 'spans without traceId or spanId were left out';
    const partial = Buffer.concat([Buffer.from([0x08, 1, 0x12, text.length]), Buffer.from(text)]);
    expect(answer.body).toEqual(Buffer.concat([Buffer.from([0x0a, partial.length]), partial]));
  });
});

describe('an application with the OpenTelemetry SDK', () => {
  it.each(['none', 'gzip'])('loses no span on its way here (compression %s)', async (compression) => {
    const exporter = new OTLPTraceExporter({
      url: `${receiver.url}/v1/traces`,
      compression: compression as NonNullable<ConstructorParameters<typeof OTLPTraceExporter>[0]>['compression'] &
        string,
    });
    const processor = new BatchSpanProcessor(exporter, { maxQueueSize: 2000, maxExportBatchSize: 128 });
    const provider = new NodeTracerProvider({ spanProcessors: [processor] });
    const tracer = provider.getTracer('app');
    const ids = Array.from({ length: 1000 }, (_, i) => {
      const span = tracer.startSpan(`call ${i}`);
      span.end();
      return span.spanContext().spanId;
    });
    await provider.shutdown();
    expect(batches.flatMap(spanIdsOf).sort()).toEqual(ids.sort());
    expect(receiver.counts).toMatchObject({ requests: 8, spans: 1000, rejected: 0 });
  });

  it('sends again what could not be stored', async () => {
    await receiver.close();
    let attempts = 0;
    receiver = await startReceiver({
      onTraces: (traces) => {
        if (attempts++ === 0) throw new Error('disk full');
        batches.push(traces);
      },
    });
    const exporter = new OTLPTraceExporter({ url: `${receiver.url}/v1/traces` });
    const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
    provider.getTracer('app').startSpan('call').end();
    await provider.shutdown();
    expect(batches).toHaveLength(1);
    expect(receiver.counts).toMatchObject({ requests: 1, spans: 1, rejected: 1 });
  });
});
