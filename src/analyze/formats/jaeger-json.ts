import { quoteLongNumbers } from './big-integers.ts';
import type { Format } from './format.ts';
import { convertJaegerProcess, convertJaegerSpan } from './jaeger-span.ts';
import { createJsonDocument } from './json-document.ts';
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
  open: (sink, log, { startsInLines }) =>
    createJsonDocument(documentShape(sink), log, { quoteNumbers: quoteLongNumbers, startsInLines }),
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
  const span: Shape = {
    noun: 'span',
    take: (value) => {
      const converted = convertJaegerSpan(value, traceId);
      if (typeof converted === 'string') return converted;
      sink.span(processSlot((value as { processID?: unknown }).processID), scopeSlot(converted.scope), converted.span);
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
