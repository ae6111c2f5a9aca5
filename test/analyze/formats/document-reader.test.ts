import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/analyze/model/errors.ts';
import {
  fixture,
  id,
  jaegerSpan,
  jaegerTrace,
  otlp,
  otlpSpan,
  pretty,
  RESOURCE,
  resourceSpans,
  TRACE,
} from '../../support/documents.ts';
import { outcomeOf, readDocument, spanIds } from '../../support/read-document.ts';

const ids = (...numbers: number[]) => numbers.map(id);
const failure = (document: string | Uint8Array) => (outcomeOf(document) as { error: InputError }).error;

describe('the format', () => {
  it.each<[string, string, string, number[]]>([
    ['an OTLP request', 'otlp-json', otlp(1, 2), [1, 2]],
    ['an array of them', 'otlp-json', `[${otlp(1)},${otlp(2)}]`, [1, 2]],
    ['one a line', 'otlp-json', `${otlp(1)}\n${otlp(2, 3)}\n`, [1, 2, 3]],
    ['one a line, Windows line ends, blank lines', 'otlp-json', `\r\n${otlp(1)}\r\n\r\n${otlp(2)}`, [1, 2]],
    ['one after another', 'otlp-json', `${otlp(1)}${otlp(2)} ${otlp(3)}`, [1, 2, 3]],
    ['one after another, printed prettily', 'otlp-json', `${pretty(otlp(1))}\n${pretty(otlp(2))}`, [1, 2]],
    ["Jaeger's v3 answer", 'otlp-json', `{"result":${otlp(1)}}`, [1]],
    ["Jaeger's v3 answers, streamed", 'otlp-json', `{"result":${otlp(1)}}\n{"result":${otlp(2)}}`, [1, 2]],
    ["Tempo's batches", 'otlp-json', otlp(1).replace('resourceSpans', 'batches'), [1]],
    ["Tempo's v2 answer", 'otlp-json', `{"trace":${otlp(1)}}`, [1]],
    ['a byte order mark and white space', 'otlp-json', `\ufeff \n\t${otlp(1)} \n`, [1]],
    ['empty values first', 'otlp-json', `{}\n[]\n${otlp(1)}`, [1]],
    ['an answer of Jaeger', 'jaeger-json', `{"data":[${jaegerTrace(1)},${jaegerTrace(2)}],"total":0}`, [1, 2]],
    ['one trace as data', 'jaeger-json', `{"data":${jaegerTrace(1)}}`, [1]],
    ['a trace alone', 'jaeger-json', jaegerTrace(1), [1]],
    ['an array of traces', 'jaeger-json', `[${jaegerTrace(1)},${jaegerTrace(2)}]`, [1, 2]],
    ['a trace a line', 'jaeger-json', `${jaegerTrace(1)}\n${jaegerTrace(2)}`, [1, 2]],
    ['members of any name before', 'jaeger-json', `{"_comment":"${'x'.repeat(5000)}",${jaegerTrace(1).slice(1)}`, [1]],
  ])('is told for %s', (_what, format, document, expected) => {
    const read = readDocument(document);
    expect(read.summary).toEqual({
      format,
      bytes: Buffer.byteLength(document),
      spans: expected.length,
      skipped: [],
      cut: false,
    });
    expect(spanIds(read)).toEqual(ids(...expected));
    for (const { resource } of read.spans) expect(resource.attributes?.[0]?.value).toEqual({ stringValue: 'svc' });
  });

  it.each<[string, number]>([
    ['formats/otlp-trace.json', 1],
    ['formats/crisp-10.json', 4],
    ['formats/otlp-protobuf/0.bin', 1],
    ['formats/otlp-protobuf/1.bin', 6],
    ['formats/otlp-protobuf/2.bin', 10],
    ['formats/jaeger-otlp-pairs/oltp2jaeger-multi-out.json', 4],
  ])('is told for %s', (path, spans) => {
    expect(readDocument(fixture(path)).summary).toMatchObject({ spans, skipped: [], cut: false });
  });
});

describe('a document that cannot be read', () => {
  it.each<[string, string | Uint8Array, string, RegExp]>([
    ['nothing', '', 'TA1310', /^the document is empty$/],
    ['white space', ' \n\t ', 'TA1310', /empty/],
    ['a login page', '<!DOCTYPE html>\n<html><body>Sign in</body></html>', 'TA1311', /an HTML page/],
    ['XML', '<?xml version="1.0"?><a/>', 'TA1311', /XML/],
    ['a table', 'trace,span,name\n1,2,x\n', 'TA1311', /a table \(CSV\)/],
    ['prose', 'Hello, this is no trace.', 'TA1311', /text/],
    ['binary junk', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0]), 'TA1311', /binary data/],
    ['a packet capture', Buffer.from([0x0a, 0x0d, 0x0d, 0x0a, 0x1c, 0, 0, 0, 0x4d, 0x3c]), 'TA1311', /binary data/],
    ['other JSON', '{"name":"package","version":"1.0.0"}', 'TA1311', /other JSON/],
    ['a JSON number', '12', 'TA1311', /text/],
    ['nesting 200,000 deep', '['.repeat(200_000), 'TA1311', /nested deeper than any trace/],
    ['UTF-16', Buffer.from(`\ufeff${otlp(1)}`, 'utf16le'), 'TA1312', /UTF-16/],
    ['UTF-16 without a mark', Buffer.from(otlp(1), 'utf16le'), 'TA1312', /UTF-16/],
    ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0, 0, 0]), 'TA1312', /zstd/],
    ['Zipkin v2', fixture('formats/zipkin-envoy.json'), 'TA1312', /Zipkin v2 JSON, which cannot be read yet/],
    ['Langfuse', '{"trace":{"id":"x"},"observations":[],"scores":[]}', 'TA1312', /a Langfuse export/],
    [
      'Langfuse observations',
      '{"data":[{"id":"a","traceId":"t","type":"SPAN","startTime":"2025"}]}',
      'TA1312',
      /Langfuse/,
    ],
    ['LangSmith', '[{"id":"a","trace_id":"t","run_type":"llm","dotted_order":"x"}]', 'TA1312', /LangSmith/],
    [
      'Jaeger protobuf JSON',
      '{"traceId":"AAAAAAAAAAAY0MGPz50I5Q==","spanId":"GNDBj8+dCOU=","operationName":"GET /","duration":"0.000225s"}\n',
      'TA1312',
      /Jaeger protobuf JSON/,
    ],
    [
      'the console exporter',
      '{"name":"a","context":{"trace_id":"0x20","span_id":"0x2f"},"kind":"SpanKind.INTERNAL"}\n{"name":"b"}',
      'TA1312',
      /an OpenTelemetry SDK prints/,
    ],
    ['SDK spans in a list', '{"spans":[{"name":"a","context":{"trace_id":1,"span_id":2}}]}', 'TA1312', /SDK prints/],
    ['flat spans', '[{"trace_id":"a","span_id":"b","name":"c","attributes":{}}]', 'TA1312', /flat spans/],
    ['OpenAI Agents', '{"traces":[{"object":"trace","id":"trace_1","spans":[]}]}', 'TA1312', /OpenAI Agents SDK/],
    ['a Chrome trace', '{"traceEvents":[{"ph":"X","ts":1}]}', 'TA1312', /Chrome trace/],
    ['OTLP logs', fixture('formats/otlp-logs.json'), 'TA1314', /OTLP JSON without any spans/],
    ['no spans', '{"resourceSpans":[]}', 'TA1314', /OTLP JSON without any spans/],
    ['no traces', '{"data":[],"total":0,"limit":0,"errors":null}', 'TA1314', /Jaeger JSON without any spans/],
    ['a first span cut short', otlp(1).slice(0, 150), 'TA1313', /OTLP JSON and is cut off or broken before/],
    ['its only span broken', otlp(1).replace('"spanId":', '"spanId"'), 'TA1313', /holds no span that can be read/],
  ])('is refused: %s', (_what, document, code, message) => {
    const error = failure(document);
    expect(error).toBeInstanceOf(InputError);
    expect({ code: error.code, message: error.message }).toEqual({ code, message: expect.stringMatching(message) });
    if (code !== 'TA1314' && code !== 'TA1313') expect(error.fix).toMatch(/./);
  });

  it('is refused with why it holds no spans', () => {
    expect(failure(fixture('formats/otlp-metrics.json')).why).toBe('it holds metrics, not traces');
    const answer = '{"data":null,"total":0,"limit":0,"offset":0,"errors":[{"code":404,"msg":"trace not found"}]}';
    expect(failure(answer).why).toBe('Jaeger says: trace not found');
  });

  it('is refused with its beginning in a form that is safe to print', () => {
    expect(failure('\u001b[31m\u202eevil').why).toBe('it begins with "\\u001b[31m\\u00e2\\u0080\\u00aeevil"');
  });

  it('is known to be hopeless before it ends', async () => {
    const { createDocumentReader } = await import('../../../src/analyze/formats/index.ts');
    const { recordingSink } = await import('../../support/jaeger-sink.ts');
    const reader = createDocumentReader(recordingSink());
    expect(reader.isSettled).toBe(false);
    reader.write(Buffer.alloc(2000));
    expect(reader.isSettled).toBe(true);
    expect(() => reader.end()).toThrow(InputError);
  });
});

describe('one bad record', () => {
  it('costs one record, and is told with its place', () => {
    const bad = otlpSpan(2).replace('"name":', '"name"');
    const document = `{"resourceSpans":[${resourceSpans(otlpSpan(1), bad, otlpSpan(3))}]}`;
    const read = readDocument(document);
    expect(spanIds(read)).toEqual(ids(1, 3));
    const byte = Buffer.byteLength(document.slice(0, document.indexOf(bad)));
    expect(read.summary.skipped).toEqual([{ byte, reason: 'a span is not valid JSON', count: 1 }]);
  });

  it('costs one record in every format and kind of damage', () => {
    const spans = (middle: string) => `{"resourceSpans":[${resourceSpans(otlpSpan(1), middle, otlpSpan(3))}]}`;
    const reasons: [string, string][] = [
      ['7', 'a span is not an object'],
      ['null', 'a span is not an object'],
      ['{"spanId":"a"}', 'a span has no traceId'],
      [`{"traceId":"${TRACE}"}`, 'a span has no spanId'],
      [otlpSpan(2).replace('"1700000000000000001"', '"soon"'), 'a span has an unreadable startTimeUnixNano'],
      [otlpSpan(2, `,"x":"${'\n'}"`), 'a span is not valid JSON'],
    ];
    for (const [middle, reason] of reasons) {
      const read = readDocument(spans(middle));
      expect(spanIds(read)).toEqual(ids(1, 3));
      expect(read.summary).toMatchObject({ cut: false, skipped: [{ reason, count: 1 }] });
    }
    const jaeger = jaegerTrace(1, 2, 3).replace('"duration":2', '"duration":"long"');
    expect(readDocument(jaeger).summary).toMatchObject({
      spans: 2,
      skipped: [{ reason: 'a span has an unreadable duration', count: 1 }],
    });
  });

  it('is counted with its equals', () => {
    const bad = '{"spanId":"a"}';
    const { summary } = readDocument(`{"resourceSpans":[${resourceSpans(otlpSpan(1), bad, bad, bad, '1')}]}`);
    expect(summary.skipped.map(({ reason, count }) => [reason, count])).toEqual([
      ['a span has no traceId', 3],
      ['a span is not an object', 1],
    ]);
  });

  it('is passed over when it is nested too deeply, without overflow', () => {
    const deep = (levels: number) =>
      `,"attributes":[{"key":"k","value":${'{"arrayValue":{"values":['.repeat(levels)}{}${']}}'.repeat(levels)}}]`;
    const document = `{"resourceSpans":[${resourceSpans(otlpSpan(1, deep(200_000)), otlpSpan(2, deep(300)))}]}`;
    const read = readDocument(document);
    expect(spanIds(read)).toEqual(ids(2));
    expect(read.summary.skipped).toMatchObject([{ reason: 'a span is nested more than 1024 levels deep', count: 1 }]);
  });

  it('is passed over when it is larger than 64 MiB, in one piece or many', () => {
    const huge = otlpSpan(1, `,"traceState":"${'x'.repeat(64 * 1024 * 1024)}"`);
    const document = Buffer.from(`{"resourceSpans":[${resourceSpans(huge, otlpSpan(2))}]}`);
    for (const pieceBytes of [document.length, 1 << 20]) {
      const read = readDocument(document, pieceBytes);
      expect(spanIds(read)).toEqual(ids(2));
      expect(read.summary.skipped).toMatchObject([{ reason: 'a span is larger than 64 MiB', count: 1 }]);
    }
  });

  it('does not fill the memory with reasons', () => {
    const bad = Array.from({ length: 5000 }, (_, n) => (n % 2 === 0 ? '1' : '{}'));
    const { summary } = readDocument(`{"resourceSpans":[${resourceSpans(otlpSpan(1), ...bad)}]}`);
    expect(summary.skipped).toHaveLength(1000);
    expect(summary.skipped.reduce((sum, { count }) => sum + count, 0)).toBe(5000);
  });
});

describe('a document with accidents', () => {
  it('that ends in the middle keeps what came before', () => {
    const document = `{"resourceSpans":[${resourceSpans(otlpSpan(1), otlpSpan(2))}]}`;
    const read = readDocument(document.slice(0, document.lastIndexOf('"endTime')));
    expect(spanIds(read)).toEqual(ids(1));
    expect(read.summary).toMatchObject({ cut: true, skipped: [{ reason: 'the document ends in the middle' }] });
  });

  it('loses a line that a crash cut short, and not the next one', () => {
    const torn = otlp(2, 3);
    for (const end of [20, 60, 130, 170, 300, torn.length - 3]) {
      const read = readDocument(`${otlp(1)}\n${torn.slice(0, end)}\n${otlp(4)}\n`);
      expect(spanIds(read).filter((each) => each !== id(2) && each !== id(3))).toEqual(ids(1, 4));
      expect(read.summary).toMatchObject({ cut: false, skipped: [{ line: 2, count: 1 }] });
    }
  });

  it('loses a first line that is cut short, and not the next one', () => {
    const torn = otlp(2, 3);
    for (const end of [20, 60, 130, 170, 300, torn.length - 3]) {
      const read = readDocument(`${torn.slice(0, end)}\n${otlp(4)}\n${otlp(5)}`);
      expect(spanIds(read).filter((each) => each !== id(2) && each !== id(3))).toEqual(ids(4, 5));
      expect(read.summary).toMatchObject({ cut: false, skipped: [{ line: 1, count: 1 }] });
    }
  });

  it('loses a line that is no JSON', () => {
    const read = readDocument(`${otlp(1)}\nerror: connection lost\n${otlp(2)}\n{"resourceSpans" 1}\n${otlp(3)}`);
    expect(spanIds(read)).toEqual(ids(1, 2, 3));
    expect(read.summary.skipped).toMatchObject([{ line: 2, reason: 'not JSON from here on', count: 2 }]);
  });

  it('takes a value over several lines among lines', () => {
    expect(spanIds(readDocument(`${otlp(1)}\n${pretty(otlp(2))}\n${otlp(3)}`))).toEqual(ids(1, 2, 3));
  });

  it('does not take hand-made line breaks for lines', () => {
    const spread = `{"data":[\n${jaegerTrace(1)},\n${jaegerTrace(2)}\n]}`;
    expect(readDocument(spread).summary).toMatchObject({ spans: 2, skipped: [] });
    const flush = pretty(otlp(1, 2)).replace(/^ +/gm, '');
    expect(readDocument(flush).summary).toMatchObject({ spans: 2, skipped: [] });
  });

  it('that goes wrong outside of its records keeps what came before', () => {
    const read = readDocument(`{"data":[${jaegerTrace(1)} ${jaegerTrace(2)}]}`);
    expect(spanIds(read)).toEqual(ids(1));
    expect(read.summary).toMatchObject({ cut: true, skipped: [{ reason: 'not JSON from here on' }] });
  });

  it('replaces bytes that are no UTF-8', () => {
    const bytes = Buffer.from(otlp(1));
    bytes[bytes.indexOf('gr')] = 0xff;
    expect(readDocument(bytes).spans[0]?.span.name).toBe('\ufffdröße 🙂 "1" ]}');
  });
});

describe('the order of members', () => {
  it('does not matter in OTLP: resources and scopes after their spans', () => {
    const spans = `"spans":[${otlpSpan(1)}],"scope":{"name":"late"}`;
    const document = `{"resourceSpans":[{"scopeSpans":[{${spans}}],"resource":${RESOURCE}}]}`;
    const [read] = readDocument(document).spans;
    expect([read?.resource.attributes?.[0]?.value, read?.scope]).toEqual([{ stringValue: 'svc' }, { name: 'late' }]);
  });

  it('does not matter in Jaeger JSON: processes before or after, ids last', () => {
    const processes = '"processes":{"p1":{"serviceName":"one"},"p2":{"serviceName":"two"}}';
    const spans = `"spans":[${jaegerSpan(1)},${jaegerSpan(2).replace('p1', 'p2')}]`;
    const services = (document: string) =>
      readDocument(document).spans.map(({ resource }) => resource.attributes?.[0]?.value?.stringValue);
    expect(services(`{${processes},${spans},"traceID":"${TRACE}"}`)).toEqual(['one', 'two']);
    expect(services(`{${spans},"traceID":"${TRACE}",${processes}}`)).toEqual(['one', 'two']);
  });

  it('keeps the processes of two traces apart', () => {
    const other = jaegerTrace(2).replace('"svc"', '"other"');
    const { spans } = readDocument(`[${jaegerTrace(1)},${other}]`);
    expect(spans.map(({ resource }) => resource.attributes?.[0]?.value?.stringValue)).toEqual(['svc', 'other']);
  });
});
