import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDocumentReader } from '../../../src/analyze/formats/index.ts';
import { tableSink } from '../../../src/analyze/formats/table-sink.ts';
import { attributeOf, type SpanTable } from '../../../src/analyze/model/span-table.ts';
import { createTableBuilder } from '../../../src/analyze/model/table-builder.ts';
import { RECORDED_VERSIONS } from '../../support/replay-server.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures');
const json = (path: string) => JSON.parse(readFileSync(join(FIXTURES, path), 'utf8'));

const KEYS = [
  'arr',
  'bool',
  'bytes',
  'dbl',
  'empty',
  'int',
  'map',
  'exception.type',
  'exception.message',
  'net.peer.ip',
  'peer.service',
];

function tableOf(...documents: unknown[]): SpanTable {
  const builder = createTableBuilder(new Map(KEYS.map((key) => [key, 'text'])));
  for (const document of documents) {
    builder.openSource({ name: 'x' });
    const reader = createDocumentReader(tableSink(builder));
    reader.write(Buffer.from(JSON.stringify(document)));
    reader.end();
  }
  return builder.finish();
}

/** All that a table knows of each row but its times, as text. */
function rowsOf(table: SpanTable): string[] {
  return Array.from({ length: table.size }, (_, row) => {
    const references = [];
    for (let r = table.refOffset[row]!; r < table.refOffset[row + 1]!; r++) {
      references.push([table.refKind[r], table.ids.print(table.refSpan[r]!)]);
    }
    return JSON.stringify([
      table.ids.print(table.spanId[row]!),
      table.strings.text(table.name[row]!),
      table.kind[row],
      table.status[row],
      table.resources[table.resource[row]!],
      table.scopes[table.scope[row]!],
      references,
      KEYS.map((key) => attributeOf(table, row, key)),
    ]);
  }).sort();
}

describe('the same trace in both formats', () => {
  const PAIRS = [
    ['otlp2jaeger-in.json', 'otlp2jaeger-out.json', 1],
    ['otlp2jaeger-multi-in-combined.json', 'oltp2jaeger-multi-out.json', 4],
  ] as const;

  it.each(PAIRS)('gives the same spans: %s', (otlp, jaeger) => {
    const [a, b] = [otlp, jaeger].map((name) => tableOf(json(`formats/jaeger-otlp-pairs/${name}`))) as [
      SpanTable,
      SpanTable,
    ];
    // That Jaeger wrote span.kind for internal spans, and merged the scopes of all spans into one.
    const withoutScope = (rows: string[]) => rows.map((row) => JSON.parse(row)).map((row) => row.toSpliced(5, 1));
    expect(withoutScope(rowsOf(b))).toEqual(withoutScope(rowsOf(a)));
    expect(a.traceIds).toEqual(b.traceIds);
  });

  it.each(RECORDED_VERSIONS)('gives the same spans by v1 and v3 of Jaeger %s, v1 cut to microseconds', (version) => {
    const [v1, v3] = ['v1-trace-raw', 'v3-trace-raw'].map((name) => json(`jaeger/${version}/${name}.json`).json);
    const [one, three] = [tableOf(v1), tableOf(v3)];
    expect(rowsOf(one)).toHaveLength(4);
    expect(rowsOf(one)).toEqual(rowsOf(three));
    const times = (table: SpanTable) =>
      Array.from(table.start, (start, row) => [start, table.duration[row]!]).sort((a, b) => a[0]! - b[0]!);
    const cut = (ns: number) => ns - (ns % 1000);
    expect(times(three).map(([start, duration]) => [cut(start!), cut(duration!)])).toEqual(times(one));
    expect(times(three)[0]).toEqual([0, 50_000_123]);
  });
});
