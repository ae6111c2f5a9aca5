import { quoteLongNumbers } from './big-integers.ts';
import type { Format } from './format.ts';
import { convertJaegerProcess, convertJaegerSpan } from './jaeger-span.ts';
import type { JaegerSpan } from './jaeger-types.ts';
import { JsonDocument } from './json-document.ts';
import type { Shape } from './json-scanner.ts';
import { firstOf, hasAll, hasAny, isFields } from './json-values.ts';
import type { OtlpScope, SpanSink } from './otlp-types.ts';

/**
 * Jaeger's JSON: an answer of `/api/traces` or a download of its UI (`{data: […]}`, or one trace as `data`), a trace
 * alone, or an array of traces; also several of these after one another.
 */
export const jaegerJson: Format = {
  name: 'jaeger-json',
  recognises: ({ json }) => {
    const first = firstOf(json);
    if (isTrace(first)) return true;
    if (!isFields(first) || !Object.hasOwn(first, 'data')) return false;
    return isTrace(firstOf(first.data)) || hasAll(first, 'data', 'total', 'limit') || hasAll(first, 'data', 'errors');
  },
  whyEmpty: ({ json }) => {
    const error = firstOf(isFields(json) ? json.errors : undefined);
    return isFields(error) && typeof error.msg === 'string' ? `Jaeger says: ${error.msg.slice(0, 200)}` : undefined;
  },
  open: (sink, log) =>
    new JsonDocument(documentShape(sink), log, { quoteNumbers: quoteLongNumbers, lineKeys: ['data'] }),
};

/** Nobody else writes `traceID` with such a D. */
function isTrace(value: unknown): boolean {
  if (!isFields(value)) return false;
  if (typeof value.traceID === 'string') return true;
  const processes = isFields(value.processes) ? Object.values(value.processes)[0] : undefined;
  return hasAny(firstOf(value.spans), 'traceID', 'spanID') || hasAny(processes, 'serviceName');
}

function documentShape(sink: SpanSink): Shape {
  const trace = traceShape(sink);
  const data: Shape = { ...trace, elements: trace };
  const members = new Map([...(trace.members ?? []), ['data', data] as const]);
  const document: Shape = { ...trace, members };
  return { ...document, elements: document };
}

function traceShape(sink: SpanSink): Shape {
  let traceId = '';
  let processes = new Map<string, number>();
  const scopeSlot = scopeSlots(sink);
  const processSlot = (id: unknown): number => {
    const key = typeof id === 'string' ? id : '';
    const known = processes.get(key);
    if (known !== undefined) return known;
    const slot = sink.openResource();
    processes.set(key, slot);
    return slot;
  };
  /** Some tools write the process itself into each of its spans. */
  const ownProcess = (process: unknown): number => {
    const key = `\u0000${JSON.stringify(process)}`;
    const isKnown = processes.has(key);
    const slot = processSlot(key);
    if (!isKnown) sink.describeResource(slot, convertJaegerProcess(process) ?? {});
    return slot;
  };
  const span: Shape = {
    noun: 'span',
    take: (value) => {
      const converted = convertJaegerSpan(value, traceId);
      if (typeof converted === 'string') return converted;
      const { processID, process } = value as JaegerSpan;
      const resource = processID === undefined && isFields(process) ? ownProcess(process) : processSlot(processID);
      sink.span(resource, scopeSlot(converted.scope), converted.span);
      return undefined;
    },
  };
  const process: Shape = {
    noun: 'process',
    take: (value, id) => {
      const resource = convertJaegerProcess(value);
      if (resource === undefined) return 'a process is not an object';
      sink.describeResource(processSlot(id), resource);
      return undefined;
    },
  };
  const id: Shape = {
    noun: 'traceID',
    take: (value) => {
      traceId = typeof value === 'string' ? value : '';
      return undefined;
    },
  };
  return {
    members: new Map([
      ['traceID', id],
      ['spans', { elements: span }],
      ['processes', { anyMember: process }],
    ]),
    open: () => {
      traceId = '';
      processes = new Map();
    },
  };
}

/** One slot for each scope of a document, described at once. */
function scopeSlots(sink: SpanSink): (scope: OtlpScope) => number {
  const slots = new Map<string, number>();
  let last: { readonly scope: OtlpScope; readonly slot: number } | undefined;
  return (scope) => {
    // Spans of one scope come in a row.
    if (last !== undefined && last.scope.name === scope.name && last.scope.version === scope.version) return last.slot;
    const key = JSON.stringify([scope.name, scope.version]);
    let slot = slots.get(key);
    if (slot === undefined) {
      slot = sink.openScope();
      sink.describeScope(slot, scope);
      slots.set(key, slot);
    }
    last = { scope, slot };
    return slot;
  };
}
