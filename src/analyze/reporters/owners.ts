import type { AnalysedReport, EntryOverview } from '../report/overview.ts';
import type { TraceReport } from '../report/trace-types.ts';
import type { PartyClass, Report } from '../report/types.ts';
import { printable } from './printable.ts';

/** A part of the path and whose it is. Shares of all owners add up to 1. */
export interface Owner {
  /** Printable. */
  readonly label: string;
  readonly ns: number;
  readonly share: number;
  /** Of a single party. */
  readonly party?: { readonly calls: number };
}

/** A party is named from this share on, and at most so many are. */
const NAMED_SHARE = 0.05;
const MAX_NAMED = 5;

const REST: Readonly<Record<PartyClass, string>> = {
  third_party: 'other vendors',
  managed: 'other managed services',
  unknown: 'other unknown parties',
  internal: 'internal services',
};

/** What the overview says of an entry point, or, for a report read back from JSON, of all runs. */
export function entryOverview(report: AnalysedReport, entry: number): EntryOverview {
  const known = report.overview?.entryPoints[entry];
  if (known !== undefined) return known;
  return {
    parties: report.thirdParty.parties.filter((party) => party.class !== 'internal'),
    own: report.thirdParty.own,
  };
}

/** Who holds the path: named parties, then the rest of each class, then what is one's own. Empty parts are left out. */
export function ownersOf({ parties, own }: EntryOverview): readonly Owner[] {
  const ownNs = [own.codeNs, own.internalNs, own.waitNs, own.untracedNs].map(Number);
  const whole = [...ownNs, ...parties.map(({ pathNs }) => Number(pathNs))].reduce((sum, ns) => sum + ns, 0);
  const shareOf = (ns: number): number => (whole === 0 ? 0 : ns / whole);
  const named = parties.filter(({ pathNs }) => shareOf(Number(pathNs)) >= NAMED_SHARE).slice(0, MAX_NAMED);
  const rest = new Map<string, number>();
  for (const party of parties) {
    if (named.includes(party)) continue;
    rest.set(REST[party.class], (rest.get(REST[party.class]) ?? 0) + Number(party.pathNs));
  }
  const labels = ['own code', 'internal services', 'waiting', 'untraced'];
  const unnamed = [...rest, ...labels.map((label, i): [string, number] => [label, ownNs[i] as number])];
  return [
    ...named.map(({ name, calls, pathNs }) => ({
      label: printable(name),
      ns: Number(pathNs),
      share: shareOf(Number(pathNs)),
      party: { calls },
    })),
    ...unnamed.filter(([, ns]) => ns > 0).map(([label, ns]) => ({ label, ns, share: shareOf(ns) })),
  ];
}

/** The same for one trace of a report. Calls are those of the whole report where it has no other trace. */
export function traceOverview(report: Report, trace: TraceReport): EntryOverview {
  const partyOf = new Map(trace.spans.map(({ spanId, party }) => [spanId, party]));
  const own = { codeNs: 0, internalNs: 0, waitNs: 0, untracedNs: 0 };
  const pathNs = new Map<string, number>();
  for (const { spanId, startNs, endNs, bucket } of trace.criticalPath.segments) {
    if (bucket === 'party') {
      const name = partyOf.get(spanId ?? '') ?? 'unknown';
      pathNs.set(name, (pathNs.get(name) ?? 0) + endNs - startNs);
    } else {
      own[`${bucket}Ns`] += endNs - startNs;
    }
  }
  const notInternal = report.thirdParty.parties.filter((party) => party.class !== 'internal');
  const known = new Map(notInternal.map((party) => [party.name, party]));
  const parties = Array.from(pathNs, ([name, ns]) => {
    const party = known.get(name);
    return { name, class: party?.class ?? ('unknown' as const), calls: party?.calls ?? 0, pathNs: ns };
  });
  return { parties: parties.sort((a, b) => b.pathNs - a.pathNs || (a.name < b.name ? -1 : 1)), own };
}
