import { quoteBigIntegers } from './big-integers.ts';
import type { Format } from './format.ts';
import { JsonDocument } from './json-document.ts';
import type { Shape } from './json-scanner.ts';
import { firstOf, hasAny, isFields } from './json-values.ts';
import { toDescribed, toOtlpSpan } from './otlp-span.ts';
import type { OtlpResource, OtlpScope, SpanSink } from './otlp-types.ts';

/** Members of the other signals' documents: no spans are there, but what they are is known. */
const OTHER_SIGNALS = new Map([
  ['resourceLogs', 'logs'],
  ['resourceMetrics', 'metrics'],
  ['resourceProfiles', 'profiles'],
]);
/** Where the OTLP wrapper of a Jaeger or Tempo answer keeps its content. */
const WRAPPERS = ['result', 'trace'];
/** `batches` is Tempo's older name. */
const ROOTS = ['resourceSpans', 'batches', ...OTHER_SIGNALS.keys()];

/**
 * OTLP's JSON encoding (opentelemetry-proto, docs/specification.md): an `ExportTraceServiceRequest` or `TracesData`, an
 * array of them, one a line (the collector's file exporter) or one after the other; the same below `result` (Jaeger's
 * `/api/v3`, many of them in a stream) or `trace` (Tempo), or as `batches` (Tempo before v2). Knows the names of before
 * OTLP 0.19 (`instrumentationLibrarySpans`).
 */
export const otlpJson: Format = {
  name: 'otlp-json',
  recognises: ({ json }) => {
    const first = firstOf(json);
    if (hasAny(first, ...ROOTS)) return true;
    return isFields(first) && WRAPPERS.some((wrapper) => hasAny(firstOf(first[wrapper]), ...ROOTS));
  },
  whyEmpty: ({ json }) => {
    for (const [member, signal] of OTHER_SIGNALS)
      if (hasAny(firstOf(json), member)) return `it holds ${signal}, not traces`;
    return undefined;
  },
  open: (sink, log) =>
    new JsonDocument(documentShape(sink), log, {
      quoteNumbers: quoteBigIntegers,
      lineKeys: ['resourceSpans', 'result', 'batches'],
    }),
};

function documentShape(sink: SpanSink): Shape {
  const resourceSpans: Shape = { elements: resourceSpansShape(sink) };
  const members = new Map<string, Shape>([
    ['resourceSpans', resourceSpans],
    ['batches', resourceSpans],
  ]);
  const wrapped: Shape = { members, elements: { members } };
  const root: Shape = { members: new Map([...members, ...WRAPPERS.map((name) => [name, wrapped] as const)]) };
  return { ...root, elements: root };
}

function resourceSpansShape(sink: SpanSink): Shape {
  let resource = 0;
  let scope = 0;
  const span: Shape = {
    noun: 'span',
    take: (value) => {
      const read = toOtlpSpan(value);
      if (typeof read === 'string') return read;
      sink.span(resource, scope, read);
      return undefined;
    },
  };
  const scopeDescription = takeObject<OtlpScope>('scope', (read) => sink.describeScope(scope, read));
  const scopeSpans: Shape = {
    members: new Map([
      ['scope', scopeDescription],
      ['instrumentationLibrary', scopeDescription],
      ['spans', { elements: span }],
    ]),
    open: () => {
      scope = sink.openScope();
    },
  };
  return {
    members: new Map([
      ['resource', takeObject<OtlpResource>('resource', (read) => sink.describeResource(resource, read))],
      ['scopeSpans', { elements: scopeSpans }],
      ['instrumentationLibrarySpans', { elements: scopeSpans }],
    ]),
    open: () => {
      resource = sink.openResource();
    },
  };
}

function takeObject<T extends OtlpResource | OtlpScope>(noun: string, use: (described: T) => void): Shape {
  return {
    noun,
    take: (value) => {
      if (value === null) return undefined;
      const read = toDescribed<T>(value);
      if (read === undefined) return `a ${noun} is not an object`;
      use(read);
      return undefined;
    },
  };
}
