import { it } from 'vitest';
import { explainText } from '../../../src/analyze/reporters/index.ts';
import { markdownReport } from '../../../src/analyze/reporters/md.ts';
import { textReport } from '../../../src/analyze/reporters/text.ts';
import { everythingRun } from '../aggregate/fake-runs.ts';
import { manyRunsReport, oneRunReport, sampleReport } from './sample-reports.ts';

it('x', () => {
  for (const width of [40, 80, 120]) console.log(textReport(manyRunsReport(), { color: false, width, ascii: false }));
  console.log(textReport(oneRunReport(), { color: false, width: 80, ascii: true }));
  console.log(textReport(oneRunReport(), { color: true, width: 80, ascii: false }).replaceAll('\u001b', '^'));
  console.log(markdownReport(manyRunsReport()));
  const e = sampleReport([everythingRun('e')], {
    partialReasons: ['limit'],
    skipped: [{ source: 'x.json', line: 3, reason: 'no id', count: 2 }],
  });
  console.log(explainText(e, { color: false, width: 80, ascii: false }));
  console.log(explainText(e, { color: false, width: 50, ascii: true }));
  console.log(textReport(e, { color: false, width: 80, ascii: false }));
});
