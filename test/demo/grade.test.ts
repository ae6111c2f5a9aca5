import { describe, expect, it } from 'vitest';
import type { Report } from '../../src/analyze/report/types.ts';
import { gradeDemo } from '../../src/demo/grade.ts';
import { PLANTED } from '../../src/demo/planted.ts';

interface Found {
  readonly kind: string;
  readonly category: string;
  readonly fingerprint: string;
  readonly count: number;
  readonly traces: number;
}

/** A report with what the grade looks at. */
function reportWith(found: readonly Found[], parties: readonly string[], ran = ['n_plus_one']): Report {
  const findings = found.map(({ count, traces, ...finding }) => {
    return {
      ...finding,
      reach: { traces, share: 1 },
      occurrences: [{ count }],
    } as unknown as Report['findings'][number];
  });
  const thirdParty = {
    parties: parties.map(
      (name) => ({ name, class: 'third_party' }) as unknown as Report['thirdParty']['parties'][number],
    ),
  };
  return { findings, thirdParty, dataQuality: { ran } } as unknown as Report;
}

const repeat = (category: string, fingerprint: string, count: number, traces: number = PLANTED.runs): Found => ({
  kind: 'n_plus_one',
  category,
  fingerprint,
  count,
  traces,
});

const ALL = [
  repeat('tool', PLANTED.pageTool, PLANTED.pages),
  repeat('db', 'SELECT sku, quantity FROM order_items WHERE order_id = ?', PLANTED.orders),
];

const okOf = (report: Report) => gradeDemo(report).map(({ ok }) => ok);

describe('the grade of the demo', () => {
  it('is full where everything is found as planted', () => {
    expect(okOf(reportWith(ALL, [PLANTED.slowVendor, PLANTED.modelVendor]))).toEqual([true, true, true]);
  });

  it.each<[string, readonly Found[], readonly string[], readonly boolean[]]>([
    ['nothing is found', [], [], [false, false, false]],
    ['a repeat is missing', [ALL[1]!], [PLANTED.slowVendor], [false, true, true]],
    [
      'another number of calls',
      [repeat('tool', PLANTED.pageTool, 5), ALL[1]!],
      [PLANTED.slowVendor],
      [false, true, true],
    ],
    ['a run was missed', [repeat('tool', PLANTED.pageTool, 6, 19), ALL[1]!], [PLANTED.slowVendor], [false, true, true]],
    [
      'it is called something else',
      ALL.map((one) => ({ ...one, kind: 'redundant_call' })),
      [PLANTED.slowVendor],
      [false, false, true],
    ],
    ['another vendor comes first', ALL, [PLANTED.modelVendor, PLANTED.slowVendor], [true, true, false]],
  ])('is not full where %s', (_why, found, parties, ok) => {
    expect(okOf(reportWith(found, parties))).toEqual(ok);
  });

  it('has the serial tools once there is a rule for them', () => {
    const serial = {
      kind: 'sequential_tools',
      category: 'tool',
      fingerprint: PLANTED.serialTools.join('|'),
      count: 2,
      traces: PLANTED.runs,
    };
    const ran = ['n_plus_one', 'sequential_tools'];
    expect(okOf(reportWith([...ALL, serial], [PLANTED.slowVendor], ran))).toEqual([true, true, true, true]);
    expect(okOf(reportWith(ALL, [PLANTED.slowVendor], ran))).toEqual([true, true, true, false]);
  });
});
