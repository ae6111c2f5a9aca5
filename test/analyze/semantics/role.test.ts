import { describe, expect, it } from 'vitest';
import { rolesOf } from '../../../src/analyze/semantics/role.ts';
import { type SpanDrawing, spanNumber, traceFrom } from '../../support/trace-from.ts';

type More = Omit<SpanDrawing, 'id' | 'start' | 'end'>;

/** The role of a span S below a root of the same process, with other spans around it. */
function roleOf(more: More, ...around: SpanDrawing[]): string | undefined {
  const trace = traceFrom([
    { id: 'root', start: 0, end: 10 },
    { id: 'S', parent: 'root', start: 1, end: 9, ...more },
    ...around,
  ]);
  return rolesOf(trace)[spanNumber(trace, 'S')];
}

const op = (name: string): More => ({ attributes: { 'gen_ai.operation.name': name } });
const below = (more: More): SpanDrawing => ({ id: 'T', parent: 'S', start: 2, end: 3, ...more });
const SQL = { 'db.system.name': 'postgresql' };

describe('roles by what a span says it is', () => {
  it.each<[string, More, string]>([
    ['a model call', op('chat'), 'llm'],
    ['an embedding', op('embeddings'), 'llm'],
    ['a reranker', op('rerank'), 'llm'],
    ['a tool', op('execute_tool'), 'tool'],
    ['a retriever', op('retrieval'), 'tool'],
    ['memory', op('search_memory'), 'tool'],
    ['an agent', op('invoke_agent'), 'agent'],
    ['a workflow', op('invoke_workflow'), 'agent'],
    ['a chain', { attributes: { 'openinference.span.kind': 'CHAIN' } }, 'agent'],
    [
      'a guardrail that asks a model',
      { attributes: { 'openinference.span.kind': 'GUARDRAIL', 'llm.model_name': 'm' } },
      'llm',
    ],
    ['a guardrail in code', { attributes: { 'openinference.span.kind': 'GUARDRAIL' } }, 'none'],
    ['a tool called over MCP', { kind: 'client', attributes: { 'mcp.method.name': 'tools/call' } }, 'tool'],
    ['a model call, whatever its kind', { kind: 'server', ...op('chat') }, 'llm'],
    ['nothing in particular', {}, 'none'],
  ])('%s', (_, more, role) => expect(roleOf(more)).toBe(role));
});

describe('roles by what a span does', () => {
  it.each<[string, More, string]>([
    ['a client', { kind: 'client' }, 'io'],
    ['a producer', { kind: 'producer' }, 'io'],
    ['a consumer', { kind: 'consumer' }, 'io'],
    ['a statement, without a kind', { attributes: SQL }, 'io'],
    ['a request, without a kind', { attributes: { 'url.full': 'http://a.example/' } }, 'io'],
    ['a server, whatever it serves', { kind: 'server', attributes: { 'url.full': 'http://a.example/' } }, 'none'],
  ])('%s', (_, more, role) => expect(roleOf(more)).toBe(role));

  it('leaves it to the far side where that is in the trace', () => {
    expect(roleOf({ kind: 'client' }, below({ kind: 'server', process: 'far' }))).toBe('none');
    expect(roleOf({ kind: 'client' }, below({ kind: 'internal', process: 'far' }))).toBe('io');
  });

  it('takes a server span of the same process for no far side', () => {
    expect(roleOf({ kind: 'client' }, below({ kind: 'server' }))).toBe('io');
  });

  it('keeps what a client says it is, far side or not', () => {
    expect(roleOf({ kind: 'client', ...op('execute_tool') }, below({ kind: 'server', process: 'far' }))).toBe('tool');
  });

  it('lets a childless span of another process stand for what that process did', () => {
    expect(roleOf({ kind: 'server', process: 'far' })).toBe('io');
    expect(roleOf({ process: 'far' })).toBe('io');
    expect(roleOf({ process: 'far' }, below({ process: 'far' }))).toBe('none');
  });
});
