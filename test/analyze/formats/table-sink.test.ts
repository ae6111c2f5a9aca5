import { describe, expect, it } from 'vitest';
import type { OtlpSpan } from '../../../src/analyze/formats/otlp-types.ts';
import { tableSink } from '../../../src/analyze/formats/table-sink.ts';
import { attributeOf, ReferenceKind, type SpanTable } from '../../../src/analyze/model/span-table.ts';
import { createTableBuilder } from '../../../src/analyze/model/table-builder.ts';

const IDS = { traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174' };

function tableOf(spans: readonly Partial<OtlpSpan>[], keys: readonly string[] = []): SpanTable {
  const builder = createTableBuilder(new Map(keys.map((key) => [key, 'text'])));
  builder.openSource({ name: 'test' });
  const sink = tableSink(builder);
  const [resource, scope] = [sink.openResource(), sink.openScope()];
  for (const span of spans) sink.span(resource, scope, { ...IDS, ...span });
  return builder.finish();
}

describe('times', () => {
  const timesOf = (start: string | number | undefined, end: string | number | undefined) => {
    const times = {
      ...(start === undefined ? {} : { startTimeUnixNano: start }),
      ...(end === undefined ? {} : { endTimeUnixNano: end }),
    };
    const table = tableOf([times]);
    return [table.baseSeconds[0], table.start[0], table.duration[0]];
  };

  it.each<[string | number | undefined, string | number | undefined, number[]]>([
    ['1700000000000000001', '1700000000000000002', [1_700_000_000, 1, 1]],
    ['1700000000999999999', '1700000002000000000', [1_700_000_000, 999_999_999, 1_000_000_001]],
    ['5', '4', [0, 5, -1]],
    ['0', '0', [0, 0, 0]],
    ['0', '7', [0, 0, 7]],
    [undefined, undefined, [0, 0, Number.NaN]],
    ['1', '0', [0, 1, Number.NaN]],
    ['1', undefined, [0, 1, Number.NaN]],
    [1_700_000_000, 1_700_000_001, [1, 700_000_000, 1]],
    ['x', '1', [0, 0, 1]],
    ['18446744073709551615', '18446744073709551615', [18_446_744_073, 709_551_615, 0]],
  ])('from %j to %j are exact', (start, end, expected) => {
    expect(timesOf(start, end)).toEqual(expected);
  });
});

describe('codes', () => {
  it('are kept where they are known', () => {
    const spans = [0, 1, 2, 3, 4, 5, 6, -1, 1.5].map((kind) => ({ kind, status: { code: kind } }));
    const table = tableOf(spans);
    expect([...table.kind]).toEqual([0, 1, 2, 3, 4, 5, 0, 0, 0]);
    expect([...table.status]).toEqual([0, 1, 2, 0, 0, 0, 0, 0, 0]);
  });
});

describe('references', () => {
  const referencesOf = (span: Partial<OtlpSpan>) => {
    const table = tableOf([span]);
    return Array.from(table.refSpan, (id, at) => [table.refKind[at], table.ids.print(id)]);
  };
  const childOf = [{ key: 'opentracing.ref_type', value: { stringValue: 'child_of' } }];
  const { traceId } = IDS;

  it('are the parent, then the links of the same trace in their order', () => {
    const links = [
      { traceId, spanId: 'a' },
      { traceId, spanId: 'b', attributes: childOf },
      { traceId: 'other', spanId: 'c' },
      { spanId: 'd' },
      { traceId },
    ];
    expect(referencesOf({ parentSpanId: 'p', links })).toEqual([
      [ReferenceKind.childOf, 'p'],
      [ReferenceKind.followsFrom, 'a'],
      [ReferenceKind.childOf, 'b'],
      [ReferenceKind.followsFrom, 'd'],
    ]);
  });

  it('are none without parent and links', () => {
    expect(referencesOf({})).toEqual([]);
    expect(referencesOf({ parentSpanId: '' })).toEqual([]);
  });
});

describe('attributes', () => {
  it.each<[object | undefined, string | undefined]>([
    [{ stringValue: 'x' }, 'x'],
    [{ stringValue: '' }, ''],
    [{ boolValue: true }, 'true'],
    [{ boolValue: false }, 'false'],
    [{ intValue: '9007199254740993' }, '9007199254740993'],
    [{ intValue: 7 }, '7'],
    [{ doubleValue: 0.5 }, '0.5'],
    [{ doubleValue: 1e21 }, '1e+21'],
    [{ doubleValue: 'NaN' }, 'NaN'],
    [{ bytesValue: 'AAEC' }, 'AAEC'],
    [{ arrayValue: { values: [{ stringValue: 'a"' }, { intValue: '2' }, {}] } }, '["a\\"",2,null]'],
    [{ arrayValue: {} }, '[]'],
    [
      { kvlistValue: { values: [{ key: 'k', value: { arrayValue: { values: [{ boolValue: true }] } } }] } },
      '{"k":[true]}',
    ],
    [{}, undefined],
    [undefined, undefined],
    [{ intValue: { odd: 1 } }, undefined],
    [{ intValue: 'many' }, '"many"'],
  ])('of value %j have the text %j', (value, expected) => {
    const attributes = [{ key: 'k', ...(value === undefined ? {} : { value }) }];
    expect(attributeOf(tableOf([{ attributes }], ['k']), 0, 'k')).toBe(expected);
  });

  it('are kept only where the plan wants them, the first of a key', () => {
    const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
    const table = tableOf([{ attributes: [text('no', '1'), text('yes', '2'), text('yes', '3')] }], ['yes']);
    expect([attributeOf(table, 0, 'yes'), attributeOf(table, 0, 'no')]).toEqual(['2', undefined]);
  });

  it('of exception events count where the span has none of that name', () => {
    const type = (stringValue: string) => [{ key: 'exception.type', value: { stringValue } }];
    const events = [
      { name: 'log', attributes: type('not an exception') },
      { name: 'exception', attributes: type('FromEvent') },
    ];
    const table = tableOf([{ events }, { events, attributes: type('FromSpan') }], ['exception.type']);
    expect([0, 1].map((row) => attributeOf(table, row, 'exception.type'))).toEqual(['FromEvent', 'FromSpan']);
  });

  it('may be nested without end', () => {
    let value: object = { stringValue: 'deep' };
    for (let level = 0; level < 100_000; level++) value = { arrayValue: { values: [value] } };
    const text = attributeOf(tableOf([{ attributes: [{ key: 'k', value }] }], ['k']), 0, 'k');
    expect(text).toBe(`${'['.repeat(65)}null${']'.repeat(65)}`);
  });
});

describe('resources and scopes', () => {
  const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });

  function build(use: (sink: ReturnType<typeof tableSink>) => void): SpanTable {
    const builder = createTableBuilder(new Map());
    builder.openSource({ name: 'test' });
    use(tableSink(builder));
    return builder.finish();
  }

  it('are shared by all that are described alike, whatever the order of their attributes', () => {
    const attributes = [attribute('service.name', 's'), attribute('host', 'h')];
    const table = build((sink) => {
      for (const list of [attributes, attributes.toReversed()]) {
        const [resource, scope] = [sink.openResource(), sink.openScope()];
        sink.describeResource(resource, { attributes: list });
        sink.describeScope(scope, { name: 'lib' });
        sink.span(resource, scope, IDS);
      }
    });
    expect(table.resources).toEqual([{ service: 's', process: '[["host","h"],["service.name","s"]]' }]);
    expect(table.scopes).toEqual(['lib']);
    expect([[...table.resource], [...table.scope]]).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it('may be described after their spans', () => {
    const table = build((sink) => {
      const [resource, scope] = [sink.openResource(), sink.openScope()];
      sink.span(resource, scope, IDS);
      sink.describeResource(resource, { attributes: [attribute('service.name', 'late')] });
      sink.describeScope(scope, { name: 'late lib' });
      sink.span(resource, scope, { ...IDS, spanId: 'b' });
    });
    expect(table.resources[table.resource[0]!]?.service).toBe('late');
    expect(table.scopes[table.scope[0]!]).toBe('late lib');
    expect([...table.resource]).toEqual([0, 0]);
  });

  it('that nobody describes are empty, each its own', () => {
    const table = build((sink) => {
      for (const spanId of ['a', 'b']) sink.span(sink.openResource(), sink.openScope(), { ...IDS, spanId });
    });
    expect(table.resources).toEqual([
      { service: '', process: '' },
      { service: '', process: '' },
    ]);
  });
});

describe('what a process says it has lost', () => {
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const number = (key: string, intValue: number) => ({ key, value: { intValue } });
  const own = [text('service.name', 's'), text('host', 'h')];

  it('is known, and does not make it another process', () => {
    const builder = createTableBuilder(new Map());
    builder.openSource({ name: 'test' });
    const sink = tableSink(builder);
    const scope = sink.openScope();
    const told = [number('ta.dropped_spans', 12), text('ta.refused_spans', '3'), text('ta.delivery_id', 'abc')];
    const sampled = [number('ta.sampled_out_spans', 40)];
    for (const more of [[], told, told, [text('ta.dropped_spans', 'many')], sampled]) {
      const resource = sink.openResource();
      sink.describeResource(resource, { attributes: [...own, ...more] });
      sink.span(resource, scope, { ...IDS });
    }
    const process = '[["host","h"],["service.name","s"]]';
    expect(builder.finish().resources).toEqual([
      { service: 's', process },
      { service: 's', process, losses: { deliveryId: 'abc', dropped: 12, refused: 3 } },
      { service: 's', process, losses: { deliveryId: '', dropped: 0, refused: 0 } },
      { service: 's', process, losses: { deliveryId: '', dropped: 0, refused: 0, sampledOut: 40 } },
    ]);
  });
});
