import { describe, expect, it } from 'vitest';
import { judge } from '../../../src/analyze/detectors/index.ts';
import { fingerprintTool } from '../../../src/analyze/semantics/fingerprints/model-call.ts';
import { type SpanDrawing, traceFrom } from '../../support/trace-from.ts';

type Attributes = NonNullable<SpanDrawing['attributes']>;

const ROOT: SpanDrawing = { id: 'R', start: 0, end: 1000 };

/** Calls one after another, each of 100 ms, with the attributes of `trace-analyze/instrument`. */
const inTurn = (calls: readonly Attributes[]) =>
  traceFrom([
    ROOT,
    ...calls.map((attributes, i) => ({ id: `C${i}`, parent: 'R', start: i * 150, end: i * 150 + 100, attributes })),
  ]);
const found = (calls: readonly Attributes[]) =>
  judge(inTurn(calls)).occurrences.map((o) => [o.kind, o.category, o.fingerprint, o.count, o.confidence].join(' | '));

const tool = (more: Attributes): Attributes => ({
  'gen_ai.operation.name': 'execute_tool',
  'gen_ai.tool.name': 'get',
  ...more,
});
const weather = (hash: string, more: Attributes = {}) =>
  tool({ 'ta.args_hash': hash, 'ta.args_keys': 'city', 'ta.result_hash': 'r', ...more });

describe('hashes of arguments and results', () => {
  it('tell a repeated tool call, though nothing of it is recorded', () => {
    expect(found([weather('a'), weather('a')])).toEqual(['redundant_call | tool | get(city) | 2 | high']);
    expect(found([weather('a'), weather('b')])).toEqual([]);
    expect(found([weather('a'), weather('a', { 'ta.result_hash': 's' })])).toEqual([]);
  });

  it.each(['chat', 'embeddings'])('tell a repeated request of a model: %s', (operation) => {
    const ask = (hash: string): Attributes => ({
      'gen_ai.operation.name': operation,
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'm',
      'ta.args_hash': hash,
    });
    const kinds = (calls: readonly Attributes[]) => judge(inTurn(calls)).occurrences.map(({ kind }) => kind);
    expect(kinds([ask('a'), ask('a')])).toEqual(['redundant_call']);
    expect(kinds([ask('a'), ask('b')])).toEqual([]);
  });

  it('tell a repeated search', () => {
    const search = (hash: string): Attributes => ({
      'gen_ai.operation.name': 'retrieval',
      'gen_ai.data_source.id': 'docs',
      'ta.args_hash': hash,
      'ta.result_hash': 'r',
    });
    const kinds = (hashes: readonly string[]) => judge(inTurn(hashes.map(search))).occurrences.map(({ kind }) => kind);
    expect(kinds(['a', 'a', 'a', 'a', 'a'])).toEqual(['redundant_call']);
  });

  it('leave the names and values of recorded arguments in use', () => {
    const recorded = tool({ 'ta.args_hash': 'h', 'gen_ai.tool.call.arguments': JSON.stringify({ q: 'x', page: 2 }) });
    const trace = inTurn([recorded]);
    const span = [0, 1].find((one) => trace.attribute(one, 'ta.args_hash') === 'h')!;
    const { text, value, parameters } = fingerprintTool(trace, span);
    expect([text, value, [...(parameters?.keys() ?? [])]]).toEqual(['get(page,q)', 'h', ['page', 'q']]);
  });
});

it('a tool that is said to change something is not redundant', () => {
  const write = weather('a', { 'ta.tool.read_only': false });
  expect(found([write, write])).toEqual([]);
  const read = weather('a', { 'ta.tool.read_only': true });
  expect(found([read, read])).toEqual(['redundant_call | tool | get(city) | 2 | high']);
});
