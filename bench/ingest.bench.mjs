// Reading a document into the span table, beside `JSON.parse` of the same bytes, a line (or a trace) at a time: the least
// that any reader of JSON in JavaScript does. Runs alternate in one process; medians of the CPU time of all threads, so
// that collecting garbage counts.
import { createDocumentReader } from '../dist/analyze/formats/index.js';
import { tableSink } from '../dist/analyze/formats/table-sink.js';
import { createTableBuilder } from '../dist/analyze/model/table-builder.js';
import { ATTRIBUTE_PLAN } from '../dist/analyze/semantics/attribute-plan.js';

const TRACES = 500;
const SPANS_PER_TRACE = 60;
const LINE_SPANS = 512;
const CHUNK_BYTES = 256 * 1024;
const ROUNDS = 9;
const GOAL = 3;

let seed = 1;
function random() {
  seed = (seed + 0x6d2b79f5) >>> 0;
  let t = Math.imul(seed ^ (seed >>> 15), seed | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const integer = (below) => Math.floor(random() * below);
const hex = (digits) =>
  Array.from({ length: digits / 8 }, () =>
    integer(2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('');

const WORDS =
  'the quick agent looked up "refund policy" section three\nand found that items can be returned within'.split(' ');
const text = (words) => Array.from({ length: words }, () => WORDS[integer(WORDS.length)]).join(' ');

/** A span as [name, attributes]: a model call, a query or a tool call, as instrumentations record them. */
function makeCall(at) {
  const kind = at % 3;
  if (kind === 0) {
    return [
      'chat gpt-4o',
      {
        'gen_ai.operation.name': 'chat',
        'gen_ai.request.model': 'gpt-4o',
        'gen_ai.usage.input_tokens': integer(9000),
        'gen_ai.usage.output_tokens': integer(900),
        'gen_ai.request.temperature': 0.2,
        'server.address': 'api.openai.com',
        'server.port': 443,
        'gen_ai.prompt': text(60),
        'session.id': hex(16),
        'user.id': `user-${integer(20000)}`,
      },
    ];
  }
  if (kind === 1) {
    return [
      'SELECT documents',
      {
        'db.system.name': 'postgresql',
        'db.namespace': 'appdb',
        'db.operation.name': 'SELECT',
        'db.query.text': `SELECT id, title, body FROM documents WHERE tenant_id = ${integer(1e6)} AND id = ${integer(1e6)}`,
        'server.address': 'db.internal',
        'server.port': 5432,
        'thread.id': integer(64),
        'thread.name': 'pool-1',
        'session.id': hex(16),
      },
    ];
  }
  return [
    'execute_tool search_docs',
    {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'search_docs',
      'gen_ai.tool.call.id': `call_${hex(16)}`,
      'gen_ai.tool.call.arguments': JSON.stringify({ query: text(8), limit: integer(20) }),
      'session.id': hex(16),
      'user.id': `user-${integer(20000)}`,
      cached: false,
    },
  ];
}

function makeSpans() {
  const spans = [];
  let clock = 1_760_000_000_000_000;
  for (let t = 0; t < TRACES; t++) {
    const traceId = hex(32);
    const root = hex(16);
    for (let s = 0; s < SPANS_PER_TRACE; s++) {
      const [name, attributes] = makeCall(s);
      clock += integer(5000);
      spans.push({
        traceId,
        spanId: s === 0 ? root : hex(16),
        parentId: s === 0 ? '' : root,
        name,
        attributes,
        start: clock,
        duration: 100 + integer(900_000),
      });
    }
  }
  return spans;
}

const RESOURCE = {
  'service.name': 'agent',
  'service.version': '1.2.3',
  'telemetry.sdk.language': 'python',
  'telemetry.sdk.name': 'opentelemetry',
};

function otlpValue(value) {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
const otlpAttributes = (map) => Object.entries(map).map(([key, value]) => ({ key, value: otlpValue(value) }));

function otlpLine(spans) {
  const converted = spans.map((span) => ({
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentId,
    flags: 257,
    name: span.name,
    kind: 3,
    startTimeUnixNano: `${span.start}123`,
    endTimeUnixNano: `${span.start + span.duration}456`,
    attributes: otlpAttributes(span.attributes),
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    status: { code: 0 },
    links: [],
    droppedLinksCount: 0,
  }));
  const scopeSpans = [{ scope: { name: 'app', version: '1.0' }, spans: converted }];
  return JSON.stringify({ resourceSpans: [{ resource: { attributes: otlpAttributes(RESOURCE) }, scopeSpans }] });
}

function jaegerType(value) {
  return typeof value === 'string'
    ? 'string'
    : typeof value === 'boolean'
      ? 'bool'
      : Number.isInteger(value)
        ? 'int64'
        : 'float64';
}
const jaegerTags = (map) => Object.entries(map).map(([key, value]) => ({ key, type: jaegerType(value), value }));

function jaegerTrace(spans) {
  const converted = spans.map((span) => ({
    traceID: span.traceId,
    spanID: span.spanId,
    flags: 1,
    operationName: span.name,
    references: span.parentId === '' ? [] : [{ refType: 'CHILD_OF', traceID: span.traceId, spanID: span.parentId }],
    startTime: span.start,
    duration: span.duration,
    tags: jaegerTags({
      'otel.scope.name': 'app',
      'otel.scope.version': '1.0',
      ...span.attributes,
      'span.kind': 'client',
    }),
    logs: [],
    processID: 'p1',
    warnings: null,
  }));
  const { 'service.name': serviceName, ...tags } = RESOURCE;
  return JSON.stringify({
    traceID: spans[0].traceId,
    spans: converted,
    processes: { p1: { serviceName, tags: jaegerTags(tags) } },
    warnings: null,
  });
}

function* slices(list, size) {
  for (let at = 0; at < list.length; at += size) yield list.slice(at, at + size);
}

function read(document, sink) {
  const reader = createDocumentReader(sink);
  for (let at = 0; at < document.length; at += CHUNK_BYTES) reader.write(document.subarray(at, at + CHUNK_BYTES));
  return reader.end().spans;
}

const NOWHERE = {
  openResource: () => 0,
  describeResource: () => undefined,
  openScope: () => 0,
  describeScope: () => undefined,
  span: () => undefined,
};

function ingest(document) {
  const builder = createTableBuilder(ATTRIBUTE_PLAN);
  builder.openSource({ name: 'bench' });
  read(document, tableSink(builder));
  return builder.finish().size;
}

function parseEach(document, parts) {
  let parsed = 0;
  for (const [start, end] of parts) if (JSON.parse(document.toString('utf8', start, end)) !== null) parsed++;
  return parsed;
}

/** Texts as one document, and where each begins and ends in it. */
function join(texts, head, separator, tail) {
  const document = Buffer.from(head + texts.join(separator) + tail);
  let at = head.length;
  const parts = texts.map((each) => {
    const start = at;
    at += Buffer.byteLength(each) + separator.length;
    return [start, at - separator.length];
  });
  return { document, parts };
}

/** CPU milliseconds of all threads. */
function timed(run) {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
const median = (times) => times.sort((a, b) => a - b)[times.length >> 1];

function compare(name, { document, parts }, count) {
  const runs = {
    parse: () => parseEach(document, parts),
    read: () => read(document, NOWHERE),
    ingest: () => ingest(document),
  };
  const times = { parse: [], read: [], ingest: [] };
  for (let round = -2; round < ROUNDS; round++) {
    for (const [run, list] of Object.entries(times)) {
      const time = timed(runs[run]);
      if (round >= 0) list.push(time);
    }
  }
  const [parse, alone, whole] = Object.values(times).map(median);
  const ratio = (time) => `${(time / parse).toFixed(2)} x JSON.parse`;
  const speed = `${Math.round(count / whole)} k spans/s of CPU, ${Math.round(document.length / whole / 1000)} MB/s`;
  console.log(`ingest, ${name}: ${ratio(whole)} (goal <= ${GOAL}), reading alone ${ratio(alone)}; ${speed}`);
}

const spans = makeSpans();
const lines = [...slices(spans, LINE_SPANS)].map(otlpLine);
compare('OTLP NDJSON', join(lines, '', '\n', '\n'), spans.length);
const traces = [...slices(spans, SPANS_PER_TRACE)].map(jaegerTrace);
compare('Jaeger JSON', join(traces, '{"data":[', ',', '],"total":0,"limit":0,"errors":null}'), spans.length);
