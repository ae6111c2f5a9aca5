import type { Integer } from './integer.ts';
import type { OwnTime, PartyClass, Report } from './types.ts';

/**
 * What the texts say of each entry point beyond the JSON report. Not part of `--json`: a report that was read back from
 * JSON has none, and the texts then speak of all runs together.
 */
interface Overview {
  /** One for each of `Report.entryPoints`, in their order. */
  readonly entryPoints: readonly EntryOverview[];
}

export interface EntryOverview {
  /** Parties that are not internal, by `pathNs` descending, then name, class. */
  readonly parties: readonly EntryParty[];
  readonly own: OwnTime;
  /** Absent below 20 complete runs. */
  readonly slow?: SlowRuns;
  /** The longest complete run. */
  readonly slowest?: { readonly traceId: string; readonly durationNs: number; readonly link?: string };
}

interface EntryParty {
  readonly name: string;
  readonly class: PartyClass;
  readonly calls: number;
  readonly pathNs: Integer;
}

/** The slowest 5 % of the complete runs against the rest, as differences of means. */
export interface SlowRuns {
  readonly runs: number;
  readonly excessNs: number;
  /** The party or operation whose path time grows most. Counted in runs where it holds at least 1 % of the path. */
  readonly largest: { readonly name: string; readonly excessNs: number };
}

export interface AnalysedReport extends Report {
  readonly overview?: Overview;
}
