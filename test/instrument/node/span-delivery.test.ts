import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { afterEach, describe, expect, it } from 'vitest';
import type { RecordedSpan } from '../../../src/instrument/node/recorded-span.ts';
import { SpanDelivery } from '../../../src/instrument/node/span-delivery.ts';
import { type Collector, type CollectorOptions, startCollector } from '../../support/collector.ts';

/*
 * In the process of the tests, from sources: where Node does not run TypeScript, the worker thread breaks as soon as it
 * starts, and the spans it was given are shipped by the thread that made them.
 */

let collector: Collector;
let delivery: SpanDelivery;

async function start(options: CollectorOptions = {}) {
  collector = await startCollector(options);
  const exporter = { url: `${collector.url}/v1/traces` };
  delivery = new SpanDelivery({ ...exporter, exporter }, { spool: false }, {});
  const provider = new NodeTracerProvider({ spanProcessors: [delivery] });
  const tracer = provider.getTracer('test');
  return {
    provider,
    tracer,
    make: (spans: number) => Array.from({ length: spans }, () => tracer.startSpan('made').end()),
  };
}

afterEach(async () => {
  delivery.close();
  await collector.close();
});

const listeners = () => ['exit', 'beforeExit', 'SIGTERM', 'newListener'].map((event) => process.listenerCount(event));

describe('the delivery of a provider', () => {
  it('loses nothing where its thread breaks', async () => {
    const { make } = await start();
    make(1200);
    expect(await delivery.flush()).toBe(true);
    expect([delivery.counts.delivered, collector.distinct()]).toEqual([1200, 1200]);
  });

  it('leaves no listener behind', async () => {
    const [before, max] = [listeners(), process.getMaxListeners()];
    const { provider } = await start();
    expect(listeners()).not.toEqual(before);
    await provider.shutdown();
    expect([listeners(), process.getMaxListeners()]).toEqual([before, max]);
  });

  it('drops and counts what ends after its shutdown', async () => {
    const { provider, make } = await start();
    make(2);
    await provider.shutdown();
    delivery.onEnd(spanOf(1));
    expect(delivery.counts).toMatchObject({ made: 3, delivered: 2, dropped: 1, pending: 0 });
  });

  it('does not wait for a receiver that wants to be left alone for an hour', async () => {
    const { make } = await start({ answer: () => ({ status: 429, headers: { 'retry-after': '3600' } }) });
    make(1);
    expect(await delivery.flush()).toBe(false);
    expect([collector.requests.length, delivery.counts.pending]).toEqual([1, 1]);
  });

  it('takes no span that was not sampled', async () => {
    await start();
    delivery.onEnd(spanOf(0));
    expect(delivery.counts.made).toBe(0);
  });
});

/** A span that has ended, of no SDK. */
function spanOf(traceFlags: number): RecordedSpan {
  return {
    name: 'late',
    kind: 0,
    startTime: [1_700_000_000, 0],
    endTime: [1_700_000_001, 0],
    status: { code: 0 },
    attributes: {},
    links: [],
    events: [],
    resource: { attributes: {} },
    instrumentationScope: { name: 'x' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    spanContext: () => ({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags }),
  };
}
