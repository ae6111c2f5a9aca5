import type { Report } from '../report/types.ts';
import { printable } from './printable.ts';

/** For `cut` and `awk`: a record a line, fields parted by tabs, times in nanoseconds, empty where unknown. */
export function plainReport(report: Report): string {
  const lines = [
    ...report.entryPoints.map((e) =>
      record(
        'entry_point',
        e.service,
        e.operation,
        e.traces,
        e.failed,
        e.incomplete,
        e.windowNs,
        e.p50Ns,
        e.p95Ns,
        e.p99Ns,
      ),
    ),
    ...report.thirdParty.parties.map((p) =>
      record('party', p.name, p.class, p.calls, p.errors, p.pathNs, p.criticalPathShare, p.p50Ns, p.p95Ns, p.p99Ns),
    ),
    ...report.criticalPath.byOperation.map((o) =>
      record('operation', o.service, o.operation, o.kind, o.pathNs, o.pathShare, o.spans, o.p50Ns, o.p95Ns, o.p99Ns),
    ),
    ...report.findings.map((f) => {
      const { low = null, likely = null, high = null } = f.savingNs ?? {};
      const link = f.occurrences[0]?.links?.first;
      return record(
        'finding',
        f.id,
        f.kind,
        f.severity,
        f.confidence,
        likely,
        low,
        high,
        f.reach.traces,
        f.title,
        link,
      );
    }),
  ];
  return lines.join('');
}

function record(...fields: readonly (string | number | bigint | null | undefined)[]): string {
  return `${fields.map((field) => (typeof field === 'string' ? printable(field) : String(field ?? ''))).join('\t')}\n`;
}
