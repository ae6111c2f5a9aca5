import type { Segment } from '../analyses/critical-path/types.ts';
import { byCodeUnit } from '../model/by-code-unit.ts';
import type { Flag } from '../model/flags.ts';
import { StatusCode } from '../model/span.ts';
import type { Trace } from '../model/trace.ts';
import type { FlagReport, SegmentReport, TracePath } from '../report/trace-types.ts';
import type { TraceFacts } from './facts.ts';
import type { Compare } from './order.ts';
import type { TraceDetail } from './partial.ts';
import type { Run } from './run.ts';

/** Spans of one occurrence that a report lists. */
export const MAX_LISTED_SPANS = 100;

/** One trace as the report shows it: the path, and every span that something names. */
export function traceDetail(facts: TraceFacts, run: Run): TraceDetail {
  const { trace, path } = facts;
  return {
    traceId: trace.id,
    rootSpanId: trace.root < 0 ? null : trace.spanId(trace.root),
    rootService: trace.service(run.span),
    rootName: trace.name(run.span),
    failed: run.failed,
    complete: run.complete,
    startUnixNano: String(unixNano(trace, path.windowStart)),
    durationNs: path.windowEnd - path.windowStart,
    spans: spanReports(facts),
    criticalPath: pathReport(facts),
    flags: path.flags.map((flag) => flagReport(trace, flag)).sort(byFlag),
  };
}

/** A time of the trace as Unix nanoseconds. */
export function unixNano(trace: Trace, time: number): bigint {
  return BigInt(trace.table.baseSeconds[trace.index] as number) * 1_000_000_000n + BigInt(time);
}

function pathReport({ trace, path, parties }: TraceFacts): TracePath {
  const how = { directNs: 0, hoistedNs: 0, throughWaitNs: 0, adoptedNs: 0 };
  const segments = path.segments.map((segment, i): SegmentReport => {
    how[howOf(segment)] += segment.end - segment.start;
    return {
      spanId: segment.span < 0 ? null : trace.spanId(segment.span),
      startNs: segment.start - path.windowStart,
      endNs: segment.end - path.windowStart,
      kind: segment.kind,
      ...(segment.via === undefined ? {} : { via: segment.via }),
      ...(segment.wait === undefined ? {} : { waitSpanId: trace.spanId(segment.wait) }),
      bucket: parties.buckets[i] ?? 'code',
    };
  });
  return { segments, coCritical: path.coCritical.map((set) => set.map((span) => trace.spanId(span))), how };
}

function howOf({ via }: Segment): keyof TracePath['how'] {
  return via === 'hoist' ? 'hoistedNs' : via === 'wait' ? 'throughWaitNs' : via === 'adopt' ? 'adoptedNs' : 'directNs';
}

function spanReports({ trace, path, parties, kinds, roles, judgment }: TraceFacts): TraceDetail['spans'] {
  const named = new Uint8Array(trace.size);
  const name = (span: number | undefined): void => {
    for (let at = span ?? -1; at >= 0 && named[at] === 0; at = trace.parent[at] as number) named[at] = 1;
  };
  name(trace.root);
  for (const { span, wait } of path.segments) {
    name(span);
    name(wait);
  }
  for (const set of path.coCritical) set.forEach(name);
  for (const { span, other } of path.flags) {
    name(span);
    name(other);
  }
  for (const { parentSpan, sourceSpan, spans } of judgment.occurrences) {
    [parentSpan, sourceSpan, ...spans.slice(0, MAX_LISTED_SPANS)].forEach(name);
  }
  for (const { parentSpan } of judgment.nearMisses) name(parentSpan);

  const reports: TraceDetail['spans'][number][] = [];
  for (let span = 0; span < trace.size; span++) {
    if (named[span] === 0) continue;
    const parent = trace.parent[span] as number;
    const party = parties.partyOf(span)?.name;
    reports.push({
      spanId: trace.spanId(span),
      ...(trace.renamed.has(span) ? { recordedSpanId: trace.recordedSpanId(span) } : {}),
      parentSpanId: parent < 0 ? null : trace.spanId(parent),
      service: trace.service(span),
      operation: trace.name(span),
      kind: kinds[span] ?? 'other',
      role: roles[span] ?? 'none',
      ...(party === undefined ? {} : { party }),
      startNs: (path.start[span] as number) - path.windowStart,
      durationNs: durationOf(trace, span),
      error: trace.status(span) === StatusCode.error,
    });
  }
  return reports;
}

/** As recorded; of a span without end up to where the repairs closed it. */
export function durationOf(trace: Trace, span: number): number {
  return (trace.end[span] as number) - (trace.start[span] as number);
}

function flagReport(trace: Trace, { flag, span, other, text, valueNs, count }: Flag): FlagReport {
  const otherId = other === undefined ? text : trace.spanId(other);
  return {
    flag,
    ...(span === undefined || span < 0 ? {} : { spanId: trace.spanId(span) }),
    ...(otherId === undefined ? {} : { otherId }),
    ...(valueNs === undefined ? {} : { valueNs }),
    ...(count === undefined ? {} : { count }),
  };
}

const byFlag: Compare<FlagReport> = (a, b) =>
  byCodeUnit(a.flag, b.flag) ||
  byCodeUnit(a.spanId ?? '', b.spanId ?? '') ||
  byCodeUnit(a.otherId ?? '', b.otherId ?? '') ||
  (a.valueNs ?? 0) - (b.valueNs ?? 0) ||
  (a.count ?? 0) - (b.count ?? 0);
