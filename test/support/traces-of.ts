import { createDocumentReader } from '../../src/analyze/formats/index.ts';
import { tableSink } from '../../src/analyze/formats/table-sink.ts';
import { rowsByTrace } from '../../src/analyze/model/span-table.ts';
import { createTableBuilder } from '../../src/analyze/model/table-builder.ts';
import { buildTrace, type Trace } from '../../src/analyze/model/trace.ts';
import { ATTRIBUTE_PLAN } from '../../src/analyze/semantics/attribute-plan.ts';

/** The traces of a document of any known format, read as the product reads it. */
export function tracesOf(document: Uint8Array): Trace[] {
  const builder = createTableBuilder(ATTRIBUTE_PLAN);
  builder.openSource({ name: 'document' });
  const reader = createDocumentReader(tableSink(builder));
  reader.write(document);
  reader.end();
  const table = builder.finish();
  const { offset, rows } = rowsByTrace(table);
  return table.traceIds.map((_, t) => buildTrace(table, t, rows.subarray(offset[t], offset[t + 1])));
}
