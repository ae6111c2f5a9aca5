import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonChunks, stringify } from '../../../src/analyze/reporters/json.ts';
import { manyRunsReport, oneRunReport } from './sample-reports.ts';

const text = (report: Parameters<typeof jsonChunks>[0]): string => [...jsonChunks(report)].join('');

describe('the JSON report', () => {
  it('is the report, less what only the texts need', () => {
    const { overview, ...report } = manyRunsReport();
    expect(overview).toBeDefined();
    expect(JSON.parse(text({ ...report, overview } as typeof report))).toEqual(report);
  });

  it('is a line for each member and for each item of a list, and ends with one', () => {
    const lines = text(oneRunReport()).split('\n');
    expect(lines.slice(0, 7)).toEqual([
      '{',
      '"schemaVersion":"1.0",',
      '"tool":{"name":"trace-analyze","version":"0.1.0"},',
      '"partial":false,',
      '"partialReasons":[],',
      '"input":{"sources":[],"skipped":[],"traces":1,"spans":12,"firstUnixNano":"1795183200000000000","lastUnixNano":"1795183208200000000"},',
      '"entryPoints":[',
    ]);
    expect(lines.slice(-3)).toEqual(['"failures":[]', '}', '']);
  });

  it('writes integers with all their digits', () => {
    expect(stringify({ a: 9_007_199_254_740_993n, b: [2n ** 70n], c: undefined })).toBe(
      '{"a":9007199254740993,"b":[1180591620717411303424]}',
    );
  });

  it('writes every other value as JSON.stringify does', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(stringify(value)).toBe(JSON.stringify(value));
      }),
    );
  });
});
