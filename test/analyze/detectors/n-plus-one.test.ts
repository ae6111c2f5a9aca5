import { describe, expect, it } from 'vitest';
import { judge } from '../../../src/analyze/detectors/index.ts';
import { thresholdsWith } from '../../../src/analyze/detectors/thresholds.ts';
import type { Trace } from '../../../src/analyze/model/trace.ts';
import { idsOf, type SpanDrawing, spanNumber, traceFrom } from '../../support/trace-from.ts';

type Attributes = NonNullable<SpanDrawing['attributes']>;

const root = (end: number, more: Partial<SpanDrawing> = {}): SpanDrawing => ({
  id: 'R',
  start: 0,
  end,
  kind: 'server',
  ...more,
});
const AGENT: Attributes = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'planner' };
const query = (text: string): Attributes => ({ 'db.system.name': 'postgresql', 'db.query.text': text });
const tool = (name: string, args?: object): Attributes => ({
  'gen_ai.operation.name': 'execute_tool',
  'gen_ai.tool.name': name,
  ...(args === undefined ? {} : { 'gen_ai.tool.call.arguments': JSON.stringify(args) }),
});
const get = (url: string): Attributes => ({ 'http.request.method': 'GET', 'url.full': url });

/** `n` spans one after the other: number i runs from `start + i * step` for `length` ms. */
function series(
  n: number,
  id: string,
  at: { start: number; step: number; length: number },
  span: (i: number) => Partial<SpanDrawing>,
): SpanDrawing[] {
  return Array.from({ length: n }, (_, i) => {
    const start = at.start + i * at.step;
    return { id: `${id}${i}`, parent: 'R', start, end: start + at.length, kind: 'client' as const, ...span(i) };
  });
}

const selects = (n: number, at = { start: 100, step: 30, length: 20 }): SpanDrawing[] =>
  series(n, 'Q', at, (i) => ({ name: 'SELECT', attributes: query(`SELECT * FROM items WHERE id = ${i}`) }));

const found = (trace: Trace) =>
  judge(trace).occurrences.map((o) => [o.kind, o.category, o.fingerprint, o.count, o.confidence].join(' | '));
const missed = (trace: Trace) =>
  judge(trace).nearMisses.map((m) => [m.kind, m.rule, m.fingerprint, m.count].join(' | '));

describe('N+1 of statements', () => {
  // R  ##############################  500
  // S   ==                             the list
  // Q      == == == == ==              one per item
  it('is found with its parent, its source, its times and its saving', () => {
    const trace = traceFrom([
      root(500),
      { id: 'S', parent: 'R', start: 10, end: 90, kind: 'client', attributes: query('SELECT id FROM orders') },
      ...selects(5),
    ]);
    const [occurrence] = judge(trace).occurrences;
    expect(occurrence).toMatchObject({
      kind: 'n_plus_one',
      category: 'db',
      fingerprint: 'SELECT * FROM items WHERE id = ?',
      subject: 'SELECT items',
      service: 'svc',
      operation: 'R',
      confidence: 'high',
      count: 5,
      distinct: 5,
      mode: 'serial',
      sumNs: 100e6,
      unionNs: 100e6,
      pathNs: 100e6, // all on the path
      saving: { low: 80e6, likely: 80e6, high: 80e6 }, // 100 - the longest, 20
    });
    expect(idsOf(trace, [occurrence?.parentSpan ?? -1, occurrence?.sourceSpan ?? -1])).toEqual(['R', 'S']);
    expect(idsOf(trace, occurrence?.spans ?? [])).toEqual(['Q0', 'Q1', 'Q2', 'Q3', 'Q4']);
    expect(occurrence?.id).toMatch(/^[0-9a-f]{12}$/);
  });

  it('is not found with four calls, and says so', () => {
    const trace = traceFrom([root(500), ...selects(4)]);
    expect(found(trace)).toEqual([]);
    expect(missed(trace)).toEqual(['n_plus_one | min_count | SELECT * FROM items WHERE id = ? | 4']);
  });

  it('is found whatever runs in between', () => {
    const between = series(5, 'P', { start: 121, step: 30, length: 8 }, (i) =>
      i % 2 ? { name: 'pg-pool.connect' } : { name: 'log', kind: 'internal' },
    );
    expect(found(traceFrom([root(500), ...selects(5), ...between]))).toEqual([
      'n_plus_one | db | SELECT * FROM items WHERE id = ? | 5 | high',
    ]);
  });

  // R  ##########      Q: five at once, 100 ms each
  it('counts calls that run at once: they load the database more than they delay the run', () => {
    const trace = traceFrom([root(300), ...selects(5, { start: 50, step: 10, length: 100 })]);
    const [occurrence] = judge(trace).occurrences;
    expect(occurrence).toMatchObject({ mode: 'concurrent', sumNs: 500e6, unionNs: 140e6 });
    // Only the last, from 90 to 190, is awaited at the end; the first four were running when it began. CP 100, union 140 - 100.
    expect(occurrence?.pathNs).toBe(140e6 - 40e6);
    expect(occurrence?.saving?.likely).toBe(40e6);
  });

  it('needs 50 ms of database time, and calls of 1 ms', () => {
    expect(missed(traceFrom([root(500), ...selects(6, { start: 10, step: 20, length: 8 })]))).toEqual([
      'n_plus_one | min_sum | SELECT * FROM items WHERE id = ? | 6',
    ]);
    expect(missed(traceFrom([root(900), ...selects(80, { start: 10, step: 10, length: 0.9 })]))).toEqual([
      'n_plus_one | min_mean | SELECT * FROM items WHERE id = ? | 80',
    ]);
  });

  it('is a guess of medium confidence where values are hidden behind placeholders', () => {
    const hidden = series(6, 'Q', { start: 10, step: 30, length: 20 }, () => ({
      attributes: query('SELECT * FROM items WHERE id = $1'),
    }));
    const [occurrence] = judge(traceFrom([root(500), ...hidden])).occurrences;
    expect(occurrence).toMatchObject({ kind: 'n_plus_one', confidence: 'medium', distinct: null });
    expect(occurrence?.fix).toContain('Parameters are not recorded; these may be identical calls');
  });

  it('is sure again where the bound values are recorded', () => {
    const bound = series(6, 'Q', { start: 10, step: 30, length: 20 }, (i) => ({
      attributes: { ...query('SELECT * FROM items WHERE id = $1'), 'db.query.parameter.0': i },
    }));
    expect(judge(traceFrom([root(500), ...bound])).occurrences[0]).toMatchObject({ confidence: 'high', distinct: 6 });
  });

  it('lets batches pass below ten', () => {
    const batches = (n: number) =>
      series(n, 'Q', { start: 10, step: 30, length: 20 }, (i) => ({
        attributes: query(`SELECT * FROM items WHERE id IN (${i}, ${i + 100})`),
      }));
    expect(found(traceFrom([root(900), ...batches(9)]))).toEqual([]);
    expect(found(traceFrom([root(900), ...batches(10)]))).toEqual([
      'n_plus_one | db | SELECT * FROM items WHERE id IN (?+) | 10 | high',
    ]);
    const sized = series(9, 'Q', { start: 10, step: 30, length: 20 }, (i) => ({
      attributes: { ...query(`INSERT INTO items VALUES (${i})`), 'db.operation.batch.size': 50 },
    }));
    expect(found(traceFrom([root(900), ...sized]))).toEqual([]);
  });

  it('counts a compressed span as what it stands for', () => {
    const composite: SpanDrawing = {
      id: 'C',
      parent: 'R',
      start: 100,
      end: 400,
      kind: 'client',
      attributes: {
        ...query('SELECT * FROM items WHERE id = ?'),
        'span.composite.count': 30,
        'span.composite.sum.us': 240_000,
      },
    };
    const [occurrence] = judge(traceFrom([root(500), composite])).occurrences;
    // 240 ms of work in 300 ms; the longest single call is the mean, 8 ms.
    expect(occurrence).toMatchObject({ count: 30, distinct: null, sumNs: 240e6, unionNs: 240e6, pathNs: 300e6 });
    expect(occurrence?.saving?.likely).toBe(232e6);
    expect(occurrence?.spans).toHaveLength(1);
  });

  it('knows a statement only by its operation and table with low confidence', () => {
    const bare = series(6, 'Q', { start: 10, step: 30, length: 20 }, () => ({
      attributes: { 'db.system.name': 'postgresql', 'db.operation.name': 'SELECT', 'db.collection.name': 'items' },
    }));
    expect(found(traceFrom([root(500), ...bare]))).toEqual(['n_plus_one | db | postgresql|SELECT|items | 6 | low']);
  });

  it('says which attribute it lacks where a call has no text at all', () => {
    const mute = series(6, 'Q', { start: 10, step: 30, length: 20 }, () => ({
      name: 'query',
      attributes: { 'db.system.name': 'postgresql' },
    }));
    expect(judge(traceFrom([root(500), ...mute])).blind).toContainEqual({
      detector: 'n_plus_one',
      needs: ['db.query.text'],
      spans: 6,
    });
  });

  it('never counts transactions, pings and connections', () => {
    for (const text of ['BEGIN', 'COMMIT', 'SELECT 1', "SET app.user = 'x'"]) {
      const noise = series(9, 'Q', { start: 10, step: 30, length: 20 }, () => ({ attributes: query(text) }));
      expect(judge(traceFrom([root(500), ...noise]))).toMatchObject({ occurrences: [], nearMisses: [] });
    }
  });
});

describe('N+1 of requests', () => {
  const gets = (n: number, url: (i: number) => string, at = { start: 10, step: 40, length: 30 }) =>
    series(n, 'H', at, (i) => ({ name: 'GET', attributes: get(url(i)) }));

  it('is found by the template of the URL', () => {
    expect(found(traceFrom([root(500), ...gets(5, (i) => `https://api.vendor.com/users/${i}`)]))).toEqual([
      'n_plus_one | http | GET api.vendor.com/users/{id} | 5 | high',
    ]);
  });

  it('is paging where only the page varies', () => {
    const trace = traceFrom([root(500), ...gets(5, (i) => `https://api.vendor.com/users?limit=50&page=${i + 1}`)]);
    expect(found(trace)).toEqual([]);
    expect(missed(trace)).toEqual(['n_plus_one | pagination | GET api.vendor.com/users?limit&page | 5']);
    const tokens = traceFrom([root(500), ...gets(5, (i) => `https://api.vendor.com/users?cursor=${'xkqz'[i] ?? 'a'}`)]);
    expect(missed(tokens)).toEqual(['n_plus_one | pagination | GET api.vendor.com/users?cursor | 5']);
    // Two parameters vary, or the page jumps to and fro: no paging.
    expect(found(traceFrom([root(500), ...gets(5, (i) => `https://v.com/users?q=${i}&page=${i}`)]))).toHaveLength(1);
    expect(
      found(traceFrom([root(500), ...gets(5, (i) => `https://v.com/users?page=${[3, 1, 5, 2, 4][i]}`)])),
    ).toHaveLength(1);
  });

  // H0 ####    ####        two at a time, each later one when an earlier one ends
  // H1 ######  ######
  it('is a worker pool where at most half run at a time and each starts as another ends', () => {
    const lanes = Array.from({ length: 10 }, (_, i) => {
      const start = 10 + Math.floor(i / 2) * 50 + (i % 2) * 2;
      return {
        id: `H${i}`,
        parent: 'R',
        start,
        end: start + 47,
        kind: 'client' as const,
        attributes: get(`http://route/r/${i}`),
      };
    });
    expect(missed(traceFrom([root(500), ...lanes]))).toEqual(['n_plus_one | worker_pool | GET route/r/{id} | 10']);
  });

  it('is a retry storm where every attempt but the last failed', () => {
    const attempts = series(4, 'H', { start: 10, step: 100, length: 50 }, (i) => ({
      attributes: { ...get('https://api.vendor.com/a'), 'http.response.status_code': i < 3 ? 503 : 200 },
    }));
    const trace = traceFrom([root(500), ...attempts]);
    expect(found(trace)).toEqual([]);
    expect(missed(trace)).toEqual(['redundant_call | retry_storm | GET api.vendor.com/a | 4']);
  });

  it.each([
    ['a static file', 'https://cdn.vendor.com/a/1.css'],
    ['a health check', 'http://svc/healthz'],
    ['feature flags', 'https://events.launchdarkly.com/bulk/1'],
    ['telemetry', 'http://collector:4318/v1/traces'],
  ])('does not count %s', (_, url) => {
    expect(judge(traceFrom([root(500), ...gets(9, () => url)]))).toMatchObject({ occurrences: [], nearMisses: [] });
  });

  it('groups GraphQL by operation and never by its one URL', () => {
    const url = get('https://api.vendor.com/graphql');
    const named = series(5, 'H', { start: 10, step: 40, length: 30 }, () => ({
      attributes: { ...url, 'graphql.operation.type': 'query', 'graphql.operation.name': 'User' },
    }));
    expect(found(traceFrom([root(500), ...named]))).toEqual(['n_plus_one | http | graphql query User | 5 | low']);
    const judgment = judge(traceFrom([root(500), ...gets(5, () => 'https://api.vendor.com/graphql')]));
    expect(judgment.occurrences).toEqual([]);
    expect(judgment.blind).toEqual([{ detector: 'n_plus_one', needs: ['graphql.operation.name'], spans: 5 }]);
  });
});

describe('N+1 of an agent', () => {
  const tools = (
    n: number,
    at: { start: number; step: number; length: number },
    args: (i: number) => object | undefined,
  ) =>
    series(n, 'T', at, (i) => ({ name: 'execute_tool search', kind: 'internal', attributes: tool('search', args(i)) }));

  it('needs three calls of a tool', () => {
    const at = { start: 10, step: 50, length: 40 };
    expect(found(traceFrom([root(500), ...tools(3, at, (i) => ({ q: `x${i}` }))]))).toEqual([
      'n_plus_one | tool | search(q) | 3 | high',
    ]);
    expect(found(traceFrom([root(500), ...tools(2, at, (i) => ({ q: `x${i}` }))]))).toEqual([]);
  });

  it('is intended where the tools run at once', () => {
    const trace = traceFrom([root(500), ...tools(4, { start: 10, step: 5, length: 100 }, (i) => ({ q: `x${i}` }))]);
    expect(found(trace)).toEqual([]);
    expect(missed(trace)).toEqual(['n_plus_one | intended_fanout | search(q) | 4']);
  });

  it('reports the tool and not once more the request that each of its calls makes', () => {
    const inner = series(6, 'H', { start: 15, step: 50, length: 30 }, (i) => ({
      parent: `T${i}`,
      attributes: get(`https://s.vendor.com/q/${i}`),
    }));
    const trace = traceFrom([
      root(500),
      ...tools(6, { start: 10, step: 50, length: 40 }, (i) => ({ q: `x${i}` })),
      ...inner,
    ]);
    expect(found(trace)).toEqual(['n_plus_one | tool | search(q) | 6 | high']);
  });

  it('reports a loop within each call of a tool where it is', () => {
    const loop = (parent: string, start: number) =>
      series(5, `${parent}Q`, { start, step: 12, length: 11 }, (i) => ({
        parent,
        attributes: query(`SELECT * FROM items WHERE id = ${i}`),
      }));
    const trace = traceFrom([
      root(500, { attributes: AGENT, kind: 'internal' }),
      ...tools(2, { start: 10, step: 100, length: 80 }, (i) => ({ q: `x${i}` })),
      ...loop('T0', 15),
      ...loop('T1', 115),
    ]);
    const { occurrences } = judge(trace);
    expect(occurrences.map((o) => idsOf(trace, [o.parentSpan]))).toEqual([['T0'], ['T1']]);
    expect(new Set(occurrences.map((o) => o.id)).size).toBe(1); // one finding, seen twice
  });

  it('is less sure where the model chose each call after the last', () => {
    const chats = series(3, 'L', { start: 51, step: 50, length: 8 }, () => ({
      attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm', 'gen_ai.provider.name': 'openai' },
    }));
    const trace = traceFrom([
      root(500),
      ...tools(4, { start: 10, step: 50, length: 40 }, (i) => ({ q: `x${i}` })),
      ...chats,
    ]);
    expect(found(trace)).toContain('n_plus_one | tool | search(q) | 4 | medium');
  });

  it('names what to record where a tool does not tell its arguments', () => {
    const judgment = judge(traceFrom([root(500), ...tools(3, { start: 10, step: 50, length: 40 }, () => undefined)]));
    expect(judgment.occurrences[0]).toMatchObject({ fingerprint: 'search', confidence: 'medium', distinct: null });
    expect(judgment.blind).toEqual([{ detector: 'redundant_call', needs: ['gen_ai.tool.call.arguments'], spans: 3 }]);
  });

  const chat = (more: Attributes = {}): Attributes => ({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o',
    ...more,
  });
  const chats = (n: number, more: (i: number) => Attributes = () => ({}), at = { start: 10, step: 100, length: 60 }) =>
    series(n, 'L', at, (i) => ({ name: 'chat gpt-4o', attributes: chat(more(i)) }));

  it('is found for model calls on one item after the other', () => {
    expect(found(traceFrom([root(500), ...chats(4)]))).toEqual(['n_plus_one | llm | chat|openai|gpt-4o | 4 | medium']);
    const digests = (i: number) => ({ 'gen_ai.input.messages': `[{"role":"user","content":"item ${i}"}]` });
    expect(found(traceFrom([root(500), ...chats(4, digests)]))).toEqual([
      'n_plus_one | llm | chat|openai|gpt-4o | 4 | high',
    ]);
  });

  // L #### T ## L #### T ## L ####      each answer is the next question
  it('is not found for the turns of a conversation', () => {
    const between = tools(3, { start: 75, step: 100, length: 20 }, (i) => ({ q: `x${i}` }));
    const trace = traceFrom([root(500), ...chats(4), ...between]);
    expect(missed(trace)).toContain('n_plus_one | agent_turns | chat|openai|gpt-4o | 4');
    const growing = chats(5, (i) => ({ 'gen_ai.usage.input_tokens': 100 * (i + 1) }));
    expect(missed(traceFrom([root(600), ...growing]))).toEqual(['n_plus_one | agent_turns | chat|openai|gpt-4o | 5']);
  });

  it('is not found for turns that have spans of their own', () => {
    const turns = Array.from({ length: 4 }, (_, i): SpanDrawing[] => [
      { id: `S${i}`, name: 'step', parent: 'R', start: 100 * i, end: 100 * i + 99 },
      { id: `L${i}`, parent: `S${i}`, start: 100 * i + 1, end: 100 * i + 50, kind: 'client', attributes: chat() },
      { id: `T${i}`, parent: `S${i}`, start: 100 * i + 55, end: 100 * i + 90, attributes: tool(`tool${'abcd'[i]}`) },
    ]).flat();
    expect(judge(traceFrom([root(500), ...turns])).occurrences).toEqual([]);
  });

  it('is found for embeddings of single texts, also where they run at once', () => {
    const embeddings = (step: number) =>
      series(5, 'E', { start: 10, step, length: 30 }, () => ({
        attributes: {
          'gen_ai.operation.name': 'embeddings',
          'gen_ai.request.model': 'e-3',
          'gen_ai.provider.name': 'openai',
        },
      }));
    expect(found(traceFrom([root(500), ...embeddings(40)]))).toEqual([
      'n_plus_one | embedding | embeddings|openai|e-3 | 5 | medium',
    ]);
    expect(judge(traceFrom([root(500), ...embeddings(2)])).occurrences[0]).toMatchObject({ mode: 'concurrent' });
  });

  it('is found for searches, remote procedures, messages and MCP calls', () => {
    const at = { start: 10, step: 50, length: 40 };
    const of = (kind: SpanDrawing['kind'], attributes: (i: number) => Attributes) =>
      found(
        traceFrom([root(500), ...series(5, 'X', at, (i) => ({ kind: kind ?? 'client', attributes: attributes(i) }))]),
      );
    expect(
      of('client', (i) => ({
        'gen_ai.operation.name': 'retrieval',
        'gen_ai.data_source.id': 'docs',
        'gen_ai.retrieval.query.text': `q${i}`,
      })),
    ).toEqual(['n_plus_one | retrieval | retrieval|docs | 5 | high']);
    expect(of('client', () => ({ 'rpc.system.name': 'grpc', 'rpc.service': 'Prices', 'rpc.method': 'Get' }))).toEqual([
      'n_plus_one | rpc | grpc|Prices|Get | 5 | medium',
    ]);
    expect(
      of('producer', () => ({
        'messaging.system': 'kafka',
        'messaging.destination.name': 'events',
        'messaging.operation.type': 'send',
      })),
    ).toEqual(['n_plus_one | messaging | kafka|send|events | 5 | medium']);
    expect(of('client', (i) => ({ ...tool('read', { path: `f${i}` }), 'mcp.method.name': 'tools/call' }))).toEqual([
      'n_plus_one | mcp | tools/call|read(path) | 5 | high',
    ]);
    expect(
      of('client', (i) => ({ 'mcp.method.name': 'resources/read', 'mcp.resource.uri': `file:///docs/${i}` })),
    ).toEqual(['n_plus_one | mcp | resources/read|file:///docs/{id} | 5 | high']);
  });
});

describe('cousins', () => {
  // R
  //   item 0        item 1        …     each with its own query
  //     Q0            Q1
  const loop = (n: number, name: (i: number) => string) =>
    Array.from({ length: n }, (_, i): SpanDrawing[] => [
      { id: `B${i}`, name: name(i), parent: 'R', start: 50 * i, end: 50 * i + 45 },
      {
        id: `Q${i}`,
        parent: `B${i}`,
        start: 50 * i + 5,
        end: 50 * i + 40,
        kind: 'client',
        attributes: query(`SELECT * FROM t WHERE id = ${i}`),
      },
    ]).flat();

  it('are found where the body of the loop has its own span', () => {
    const trace = traceFrom([root(500), ...loop(5, () => 'item')]);
    const [occurrence] = judge(trace).occurrences;
    expect(occurrence).toMatchObject({
      kind: 'n_plus_one',
      operation: 'R',
      count: 5,
      pathNs: 175e6,
      saving: { likely: 140e6 },
    });
  });

  it('are found where the numbers in the names differ, and not where the names do', () => {
    expect(found(traceFrom([root(500), ...loop(5, (i) => `item ${i}`)]))).toHaveLength(1);
    expect(found(traceFrom([root(500), ...loop(5, (i) => `step ${'abcde'[i]}`)]))).toEqual([]);
  });

  it('are found up to three levels up, and no further', () => {
    const deep = (levels: number) =>
      Array.from({ length: 5 }, (_, i) => {
        const at = { start: 50 * i, end: 50 * i + 45 };
        const bodies = Array.from({ length: levels }, (_, level): SpanDrawing => {
          return {
            id: `B${i}-${level}`,
            name: `level ${'abc'[level]}`,
            parent: level === 0 ? 'R' : `B${i}-${level - 1}`,
            ...at,
          };
        });
        const call: SpanDrawing = {
          id: `Q${i}`,
          parent: `B${i}-${levels - 1}`,
          ...at,
          kind: 'client',
          attributes: query(`SELECT ${i} FROM t`),
        };
        return [...bodies, call];
      }).flat();
    expect(found(traceFrom([root(500), ...deep(2)]))).toHaveLength(1);
    expect(found(traceFrom([root(500), ...deep(3)]))).toEqual([]);
  });
});

describe('one call seen twice', () => {
  it('counts once, at the outer span, with the statement of the inner', () => {
    const pairs = Array.from({ length: 5 }, (_, i): SpanDrawing[] => [
      {
        id: `O${i}`,
        name: 'findOne',
        parent: 'R',
        start: 40 * i,
        end: 40 * i + 30,
        kind: 'client',
        attributes: { 'db.system.name': 'postgresql', 'db.operation.name': 'findOne' },
      },
      {
        id: `D${i}`,
        name: 'query',
        parent: `O${i}`,
        start: 40 * i + 5,
        end: 40 * i + 25,
        kind: 'client',
        attributes: query(`SELECT * FROM t WHERE id = ${i}`),
      },
    ]).flat();
    const trace = traceFrom([root(500), ...pairs]);
    expect(found(trace)).toEqual(['n_plus_one | db | SELECT * FROM t WHERE id = ? | 5 | high']);
    expect(judge(trace).occurrences[0]).toMatchObject({ sumNs: 150e6 });
  });

  it('is one finding where the two instrumentations are siblings', () => {
    const pairs = Array.from({ length: 5 }, (_, i): SpanDrawing[] => [
      {
        id: `O${i}`,
        parent: 'R',
        start: 40 * i,
        end: 40 * i + 30,
        kind: 'client',
        attributes: { 'db.system.name': 'mongodb', 'db.operation.name': 'findOne', 'db.collection.name': 't' },
      },
      {
        id: `D${i}`,
        parent: 'R',
        start: 40 * i + 5,
        end: 40 * i + 25,
        kind: 'client',
        attributes: { 'db.system.name': 'mongodb', 'db.query.text': `{"find":"t","filter":{"_id":${i}}}` },
      },
    ]).flat();
    expect(found(traceFrom([root(500), ...pairs]))).toEqual(['n_plus_one | db | find {filter._id, find} | 5 | high']);
  });

  it('keeps the loop inside one operation of a mapper', () => {
    const trace = traceFrom([
      root(500),
      {
        id: 'O',
        parent: 'R',
        start: 5,
        end: 400,
        kind: 'client',
        attributes: { 'db.system.name': 'postgresql', 'db.operation.name': 'findMany' },
      },
      ...selects(6).map((span) => ({ ...span, parent: 'O' })),
    ]);
    expect(judge(trace).occurrences[0]).toMatchObject({ count: 6, parentSpan: spanNumber(trace, 'O') });
  });

  it('counts a model call and its transport once', () => {
    const pairs = Array.from({ length: 3 }, (_, i): SpanDrawing[] => [
      {
        id: `L${i}`,
        parent: 'R',
        start: 100 * i,
        end: 100 * i + 90,
        kind: 'client',
        attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'm' },
      },
      {
        id: `P${i}`,
        parent: `L${i}`,
        start: 100 * i + 5,
        end: 100 * i + 85,
        kind: 'client',
        attributes: { 'http.request.method': 'POST', 'url.full': 'https://api.openai.com/v1/chat' },
      },
    ]).flat();
    expect(found(traceFrom([root(500), ...pairs]))).toEqual(['n_plus_one | llm | chat|openai|m | 3 | medium']);
  });
});

describe('a trace of names and times alone', () => {
  const plain = (n: number, at: { start: number; step: number; length: number }) =>
    series(n, 'X', at, () => ({ name: 'HTTP GET /route', kind: 'unspecified' }));

  it('has its childless spans for calls, of unknown category and medium confidence at most', () => {
    const trace = traceFrom([root(500, { kind: 'unspecified' }), ...plain(6, { start: 10, step: 50, length: 40 })]);
    expect(found(trace)).toEqual(['n_plus_one | unknown | HTTP GET /route | 6 | medium']);
  });

  it('does not take local functions for calls once kinds are recorded', () => {
    const trace = traceFrom([root(500), ...plain(6, { start: 10, step: 50, length: 40 })]);
    expect(found(trace)).toEqual([]);
  });
});

describe('a service that calls another in lanes, as HotROD does', () => {
  // frontend  GET /route   ####  ####  ####  #        three at a time
  //                        #####  ###  #####
  //                        ###  #####  ####
  //   route     /route     one childless span below each
  it('is a worker pool, found through the parents of the childless spans', () => {
    const lanes = Array.from({ length: 10 }, (_, i): SpanDrawing[] => {
      const start = 20 + Math.floor(i / 3) * 60 + (i % 3);
      const both = { start, end: start + 58, kind: 'unspecified' as const };
      return [
        { id: `C${i}`, name: 'HTTP GET', parent: 'R', ...both },
        { id: `S${i}`, name: 'HTTP GET /route', parent: `C${i}`, service: 'route', ...both },
      ];
    }).flat();
    const trace = traceFrom([root(400, { kind: 'unspecified' }), ...lanes]);
    expect(found(trace)).toEqual([]);
    expect(missed(trace)).toEqual(['n_plus_one | worker_pool | HTTP GET /route | 10']);
  });
});

describe('the source call', () => {
  it('may be under the parent of the parent; calls of the group itself and later ones are none', () => {
    const trace = traceFrom([
      root(500),
      { id: 'S', parent: 'R', start: 5, end: 40, kind: 'client', attributes: query('SELECT id FROM orders') },
      { id: 'P', parent: 'R', start: 90, end: 400 },
      ...selects(5).map((span) => ({ ...span, parent: 'P' })),
      { id: 'L', parent: 'P', start: 300, end: 320, kind: 'client', attributes: query('SELECT 5 FROM later') },
    ]);
    expect(idsOf(trace, [judge(trace).occurrences[0]?.sourceSpan ?? -2])).toEqual(['S']);
    const without = traceFrom([root(500), ...selects(5)]);
    expect(judge(without).occurrences[0]?.sourceSpan).toBe(-1);
  });
});

describe('work that the run does not wait for', () => {
  it('after the window is no candidate', () => {
    const late = selects(6, { start: 600, step: 30, length: 20 });
    const inside: SpanDrawing = {
      id: 'I',
      parent: 'R',
      start: 5,
      end: 40,
      kind: 'client',
      attributes: query('SELECT 5 FROM t'),
    };
    expect(judge(traceFrom([root(500), inside, ...late]))).toMatchObject({ occurrences: [], nearMisses: [] });
  });

  it('is measured within the window', () => {
    const crossing = selects(6, { start: 390, step: 25, length: 20 }); // the fifth from 490 to 510, the last from 515 on
    expect(judge(traceFrom([root(500), ...crossing])).occurrences[0]).toMatchObject({ count: 5, sumNs: 90e6 });
  });
});

describe('savings', () => {
  it('are at most what the calls hold of the path', () => {
    // Q runs beside A, which ends last: only the part of Q before A began is on the path.
    // R ##########################
    // Q  == == == == ==
    // A     ===================
    const trace = traceFrom([root(500), ...selects(5), { id: 'A', parent: 'R', start: 135, end: 480 }]);
    const [occurrence] = judge(trace).occurrences;
    // A starts at 135: Q0 (100-120) ended before; Q1 (130-150) was running and is skipped.
    expect(occurrence).toMatchObject({ pathNs: 20e6, saving: { low: 20e6, likely: 20e6, high: 20e6 } });
  });

  // Q0 … Q4 on the path; A, outside, ends with Q4: shortening the five alone gains nothing at the end.
  it('are 0 at the low end where something outside ends together with the last call', () => {
    const beside: SpanDrawing = {
      id: 'A',
      parent: 'R',
      start: 225,
      end: 240,
      kind: 'client',
      attributes: get('http://a/'),
    };
    const [occurrence] = judge(traceFrom([root(500), ...selects(5), beside])).occurrences;
    expect(occurrence).toMatchObject({ pathNs: 100e6, saving: { low: 0, likely: 80e6, high: 80e6 } });
  });

  // R ####                ####        the wrapper's calls were hoisted: started by S, which had ended
  it('are 0 at the low end, and less sure, where the calls are on the path only by inference', () => {
    const calls = selects(5).map((call) => ({ ...call, parent: 'S' }));
    const trace = traceFrom([root(500), { id: 'S', parent: 'R', start: 90, end: 99 }, ...calls]);
    const [occurrence] = judge(trace).occurrences;
    expect(occurrence).toMatchObject({
      pathNs: 100e6,
      confidence: 'medium',
      saving: { low: 0, likely: 80e6, high: 80e6 },
    });
  });

  it('are not claimed for an incomplete trace, which also lowers the confidence', () => {
    const lost = Array.from(
      { length: 4 },
      (_, i): SpanDrawing => ({ id: `Z${i}`, parent: 'gone', start: 300, end: 310 }),
    );
    const [occurrence] = judge(traceFrom([root(500), ...selects(5), ...lost])).occurrences;
    expect(occurrence).toMatchObject({
      saving: null,
      savingNullReason: 'the trace is incomplete: 40 % of the spans have lost their parents',
      confidence: 'medium',
    });
  });

  it('are found for spans that lost one and the same parent', () => {
    const lost = selects(6).map((span) => ({ ...span, parent: 'gone' }));
    const [occurrence] = judge(traceFrom(lost)).occurrences;
    expect(occurrence).toMatchObject({
      parentSpan: -1,
      operation: '',
      saving: null,
      savingNullReason: 'the trace is incomplete: the root span is missing',
    });
  });
});

describe('the identity of a finding', () => {
  const idOf = (spans: SpanDrawing[]): string | undefined => judge(traceFrom(spans)).occurrences[0]?.id;
  const run = (parent: Partial<SpanDrawing>, calls = selects(5)) => [
    root(900),
    { id: 'P', parent: 'R', start: 1, end: 800, ...parent },
    ...calls.map((call) => ({ ...call, parent: 'P' })),
  ];

  it('is the same for other counts, times, ids and values', () => {
    const id = idOf(run({ name: 'load', attributes: AGENT }));
    const other = selects(9, { start: 105, step: 33, length: 21 }).map((span, i) => ({
      ...span,
      id: `zz${i}`,
      attributes: query(`SELECT * FROM items WHERE id = ${i * 7}`),
    }));
    expect(idOf(run({ name: 'load', attributes: AGENT }, other))).toBe(id);
  });

  it('is the same in every dialect that names the agent', () => {
    const otel = idOf(run({ name: 'invoke_agent planner', attributes: AGENT }));
    const openInference = idOf(
      run({ name: 'PlannerAgent.run', attributes: { 'openinference.span.kind': 'AGENT', 'agent.name': 'planner' } }),
    );
    expect(openInference).toBe(otel);
  });

  it('differs by parent, service and statement', () => {
    const ids = [
      idOf(run({ name: 'load orders' })),
      idOf(run({ name: 'load invoices' })),
      idOf(
        run(
          { name: 'load orders' },
          selects(5).map((span) => ({ ...span, service: 'other' })),
        ),
      ),
      idOf(
        run(
          { name: 'load orders' },
          selects(5).map((span, i) => ({ ...span, attributes: query(`SELECT a FROM items WHERE id = ${i}`) })),
        ),
      ),
    ];
    expect(new Set(ids).size).toBe(4);
  });

  it('does not depend on how deep a recursion went', () => {
    const recursive = (depth: number): SpanDrawing[] => [
      root(900),
      ...Array.from(
        { length: depth },
        (_, i): SpanDrawing => ({
          id: `P${i}`,
          name: 'visit',
          parent: i === 0 ? 'R' : `P${i - 1}`,
          start: i,
          end: 800 - i,
        }),
      ),
      ...selects(5).map((call) => ({ ...call, parent: `P${depth - 1}` })),
    ];
    expect(idOf(recursive(2))).toBe(idOf(recursive(7)));
  });
});

describe('thresholds', () => {
  it('hold for everything, for a category or for one fingerprint', () => {
    const trace = traceFrom([root(500), ...selects(4)]);
    const count = (overrides: Parameters<typeof thresholdsWith>[0]) =>
      judge(trace, thresholdsWith(overrides)).occurrences.length;
    expect(count({})).toBe(0);
    expect(count({ all: { 'n_plus_one.minCount': 4 } })).toBe(1);
    expect(count({ categories: { db: { 'n_plus_one.minCount': 4 } } })).toBe(1);
    expect(count({ categories: { http: { 'n_plus_one.minCount': 4 } } })).toBe(0);
    expect(
      count({
        all: { 'n_plus_one.minCount': 4 },
        fingerprints: { 'SELECT * FROM items WHERE id = ?': { 'n_plus_one.minCount': 99 } },
      }),
    ).toBe(0);
  });
});

describe('large traces', () => {
  it('with 100,000 calls under one parent are one finding', () => {
    const trace = traceFrom([root(1_000_001), ...selects(100_000, { start: 1, step: 10, length: 2 })]);
    expect(judge(trace).occurrences[0]).toMatchObject({ count: 100_000, pathNs: 200_000e6 });
  });
});

describe('a loop and a fan-out of one tool under one parent', () => {
  const calls = (n: number, id: string, at: { start: number; step: number; length: number }): SpanDrawing[] =>
    series(n, id, at, (i) => ({ kind: 'internal', attributes: tool('fetch_page', { url: `${id}${i}` }) }));

  // R  ############################################  1000
  // S   ======= ======= ======= … 7 in turn           of 80 ms, with a pause of 2
  // C                                  ======= × 6    at once
  it('are told apart: the loop is found, the fan-out is a near miss', () => {
    const trace = traceFrom([
      root(1000, { attributes: AGENT }),
      ...calls(7, 'S', { start: 10, step: 82, length: 80 }),
      ...calls(6, 'C', { start: 700, step: 0, length: 80 }),
    ]);
    const { occurrences, nearMisses } = judge(trace);
    expect(occurrences.map(({ count, mode, sumNs, unionNs, saving }) => [count, mode, sumNs, unionNs, saving])).toEqual(
      [[7, 'serial', 560e6, 560e6, { low: 480e6, likely: 480e6, high: 480e6 }]],
    );
    expect(idsOf(trace, occurrences[0]?.spans ?? [])).toEqual(['S0', 'S1', 'S2', 'S3', 'S4', 'S5', 'S6']);
    expect(nearMisses.map(({ rule, count }) => [rule, count])).toEqual([['intended_fanout', 6]]);
  });

  it('stay a fan-out where what is left beside it is too little', () => {
    const trace = traceFrom([
      root(1000, { attributes: AGENT }),
      ...calls(2, 'S', { start: 10, step: 82, length: 80 }),
      ...calls(6, 'C', { start: 700, step: 0, length: 80 }),
    ]);
    expect(found(trace)).toEqual([]);
    expect(judge(trace).nearMisses.map(({ rule, count }) => [rule, count])).toEqual([['intended_fanout', 8]]);
  });
});
