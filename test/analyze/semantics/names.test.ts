import { describe, expect, it } from 'vitest';
import { nameWithoutIds } from '../../../src/analyze/semantics/fingerprints/id-like.ts';
import { agentName, canonicalName, toolName } from '../../../src/analyze/semantics/names.ts';
import { kindsOf } from '../../../src/analyze/semantics/span-kinds.ts';
import { type SpanDrawing, traceFrom } from '../../support/trace-from.ts';

const traceOf = (span: Partial<SpanDrawing>) => traceFrom([{ id: 'A', start: 0, end: 1, ...span }]);
const canonical = (span: Partial<SpanDrawing>): string => {
  const trace = traceOf(span);
  return canonicalName(trace, 0, kindsOf(trace)[0] ?? 'other');
};

describe('a name without ids', () => {
  it.each([
    ['process item 17', 'process item {id}'],
    ['worker-17', 'worker-{id}'],
    ['GET /users/42', 'GET /users/{id}'],
    ['job 550e8400-e29b-41d4-a716-446655440000 done', 'job {id} done'],
    ['load(orders)', 'load(orders)'],
    ['step_2', 'step_{id}'],
    ['v2', 'v2'],
  ])('of %j is %j', (name, expected) => {
    expect(nameWithoutIds(name)).toBe(expected);
  });
});

describe('the name of a tool', () => {
  it.each<[Partial<SpanDrawing>, string]>([
    [{ name: 'x', attributes: { 'gen_ai.tool.name': 'search' } }, 'search'],
    [{ name: 'execute_tool search' }, 'search'],
    [{ name: 'tools/call search' }, 'search'],
    [{ name: 'search.tool' }, 'search'],
    [{ name: 'search' }, 'search'],
  ])('of %j is %s', (span, expected) => {
    expect(toolName(traceOf(span), 0)).toBe(expected);
  });
});

describe('the canonical name', () => {
  it.each<[Partial<SpanDrawing>, string]>([
    [{ name: 'invoke_agent planner', attributes: { 'gen_ai.operation.name': 'invoke_agent' } }, 'agent:planner'],
    [
      { name: 'Agent.run', attributes: { 'openinference.span.kind': 'AGENT', 'agent.name': 'planner' } },
      'agent:planner',
    ],
    [{ name: 'Agent.run', attributes: { 'gen_ai.operation.name': 'invoke_agent' } }, 'agent'],
    [{ name: 'chat m', attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm' } }, 'llm:m'],
    [
      { name: 'GET', kind: 'server', attributes: { 'http.request.method': 'GET', 'http.route': '/users/:id' } },
      'http:GET /users/:id',
    ],
    [{ name: 'GET /users/42', kind: 'server', attributes: { 'http.request.method': 'GET' } }, 'http:GET /users/{id}'],
    [{ name: 'load 7' }, 'other:load {id}'],
  ])('of %j is %s', (span, expected) => {
    expect(canonical(span)).toBe(expected);
  });

  it('names no agent where none is named', () => {
    expect(agentName(traceOf({ name: 'run' }), 0)).toBeUndefined();
  });
});
