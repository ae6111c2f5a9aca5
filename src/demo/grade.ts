import type { FindingReport } from '../analyze/report/finding-types.ts';
import type { Report } from '../analyze/report/types.ts';
import { PLANTED } from './planted.ts';

/** One planted problem, and what the analysis says of it. */
export interface Graded {
  readonly name: string;
  readonly expected: string;
  readonly found: string;
  readonly ok: boolean;
}

/** Compares a report on the demo's spans with what was planted. A rule that did not run is not graded. */
export function gradeDemo(report: Report): Graded[] {
  const graded = [
    gradeRepeat(report, 'tool', PLANTED.pageTool, PLANTED.pages),
    gradeQueries(report),
    gradeVendor(report),
  ];
  return report.dataQuality.ran.includes('sequential_tools') ? [...graded, gradeSerial(report)] : graded;
}

function gradeQueries(report: Report): Graded {
  return gradeRepeat(report, 'db', 'order_items', PLANTED.orders);
}

function gradeRepeat(report: Report, category: 'tool' | 'db', subject: string, count: number): Graded {
  const what = category === 'tool' ? 'tool calls' : 'database calls';
  const finding = report.findings.find((one) => {
    return one.kind === 'n_plus_one' && one.category === category && one.fingerprint.includes(subject);
  });
  const expected = `${subject} ${count} times a run, in ${PLANTED.runs} of ${PLANTED.runs} runs`;
  const found = finding === undefined ? 'nothing' : describeRepeat(finding, subject);
  return { name: `N+1 of ${what}`, expected, found, ok: found === expected };
}

function describeRepeat(finding: FindingReport, subject: string): string {
  const counts = [...new Set(finding.occurrences.map(({ count }) => count))].sort((a, b) => a - b);
  return `${subject} ${counts.join(' or ')} times a run, in ${finding.reach.traces} of ${PLANTED.runs} runs`;
}

function gradeVendor({ thirdParty }: Report): Graded {
  const expected = `${PLANTED.slowVendor} (third_party) is first by path share`;
  const first = thirdParty.parties[0];
  const found = first === undefined ? 'no party' : `${first.name} (${first.class}) is first by path share`;
  return { name: 'slow vendor', expected, found, ok: found === expected };
}

function gradeSerial({ findings }: Report): Graded {
  const names = PLANTED.serialTools.join(' and ');
  const finding = findings.find(({ kind, fingerprint }) => {
    return kind === 'sequential_tools' && PLANTED.serialTools.every((name) => fingerprint.includes(name));
  });
  const expected = `${names} one after another, in ${PLANTED.runs} of ${PLANTED.runs} runs`;
  const found =
    finding === undefined
      ? 'nothing'
      : `${names} one after another, in ${finding.reach.traces} of ${PLANTED.runs} runs`;
  return { name: 'serial tools', expected, found, ok: found === expected };
}
