/**
 * The analysis API.
 *
 *     const builder = createTableBuilder(ATTRIBUTE_PLAN);
 *     builder.openSource({ name: 'traces.json' });
 *     const reader = createDocumentReader(tableSink(builder));
 *     reader.write(bytes);
 *     reader.end();
 *     const report = reportOf(analyzeTable(builder.finish()), { toolVersion, sources: [], skipped: [], partialReasons: [] });
 *
 * Everything here is pure and synchronous; only `readDocument` and `pullJaeger` do input and output.
 */
import { mergeAll, partialOf, type TraceFacts, type TracePartial } from './aggregate/index.ts';
import { criticalPath } from './analyses/critical-path/index.ts';
import { thirdParty } from './analyses/third-party.ts';
import { judge } from './detectors/index.ts';
import { DEFAULT_THRESHOLDS, type Thresholds } from './detectors/thresholds.ts';
import { factOf } from './model/facts.ts';
import { rowsByTrace, type SpanTable } from './model/span-table.ts';
import { buildTrace, type Trace } from './model/trace.ts';
import { rolesOf } from './semantics/role.ts';
import { kindsOf } from './semantics/span-kinds.ts';

export interface AnalyzeOptions {
  readonly thresholds?: Thresholds | undefined;
}

/** What is known of one trace and what the rules say of it. */
export function analyzeTrace(trace: Trace, options: AnalyzeOptions = {}): TraceFacts {
  return {
    trace,
    path: factOf(trace, criticalPath),
    parties: factOf(trace, thirdParty),
    kinds: factOf(trace, kindsOf),
    roles: factOf(trace, rolesOf),
    judgment: judge(trace, options.thresholds ?? DEFAULT_THRESHOLDS),
  };
}

/** The traces of a table, one after the other; each can be forgotten before the next is built. */
export function* tracesOf(table: SpanTable): Generator<Trace, void, void> {
  const { offset, rows } = rowsByTrace(table);
  for (let t = 0; t < table.traceIds.length; t++) {
    yield buildTrace(table, t, rows.subarray(offset[t] as number, offset[t + 1] as number));
  }
}

/** Analyses every trace of a table. Partials of several tables (disjoint in their traces) can be merged. */
export function analyzeTable(table: SpanTable, options: AnalyzeOptions = {}): TracePartial {
  return mergeAll(partials(table, options));
}

function* partials(table: SpanTable, options: AnalyzeOptions): Generator<TracePartial, void, void> {
  for (const trace of tracesOf(table)) yield partialOf(analyzeTrace(trace, options));
}

export {
  merge,
  mergeAll,
  partialOf,
  type ReportContext,
  reportOf,
  type TraceFacts,
  type TracePartial,
} from './aggregate/index.ts';
export { createDocumentReader } from './formats/index.ts';
export { tableSink } from './formats/table-sink.ts';
export { InputError } from './model/errors.ts';
export type { SpanTable } from './model/span-table.ts';
export { createTableBuilder, type TableBuilder } from './model/table-builder.ts';
export type { Trace } from './model/trace.ts';
export type { Report } from './report/types.ts';
export { ATTRIBUTE_PLAN } from './semantics/attribute-plan.ts';
export { readDocument } from './sources/files.ts';
export { openJaeger, pullJaeger } from './sources/jaeger.ts';
export { SourceError } from './sources/source-error.ts';
