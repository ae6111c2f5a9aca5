import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Attributes, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTraces } from '../../../src/analyze/formats/otlp-proto.ts';
import { InputError } from '../../../src/analyze/model/errors.ts';
import { outcomeOf, readDocument } from '../../support/read-document.ts';

const fixture = (name: string) => readFileSync(join(import.meta.dirname, '../../fixtures/formats/otlp-protobuf', name));

const varint = (value: number | bigint): number[] => {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
};
const bytesField = (number: number, body: Iterable<number>): number[] => {
  const content = [...body];
  return [...varint((number << 3) | 2), ...varint(content.length), ...content];
};
const text = (number: number, value: string) => bytesField(number, Buffer.from(value));
const numberField = (number: number, value: number | bigint) => [...varint(number << 3), ...varint(value)];
const fixed64 = (number: number, value: bigint) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return [...varint((number << 3) | 1), ...bytes];
};

const TRACE_ID = [0x5b, 0x8e, 0xff, 0xf7, 0x98, 3, 0x81, 3, 0xd2, 0x69, 0xb6, 0x33, 0x81, 0x3f, 0xc6, 0x0c];
const SPAN_ID = [0xee, 0xe1, 0x9b, 0x7e, 0xc3, 0xc1, 0xb1, 0x74];
const IDS = { traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174' };
const spanBytes = (...more: number[][]) => [...bytesField(1, TRACE_ID), ...bytesField(2, SPAN_ID), ...more.flat()];
const request = (...spans: number[][]) =>
  Buffer.from(
    bytesField(
      1,
      bytesField(
        2,
        spans.flatMap((span) => bytesField(2, span)),
      ),
    ),
  );
const spansOf = (bytes: Uint8Array) => decodeTraces(bytes).resourceSpans?.[0]?.scopeSpans?.[0]?.spans;
const anyValue = (any: number[]) =>
  spansOf(request(spanBytes(bytesField(9, [...text(1, 'k'), ...bytesField(2, any)]))))?.[0]?.attributes?.[0]?.value;

describe('decodeTraces', () => {
  it('decodes what the OpenTelemetry serializer writes, as its JSON serializer does', () => {
    const exporter = new InMemorySpanExporter();
    const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    const tracer = provider.getTracer('größe', '1.0');
    const parent = tracer.startSpan('parent', { kind: SpanKind.SERVER, startTime: [1_700_000_000, 1] });
    const attributes: Attributes = {
      s: 'ü🙂',
      yes: true,
      no: false,
      i: -42,
      big: 2 ** 40,
      f: 0.1,
      list: ['a', 'b'],
      mixed: [1, 2.5],
    };
    const options = {
      kind: SpanKind.CLIENT,
      startTime: [1_700_000_000, 999_999_999] as [number, number],
      attributes,
      links: [{ context: parent.spanContext(), attributes: { l: 1 } }],
    };
    const child = tracer.startSpan('child', options, trace.setSpan(ROOT_CONTEXT, parent));
    child.addEvent('exception', { 'exception.type': 'E' }, [1_700_000_001, 7]);
    child.setStatus({ code: SpanStatusCode.ERROR, message: 'no' });
    child.end([1_700_000_002, 3]);
    parent.end([1_700_000_003, 0]);
    const spans = exporter.getFinishedSpans();
    const fromJson = readDocument(JsonTraceSerializer.serializeRequest(spans)!);
    const fromProto = readDocument(ProtobufTraceSerializer.serializeRequest(spans)!);
    expect(fromProto.summary).toMatchObject({ format: 'otlp-proto', spans: 2, skipped: [], cut: false });
    expect(plain(fromProto.spans)).toEqual(plain(fromJson.spans));
    expect(fromProto.spans[0]?.span).toMatchObject({
      startTimeUnixNano: '1700000000999999999',
      kind: 3,
      status: { code: 2, message: 'no' },
    });
  });

  it('keeps every bit of 64-bit numbers', () => {
    expect(anyValue(numberField(3, -(2n ** 63n)))).toEqual({ intValue: '-9223372036854775808' });
    expect(anyValue(numberField(3, 2n ** 63n - 1n))).toEqual({ intValue: '9223372036854775807' });
    expect(anyValue(numberField(3, -1))).toEqual({ intValue: '-1' });
    const times = spanBytes(fixed64(7, 2n ** 64n - 1n), fixed64(8, 1_700_000_000_000_000_001n));
    expect(spansOf(request(times))).toEqual([
      { ...IDS, startTimeUnixNano: '18446744073709551615', endTimeUnixNano: '1700000000000000001' },
    ]);
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        expect(anyValue(numberField(3, value))).toEqual({ intValue: String(value) });
      }),
    );
  });

  it('decodes every kind of value', () => {
    const double = (value: number) => {
      const bytes = Buffer.alloc(8);
      bytes.writeDoubleLE(value);
      return [...varint((4 << 3) | 1), ...bytes];
    };
    expect(anyValue(text(1, 'x'))).toEqual({ stringValue: 'x' });
    expect(anyValue(numberField(2, 1))).toEqual({ boolValue: true });
    expect(anyValue(numberField(2, 0))).toEqual({ boolValue: false });
    expect(anyValue(double(0.1))).toEqual({ doubleValue: 0.1 });
    expect(anyValue(double(Number.NaN))).toEqual({ doubleValue: 'NaN' });
    expect(anyValue(double(Number.NEGATIVE_INFINITY))).toEqual({ doubleValue: '-Infinity' });
    expect(anyValue(bytesField(7, [0, 1, 2]))).toEqual({ bytesValue: 'AAEC' });
    expect(anyValue([])).toEqual({});
    expect(anyValue(bytesField(5, bytesField(1, numberField(3, 1))))).toEqual({
      arrayValue: { values: [{ intValue: '1' }] },
    });
    const pair = [...text(1, 'a'), ...bytesField(2, text(1, 'b'))];
    expect(anyValue(bytesField(6, bytesField(1, pair)))).toEqual({
      kvlistValue: { values: [{ key: 'a', value: { stringValue: 'b' } }] },
    });
    expect(anyValue([...text(1, 'first'), ...numberField(3, 2)])).toEqual({ intValue: '2' });
  });

  it('takes fields in any order and skips those it does not know', () => {
    const span = [
      ...text(5, 'name'),
      ...numberField(99, 5),
      ...fixed64(98, 1n),
      ...bytesField(97, [1, 2, 3]),
      ...[...varint((96 << 3) | 5), 1, 2, 3, 4],
      ...numberField(5, 7),
      ...spanBytes(),
    ];
    expect(spansOf(request(span))).toEqual([{ name: 'name', ...IDS }]);
    expect(decodeTraces(new Uint8Array())).toEqual({});
  });

  it.each<[string, number[], RegExp]>([
    ['a length over the end', [0x0a, 0x7f, 1], /^a field reaches over the end at byte 1$/],
    ['a length beyond 32 bits', [0x0a, ...varint(2n ** 40n)], /^a length is too large at byte 1$/],
    ['a number without end', [0x08, ...Array.from({ length: 11 }, () => 0xff)], /^a number is too long at byte 1$/],
    ['a number cut off', [0x08, 0x80], /^a number is cut off at byte 1$/],
    ['eight bytes cut off', [0x09, 1, 2], /^a field reaches over the end at byte 1$/],
    ['a group', [0x0b], /^a field of unknown kind at byte 1$/],
    ['field number 0', [0x02, 0], /^a field has no number at byte 0$/],
    ['a field over the end of the message around it', [0x0a, 2, 0x0a, 5, 1, 2, 3, 4, 5], /over the end at byte 3$/],
  ])('names the byte of %s', (_what, bytes, message) => {
    expect(() => decodeTraces(Uint8Array.from(bytes))).toThrow(message);
  });

  it('refuses values nested beyond what protobuf allows, without overflow', () => {
    const nest = (levels: number) => {
      let value: number[] = text(1, 'x');
      for (let level = 0; level < levels; level++) value = bytesField(5, bytesField(1, value));
      return value;
    };
    expect(() => anyValue(nest(40))).not.toThrow();
    expect(() => anyValue(nest(60))).toThrow(/nested more than 100 levels deep/);
    expect(
      readDocument(request(spanBytes(), spanBytes(bytesField(9, bytesField(2, nest(2000)))))).summary.skipped,
    ).toMatchObject([{ reason: expect.stringMatching(/^a span is not valid protobuf: messages are nested/) }]);
  });

  it('either decodes or throws an error, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeTraces(bytes);
        } catch (error) {
          expect(error).toMatchObject({ name: 'ProtoError', message: expect.stringMatching(/ at byte \d+$/) });
        }
      }),
      { numRuns: 2000 },
    );
  });
});

/** Without what only one of the two encodings writes: zeros and empty lists. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, part) => {
      if (/^dropped|^flags$/.test(key) || part === '' || (Array.isArray(part) && part.length === 0)) return undefined;
      if (key === 'intValue') return String(part);
      if (key === 'status' && !part.code) return undefined;
      return part;
    }),
  );
}

describe('an OTLP protobuf document', () => {
  it('costs one span for one that is broken', () => {
    const document = request(spanBytes(text(5, 'a')), spanBytes([0x2a, 0x7f]), spanBytes(text(5, 'c')));
    const { spans, summary } = readDocument(document);
    expect(spans.map(({ span }) => span.name)).toEqual(['a', 'c']);
    expect(summary).toMatchObject({
      cut: false,
      skipped: [
        {
          byte: 4 + 2 + spanBytes(text(5, 'a')).length,
          reason: 'a span is not valid protobuf: a field reaches over the end',
          count: 1,
        },
      ],
    });
  });

  it('costs one span for one without ids', () => {
    const { summary } = readDocument(request(spanBytes(), text(5, 'nameless'), bytesField(1, TRACE_ID)));
    expect(summary.skipped.map(({ reason }) => reason)).toEqual(['a span has no traceId', 'a span has no spanId']);
  });

  it('puts resources and scopes to their spans, wherever they stand', () => {
    const resource = (name: string) =>
      bytesField(1, bytesField(1, [...text(1, 'service.name'), ...bytesField(2, text(1, name))]));
    const scopeSpans = (name: string) =>
      bytesField(2, [...bytesField(2, spanBytes()), ...bytesField(1, text(1, name))]);
    const document = Buffer.from([
      ...bytesField(1, [...scopeSpans('x'), ...resource('a'), ...scopeSpans('y')]),
      ...bytesField(1, [...resource('b'), ...scopeSpans('z')]),
    ]);
    const got = readDocument(document, 1).spans.map(({ resource: r, scope }) => [
      r.attributes?.[0]?.value?.stringValue,
      scope.name,
    ]);
    expect(got).toEqual([
      ['a', 'x'],
      ['a', 'y'],
      ['b', 'z'],
    ]);
  });

  it('keeps what came before a cut', () => {
    const whole = fixture('2.bin');
    const all = readDocument(whole).spans.map(({ span }) => span);
    let most = 0;
    for (let end = 0; end < whole.length; end += 13) {
      const read = outcomeOf(whole.subarray(0, end));
      if ('error' in read) {
        expect(read.error).toBeInstanceOf(InputError);
        continue;
      }
      most = read.spans.length;
      expect(read.spans.map(({ span }) => span)).toEqual(all.slice(0, most));
      if (!read.summary.cut) expect(decodeTraces(whole.subarray(0, end)).resourceSpans).toBeDefined();
    }
    expect(most).toBeGreaterThanOrEqual(9);
  });

  it('is not taken for JSON that begins with a line break and a brace', () => {
    // A resource of 0x22 bytes in ResourceSpans of 0x7b bytes: the document begins with \n{\n".
    const resource = bytesField(
      1,
      bytesField(1, [...text(1, 'service.name'), ...bytesField(2, text(1, 'x'.repeat(0x22 - 20)))]),
    );
    const rest = 0x7b - resource.length;
    const span = spanBytes(text(5, 'n'.repeat(rest - 2 - 2 - spanBytes().length - 2)));
    const document = Buffer.from(bytesField(1, [...resource, ...bytesField(2, bytesField(2, span))]));
    expect(document.subarray(0, 4).toString()).toBe('\n{\n"');
    expect(readDocument(document).summary).toMatchObject({ format: 'otlp-proto', spans: 1 });
  });
});
