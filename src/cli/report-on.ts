import { reportOf, type TracePartial } from '../analyze/index.ts';
import type { AnalysedReport } from '../analyze/report/overview.ts';
import type { CollectedInput } from './collect-input.ts';
import { version } from './version.ts';

/** The report on what was read. `name` stands for a file that the user does not know. */
export function reportOn(
  partial: TracePartial,
  input: CollectedInput,
  uiBase: string | undefined,
  name?: string,
): AnalysedReport {
  const { sources, skipped, partialReasons } = input;
  return reportOf(partial, {
    toolVersion: version(),
    sources: name === undefined ? sources : sources.map((source) => ({ ...source, name })),
    skipped: name === undefined ? skipped : skipped.map((entry) => ({ ...entry, source: name })),
    partialReasons,
    uiBase,
  });
}
