import type { AnalysedReport } from '../report/overview.ts';
import { jsonChunks } from './json.ts';
import { markdownReport } from './md.ts';
import { plainReport } from './plain.ts';
import type { TextOptions } from './terminal.ts';
import { textReport } from './text.ts';

export { explainText } from './explain-text.ts';
export type { TextOptions } from './terminal.ts';

/** Turns a report into text, in pieces that can be written one after the other. Options are for terminals. */
export type Reporter = (report: AnalysedReport, options: TextOptions) => Iterable<string>;

export type FormatName = 'text' | 'json' | 'md';

/** The formats of `--format`, by name. */
export const reporters: Readonly<Record<FormatName, Reporter>> = {
  text: (report, options) => [options.plain ? plainReport(report) : textReport(report, options)],
  json: (report) => jsonChunks(report),
  md: (report) => [markdownReport(report)],
};
