import { describe, expect, it } from 'vitest';
import { reporters } from '../../../src/analyze/reporters/index.ts';
import { agentRun } from '../aggregate/fake-runs.ts';
import { oneRunReport, sampleReport } from './sample-reports.ts';

const plain = (report: Parameters<typeof reporters.text>[0]): string =>
  [...reporters.text(report, { color: true, width: 80, ascii: false, plain: true })].join('');

describe('plain text', () => {
  it('is a record a line, its fields parted by tabs, empty where unknown', () => {
    const url = 'http://ui/trace/000000000000000000000000000000a1?uiFind=s0%20r';
    expect(plain(oneRunReport())).toBe(
      [
        'entry_point\tagent\tanswer\t1\t0\t0\t8200000000\t\t\t',
        `party\tapi.openai.com\tthird_party\t2\t0\t5200000000\t${5200e6 / 8200e6}\t\t\t`,
        `operation\tagent\tchat gpt\tllm\t5200000000\t${5200e6 / 8200e6}\t2\t\t\t`,
        `operation\tagent\tweb_search\ttool\t2700000000\t${2700e6 / 8200e6}\t9\t300000000\t\t`,
        `operation\tagent\tanswer\tagent\t300000000\t${300e6 / 8200e6}\t1\t\t\t`,
        'finding\t0123456789ab\tn_plus_one\tcritical\thigh\t2400000000\t1600000000\t2400000000\t1\t' +
          `web_search called 9× in a row (N+1)\t${url}`,
        '',
      ].join('\n'),
    );
  });

  it('has as many fields and lines whatever a trace is called', () => {
    const run = agentRun('a');
    const spans = run.spans.map((span) => ({ ...span, name: `${span.name}\t\n` }));
    const shape = (text: string): number[] => text.split('\n').map((line) => line.split('\t').length);
    expect(shape(plain(sampleReport([{ ...run, spans }])))).toEqual(shape(plain(oneRunReport())));
  });
});
