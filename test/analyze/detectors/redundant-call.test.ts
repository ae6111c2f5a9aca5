import { describe, expect, it } from 'vitest';
import { judge } from '../../../src/analyze/detectors/index.ts';
import type { Trace } from '../../../src/analyze/model/trace.ts';
import { idsOf, type SpanDrawing, traceFrom } from '../../support/trace-from.ts';

type Attributes = NonNullable<SpanDrawing['attributes']>;

const ROOT: SpanDrawing = { id: 'R', start: 0, end: 1000 };
const tool = (name: string, args: object, result?: string): Attributes => ({
  'gen_ai.operation.name': 'execute_tool',
  'gen_ai.tool.name': name,
  'gen_ai.tool.call.arguments': JSON.stringify(args),
  ...(result === undefined ? {} : { 'gen_ai.tool.call.result': result }),
});
const chat: Attributes = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'm',
};
const query = (text: string): Attributes => ({ 'db.system.name': 'postgresql', 'db.query.text': text });

const span = (
  id: string,
  start: number,
  end: number,
  attributes: Attributes,
  more: Partial<SpanDrawing> = {},
): SpanDrawing => ({
  id,
  parent: 'R',
  start,
  end,
  attributes,
  ...more,
});
const found = (trace: Trace) =>
  judge(trace).occurrences.map((o) => [o.kind, o.category, o.fingerprint, o.count, o.confidence].join(' | '));
const missed = (trace: Trace) => judge(trace).nearMisses.map((m) => [m.kind, m.rule, m.count].join(' | '));

describe('a redundant call', () => {
  // R ################################
  // A   ====                            get(42) -> x
  // B         ====                      get(42) -> x
  it('is the same question with the same answer; all but the first could go', () => {
    const trace = traceFrom([
      ROOT,
      span('A', 100, 200, tool('get', { id: 42 }, 'x')),
      span('B', 250, 400, tool('get', { id: 42 }, 'x')),
    ]);
    const [occurrence] = judge(trace).occurrences;
    expect(occurrence).toMatchObject({
      kind: 'redundant_call',
      category: 'tool',
      fingerprint: 'get(id)',
      confidence: 'high',
      count: 2,
      distinct: 1,
      pathNs: 250e6,
      // min(path of B = 150, union 250 - longest 150 = 100)
      saving: { low: 100e6, likely: 100e6, high: 100e6 },
    });
    expect(idsOf(trace, occurrence?.spans ?? [])).toEqual(['A', 'B']);
  });

  it('is told by its arguments in any order, without what differs with every call', () => {
    const trace = traceFrom([
      ROOT,
      span('A', 100, 200, tool('get', { id: 42, kind: 'a', requestId: 'r1' }, 'x')),
      span('B', 250, 400, tool('get', { requestId: 'r2', kind: 'a', id: 42 }, 'x')),
    ]);
    expect(found(trace)).toEqual(['redundant_call | tool | get(id,kind) | 2 | high']);
  });

  it('is a guess where answers are not recorded', () => {
    const calls = [span('A', 100, 200, tool('get', { id: 42 })), span('B', 250, 400, tool('get', { id: 42 }))];
    expect(found(traceFrom([ROOT, ...calls]))).toEqual(['redundant_call | tool | get(id) | 2 | low']);
  });

  it('is none where the answers differ, or the arguments', () => {
    const differing = [
      span('A', 100, 200, tool('get', { id: 42 }, 'x')),
      span('B', 250, 400, tool('get', { id: 42 }, 'y')),
    ];
    expect(found(traceFrom([ROOT, ...differing]))).toEqual([]);
    expect(missed(traceFrom([ROOT, ...differing]))).toEqual(['redundant_call | results_differ | 2']);
    const other = [
      span('A', 100, 200, tool('get', { id: 42 }, 'x')),
      span('B', 250, 400, tool('get', { id: 43 }, 'x')),
    ];
    expect(judge(traceFrom([ROOT, ...other]))).toMatchObject({ occurrences: [], nearMisses: [] });
  });

  it('is found across the turns of an agent', () => {
    const turns = [0, 1].flatMap((i): SpanDrawing[] => [
      { id: `S${i}`, name: 'turn', parent: 'R', start: 300 * i, end: 300 * i + 250 },
      span(`T${i}`, 300 * i + 10, 300 * i + 200, tool('get', { id: 42 }, 'x'), { parent: `S${i}` }),
    ]);
    expect(found(traceFrom([ROOT, ...turns]))).toEqual(['redundant_call | tool | get(id) | 2 | high']);
  });

  it('needs five statements, and no placeholder that hides what differs', () => {
    const statements = (n: number, text: string) =>
      Array.from({ length: n }, (_, i) => span(`Q${i}`, 100 * i, 100 * i + 60, query(text), { kind: 'client' }));
    expect(found(traceFrom([ROOT, ...statements(5, "SELECT * FROM t WHERE k = 'a'")]))).toEqual([
      'redundant_call | db | SELECT * FROM t WHERE k = ? | 5 | low',
    ]);
    expect(found(traceFrom([ROOT, ...statements(4, "SELECT * FROM t WHERE k = 'a'")]))).toEqual([]);
    expect(found(traceFrom([ROOT, ...statements(5, 'SELECT * FROM t WHERE k = $1')]))).toEqual([
      'n_plus_one | db | SELECT * FROM t WHERE k = ? | 5 | medium',
    ]);
  });

  it('is none where something was written to what is read', () => {
    const reads = Array.from({ length: 5 }, (_, i) =>
      span(`Q${i}`, 100 * i, 100 * i + 60, query('SELECT * FROM t'), { kind: 'client' }),
    );
    const write = (table: string) => span('W', 170, 180, query(`UPDATE ${table} SET a = 1`), { kind: 'client' });
    expect(missed(traceFrom([ROOT, ...reads, write('t')]))).toEqual(['redundant_call | state_change | 5']);
    expect(found(traceFrom([ROOT, ...reads, write('u')]))).toHaveLength(1);
  });

  it('is none where the same write is repeated: that is a loop', () => {
    const writes = Array.from({ length: 5 }, (_, i) =>
      span(`Q${i}`, 100 * i, 100 * i + 60, query('UPDATE t SET a = 1'), { kind: 'client' }),
    );
    expect(found(traceFrom([ROOT, ...writes]))).toEqual(['n_plus_one | db | UPDATE t SET a = ? | 5 | medium']);
  });

  it('is not told from requests whose body is not recorded', () => {
    const posts = Array.from({ length: 5 }, (_, i) =>
      span(
        `P${i}`,
        100 * i,
        100 * i + 60,
        { 'http.request.method': 'POST', 'url.full': 'https://v.com/search' },
        { kind: 'client' },
      ),
    );
    expect(found(traceFrom([ROOT, ...posts]))).toEqual(['n_plus_one | http | POST v.com/search | 5 | medium']);
  });

  it('is intended where several answers to one prompt are asked for at once', () => {
    const samples = [0, 1, 2].map((i) =>
      span(`L${i}`, 100 + i, 400, { ...chat, 'gen_ai.input.messages': 'same' }, { kind: 'client' }),
    );
    expect(missed(traceFrom([ROOT, ...samples]))).toEqual(['redundant_call | intended_fanout | 3']);
  });
});

describe('what an earlier rule takes', () => {
  it('is polling where the same call comes again after pauses', () => {
    const calls = [0, 1, 2].map((i) =>
      span(`T${i}`, 300 * i, 300 * i + 50, tool('status', { job: 1 }, i < 2 ? 'running' : 'done')),
    );
    expect(missed(traceFrom([ROOT, ...calls]))).toEqual(['redundant_call | polling | 3']);
  });

  it('is no polling where the answers never change', () => {
    const calls = [0, 1, 2].map((i) => span(`T${i}`, 300 * i, 300 * i + 50, tool('status', { job: 1 }, 'running')));
    expect(found(traceFrom([ROOT, ...calls]))).toEqual(['redundant_call | tool | status(job) | 3 | high']);
  });

  it('is a tool loop where the model asks for the same again and again', () => {
    const loop = [0, 1, 2].flatMap((i) => [
      span(`T${i}`, 200 * i, 200 * i + 100, tool('get', { id: 1 }, 'x')),
      span(`L${i}`, 200 * i + 110, 200 * i + 190, chat, { kind: 'client' }),
    ]);
    expect(missed(traceFrom([ROOT, ...loop]))).toContain('redundant_call | tool_loop | 3');
  });

  it('is ping-pong where a cycle of calls repeats itself', () => {
    const steps = Array.from({ length: 6 }, (_, i) =>
      span(`T${i}`, 100 * i, 100 * i + 90, tool(i % 2 ? 'write' : 'check', { id: 1 }, i % 2 ? 'ok' : 'bad')),
    );
    expect(missed(traceFrom([ROOT, ...steps]))).toEqual([
      'redundant_call | ping_pong | 3',
      'redundant_call | ping_pong | 3',
    ]);
  });

  it('is a chatty session where MCP asks for its list again', () => {
    const lists = [0, 1].map((i) =>
      span(`M${i}`, 200 * i, 200 * i + 150, { 'mcp.method.name': 'tools/list' }, { kind: 'client' }),
    );
    expect(missed(traceFrom([ROOT, ...lists]))).toEqual(['redundant_call | chatty_mcp | 2']);
  });
});
