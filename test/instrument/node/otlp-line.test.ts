import {
  type Attributes,
  type AttributeValue,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { describe, expect, it } from 'vitest';
import { LineWriter } from '../../../src/instrument/node/otlp-line.ts';
import { LineReader } from '../../../src/instrument/node/read-span.ts';

const NONE = { dropped: 0, refused: 0 };

/** What the exporter sends of spans. */
const sent = (spans: readonly ReadableSpan[]): unknown =>
  JSON.parse(Buffer.from(JsonTraceSerializer.serializeRequest([...spans])!).toString());

function startProvider() {
  const memory = new InMemorySpanExporter();
  const resource = resourceFromAttributes({ 'service.name': 'a "quoted" service', count: 3 });
  const provider = new NodeTracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor(memory)] });
  return { provider, spans: () => memory.getFinishedSpans() };
}

const ATTRIBUTES: Attributes = {
  text: 'quotes " and \\ and \n line breaks, ünïcödé, a lone \ud800 and "spans":[',
  empty: '',
  integer: 42,
  negative: -7,
  'zero below': -0,
  large: 2 ** 53,
  'a double': 0.1 + 0.2,
  'a small one': 1e-7,
  yes: true,
  no: false,
  texts: ['a', 'b'],
  numbers: [1, 2.5],
  'with "quotes"': 'x',
  constructor: 'odd',
  __proto__2: 'odd',
};

function richSpans(): readonly ReadableSpan[] {
  const { provider, spans } = startProvider();
  const tracer = provider.getTracer('scope', '1.2.3', { schemaUrl: 'https://schema.example/1' });
  const parent = tracer.startSpan('parent', { kind: SpanKind.CLIENT, startTime: [1_700_000_000, 5] }, ROOT_CONTEXT);
  const remote = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1, isRemote: true };
  const child = tracer.startSpan(
    'child',
    {
      attributes: ATTRIBUTES,
      links: [{ context: remote, attributes: { why: 'asked' } }, { context: parent.spanContext() }],
    },
    trace.setSpan(ROOT_CONTEXT, parent),
  );
  child.addEvent('event', { n: 1, text: 'a' }, [1_700_000_001, 999_999_999]);
  child.addEvent('bare');
  child.setStatus({ code: SpanStatusCode.ERROR, message: 'it "failed"' });
  child.end();
  parent.end([1_700_000_002, 0]);
  provider.getTracer('other').startSpan('below a remote', {}, trace.setSpanContext(ROOT_CONTEXT, remote)).end();
  return spans();
}

describe('a span', () => {
  it('comes out of its line as the exporter would have sent it', () => {
    const spans = richSpans();
    const writer = new LineWriter(() => NONE, 'id');
    const reader = new LineReader();
    const read = spans.map((span) => reader.read(writer.line(span).trimEnd())!);
    expect(sent(read)).toEqual(sent(spans));
  });

  it('is a whole document in one line, to any reader of OTLP', () => {
    const [span] = richSpans();
    const line = new LineWriter(() => NONE, 'id').line(span!);
    expect(line.indexOf('\n')).toBe(line.length - 1);
    const { resourceSpans } = JSON.parse(line);
    expect(resourceSpans[0].scopeSpans[0].spans[0]).toMatchObject({
      name: 'child',
      kind: 1,
      endTimeUnixNano: expect.stringMatching(/^\d{19}$/),
      status: { code: 2, message: 'it "failed"' },
    });
  });

  it.each<[string, unknown, unknown]>([
    ['bytes', new Uint8Array([1, 2, 255]), { bytesValue: 'AQL/' }],
    ['a map', { a: 1, b: ['x'] }, { kvlistValue: { values: [{ key: 'a' }, { key: 'b' }] } }],
    ['no number', Number.NaN, { doubleValue: 'NaN' }],
    ['infinity', Number.NEGATIVE_INFINITY, { doubleValue: '-Infinity' }],
    ['2^60', 2 ** 60, { intValue: '1152921504606846976' }],
    ['an integer beyond 64 bits', 1e21, { doubleValue: 1e21 }],
    ['null', null, {}],
    ['undefined', undefined, {}],
  ])('has attributes of newer SDKs: %s', (_, value, expected) => {
    const [span] = richSpans();
    const line = new LineWriter(() => NONE, 'id').line({
      ...span!,
      spanContext: span!.spanContext,
      attributes: { value },
    });
    const written = JSON.parse(line).resourceSpans[0].scopeSpans[0].spans[0].attributes[0];
    expect(written).toMatchObject({ key: 'value', value: expected });
  });

  it.each([
    '',
    'x',
    '{"resourceSpans":[',
    '{"resourceSpans":[{"resource":{},"scopeSpans":[{"scope":{},"spans":[{}]}]}]}',
  ])('is not read from %j', (line) => {
    expect(new LineReader().read(line)).toBeUndefined();
  });

  it('is not read from a line that is cut anywhere', () => {
    const [span] = richSpans();
    const line = new LineWriter(() => NONE, 'id').line(span!).trimEnd();
    for (let at = 0; at < line.length; at += 7) expect(new LineReader().read(line.slice(0, at))).toBeUndefined();
  });
});

describe('the resource of a line', () => {
  const attributesIn = (line: string): Record<string, AttributeValue> =>
    Object.fromEntries(
      JSON.parse(line).resourceSpans[0].resource.attributes.map(
        ({ key, value }: { key: string; value: Record<string, AttributeValue> }) => [key, Object.values(value)[0]],
      ),
    );

  it('says what has been lost by then', () => {
    const [span] = richSpans();
    let losses = NONE;
    const writer = new LineWriter(() => losses, 'abcd0123');
    expect(attributesIn(writer.line(span!))).not.toHaveProperty('ta.dropped_spans');
    losses = { dropped: 12, refused: 0 };
    expect(attributesIn(writer.line(span!))).toMatchObject({ 'ta.dropped_spans': 12, 'ta.delivery_id': 'abcd0123' });
    losses = { dropped: 12, refused: 3 };
    expect(attributesIn(writer.line(span!))).toMatchObject({ 'ta.dropped_spans': 12, 'ta.refused_spans': 3 });
  });

  it('has what is found out about it later', () => {
    const [span] = richSpans();
    const resource = { attributes: { a: 1 } as Record<string, unknown>, asyncAttributesPending: true };
    const writer = new LineWriter(() => NONE, 'id');
    const early = { ...span!, spanContext: span!.spanContext, resource };
    expect(attributesIn(writer.line(early))).toEqual({ a: 1 });
    resource.attributes = { a: 1, host: 'h' };
    resource.asyncAttributesPending = false;
    expect(attributesIn(writer.line(early))).toEqual({ a: 1, host: 'h' });
  });
});

it('no secret is in a line, wherever it was in the span', () => {
  const secret = 'sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD';
  const { provider, spans } = startProvider();
  const span = provider
    .getTracer('t')
    .startSpan(`GET ${secret}`, { attributes: { url: `https://x.example/?key=${secret}` } });
  span.setAttribute('list', [secret]);
  span.addEvent('exception', { 'exception.message': `bad key ${secret}` });
  span.setStatus({ code: SpanStatusCode.ERROR, message: secret });
  span.end();
  expect(new LineWriter(() => NONE, 'id').line(spans()[0]!)).not.toContain(secret);
});
