/** From the facts of each trace to one report: `reportOf(mergeAll(facts.map(partialOf)), context)`. */
export type { TraceFacts } from './facts.ts';
export { merge, mergeAll } from './merge.ts';
export { emptyPartial, type TracePartial } from './partial.ts';
export { partialOf } from './partial-of.ts';
export { type ReportContext, reportOf } from './report-of.ts';
