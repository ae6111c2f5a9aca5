import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { captureJson } from '../../src/instrument/capture.ts';
import { agent, llm, retrieval, tool } from '../../src/instrument/index.ts';
import { type Recorder, startRecorder } from './recorder.ts';

describe('a captured value', () => {
  it('is the JSON of plain data', () => {
    const value = { city: 'Paris', days: [1, 2.5, -3], nested: { ok: true, none: null }, when: new Date(0) };
    expect(captureJson(value)).toBe(JSON.stringify(value));
  });

  it('says what cannot be written, and runs no code of the host', () => {
    let ran = 0;
    const circular: Record<string, unknown> = { n: 10n, s: Symbol('s'), f: () => 1, u: undefined, inf: 1 / 0 };
    circular.self = circular;
    circular.list = [circular];
    circular.bytes = new Uint8Array(5);
    Object.defineProperty(circular, 'got', { enumerable: true, get: () => ++ran });
    circular.toJSON = () => ++ran;
    expect(JSON.parse(captureJson(circular))).toEqual({
      n: '10',
      s: 'Symbol(s)',
      f: '[function]',
      u: 'undefined',
      inf: 'Infinity',
      self: '[circular]',
      list: ['[circular]'],
      bytes: '[5 bytes]',
      got: '[getter]',
      toJSON: '[function]',
    });
    expect(ran).toBe(0);
  });

  it('cuts no text shorter for a list or a table that has too many items', () => {
    const note = 'y'.repeat(3000);
    const table = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`k${i}`, i]));
    const list = Array.from({ length: 300 }, (_, i) => i);
    expect(JSON.parse(captureJson([note, table, list]))).toEqual([
      note,
      { ...Object.fromEntries(Object.entries(table).slice(0, 256)), '…': '[more]' },
      [0, '[43 left out]', ...list.slice(44)],
    ]);
  });

  it('takes the same object twice where that is no cycle', () => {
    const shared = { a: 1 };
    expect(captureJson([shared, shared])).toBe('[{"a":1},{"a":1}]');
  });

  it('takes a proxy that refuses everything', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(captureJson({ proxy })).toBe('{"proxy":"[unreadable]"}');
  });

  it('keeps a key named __proto__ a key', () => {
    expect(captureJson(JSON.parse('{"__proto__":{"x":1}}'))).toBe('{"__proto__":{"x":1}}');
  });

  it.each<[string, unknown]>([
    ['a long text', 'x'.repeat(5_000_000)],
    ['a text that grows when written', '\u0000'.repeat(100_000)],
    ['a long list', Array.from({ length: 100_000 }, (_, i) => i)],
    ['many keys', Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`key ${i}`, i]))],
    ['a wide tree', Array.from({ length: 60 }, () => Array.from({ length: 60 }, () => ['x'.repeat(60)]))],
    ['a deep one', Array.from({ length: 10_000 }).reduce((inner) => ({ inner }), 1)],
  ])('is valid JSON of bounded size: %s', (_what, value) => {
    const json = captureJson(value);
    expect(() => JSON.parse(json)).not.toThrow();
    expect(json.length).toBeLessThan(60_000);
  });

  it('is valid JSON of any value', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true, withTypedArray: true }), (value) => {
        JSON.parse(captureJson(value));
      }),
    );
  });
});

describe('capturing', () => {
  let recorder: Recorder;

  beforeEach(() => {
    recorder = startRecorder();
  });

  afterEach(() => recorder.stop());

  const both = { captureInput: true, captureOutput: true };

  it("writes a tool's arguments and result where the conventions have them", async () => {
    await tool('x', both, async (input: { city: string }) => ({ degrees: input.city.length }))({ city: 'Paris' });
    expect(recorder.span('execute_tool x').attributes).toMatchObject({
      'gen_ai.tool.call.arguments': '{"city":"Paris"}',
      'gen_ai.tool.call.result': '{"degrees":5}',
    });
  });

  it('writes other values under names that any shape fits', () => {
    agent('a', both, (_a: string, _b: number) => 'answer')('question', 2);
    llm('chat', both, (_messages: string[]) => 'text')(['hello']);
    retrieval('docs', both, (_query: string) => ['hit'])('what "is" it');
    expect(recorder.spans.map(({ attributes }) => [attributes['input.value'], attributes['output.value']])).toEqual([
      ['["question",2]', '"answer"'],
      ['["hello"]', '"text"'],
      [undefined, '["hit"]'],
    ]);
    expect(recorder.span('retrieval docs').attributes['gen_ai.retrieval.query.text']).toBe('what "is" it');
  });

  it('can be asked for one way only, and takes no stream apart', async () => {
    tool('in', { captureInput: true }, (n: number) => n)(1);
    for await (const _ of tool('out', { captureOutput: true }, async function* (n: number) {
      yield n;
    })(1));
    expect(recorder.span('execute_tool in').attributes).not.toHaveProperty('gen_ai.tool.call.result');
    expect(Object.keys(recorder.span('execute_tool out').attributes)).not.toContain('gen_ai.tool.call.result');
    expect(Object.keys(recorder.span('execute_tool out').attributes)).not.toContain('gen_ai.tool.call.arguments');
  });
});
