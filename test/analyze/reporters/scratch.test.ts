import { readFileSync } from 'node:fs';
import { it } from 'vitest';
import { reportOf } from '../../../src/analyze/aggregate/index.ts';
import { analyzeTable, ATTRIBUTE_PLAN, createDocumentReader, createTableBuilder, tableSink } from '../../../src/analyze/index.ts';
import { textReport } from '../../../src/analyze/reporters/text.ts';
import { markdownReport } from '../../../src/analyze/reporters/md.ts';
import { explainText } from '../../../src/analyze/reporters/index.ts';
import { jsonChunks } from '../../../src/analyze/reporters/json.ts';
import { schemaErrors } from '../report/report-schema.ts';

it('x', () => {
  for (const file of (process.env.FILES ?? '').split(',')) {
    const builder = createTableBuilder(ATTRIBUTE_PLAN);
    builder.openSource({ name: file });
    const reader = createDocumentReader(tableSink(builder));
    try {
    reader.write(readFileSync(file));
    reader.end(); } catch (e) { console.log(file, String(e)); continue; }
    const report = reportOf(analyzeTable(builder.finish()), { toolVersion: '0.1.0', sources: [], skipped: [], partialReasons: [], uiBase: 'http://localhost:16686' });
    const opt = { color: false, width: 110, ascii: false };
    console.log(file + '\n' + textReport(report, opt));
    if (process.env.EXPLAIN) console.log(explainText(report, opt));
    if (process.env.MD) console.log(markdownReport(report));
    console.log(JSON.stringify(schemaErrors(JSON.parse([...jsonChunks(report)].join('')))).slice(0,500), report.thirdParty.criticalPathShare);
  }
});
