import { it } from 'vitest';
import { mergeAll, partialOf, reportOf } from '../../../src/analyze/aggregate/index.ts';
import { explainText } from '../../../src/analyze/reporters/index.ts';
import { jsonChunks } from '../../../src/analyze/reporters/json.ts';
import { markdownReport } from '../../../src/analyze/reporters/md.ts';
import { textReport } from '../../../src/analyze/reporters/text.ts';
import { fakeFacts } from '../aggregate/fake-facts.ts';
import { agentRun } from '../aggregate/fake-runs.ts';

const ctx = { toolVersion: '0.1.0', sources: [], skipped: [], partialReasons: [], uiBase: 'http://localhost:16686/' };
it('x', () => {
  const one = reportOf(partialOf(fakeFacts(agentRun('abc1'))), ctx);
  const opt = { color: false, width: 100, ascii: false };
  console.log(textReport(one, opt));
  console.log(explainText(one, opt));
  console.log(textReport(one, { ...opt, width: 40, ascii: true }));
  console.log(markdownReport(one));
  const many = reportOf(
    mergeAll(
      Array.from({ length: 40 }, (_, i) =>
        partialOf(fakeFacts(agentRun(`abc${i}`, { extraMs: i > 37 ? 5000 : i, offsetSeconds: i * 10 }))),
      ),
    ),
    { ...ctx, partialReasons: ['limit'] },
  );
  console.log(textReport(many, { ...opt, color: true }));
  console.log(textReport(many, { ...opt, width: 80 }));
  console.log(markdownReport(many));
  console.log([...jsonChunks(one)].join('').slice(0, 1500));
});
