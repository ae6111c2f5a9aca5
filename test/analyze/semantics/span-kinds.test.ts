import { describe, expect, it } from 'vitest';
import { kindsOf } from '../../../src/analyze/semantics/span-kinds.ts';
import { type SpanDrawing, traceFrom } from '../../support/trace-from.ts';

type Attributes = NonNullable<SpanDrawing['attributes']>;

function kindOf(attributes: Attributes, more: Partial<SpanDrawing> = {}): string | undefined {
  const trace = traceFrom([
    { id: 'root', start: 0, end: 10 },
    { id: 'span', parent: 'root', start: 1, end: 9, attributes, ...more },
  ]);
  return kindsOf(trace)[1];
}

describe('kinds by dialect', () => {
  it.each<[string, Attributes, string]>([
    ['GenAI conventions, a model call', { 'gen_ai.operation.name': 'chat' }, 'llm'],
    ['GenAI conventions, embeddings', { 'gen_ai.operation.name': 'embeddings' }, 'embedding'],
    ['GenAI conventions, a tool', { 'gen_ai.operation.name': 'execute_tool' }, 'tool'],
    ['GenAI conventions, an agent', { 'gen_ai.operation.name': 'invoke_agent' }, 'agent'],
    ['GenAI conventions, retrieval', { 'gen_ai.operation.name': 'retrieval' }, 'retrieval'],
    ['GenAI conventions, memory', { 'gen_ai.operation.name': 'search_memory' }, 'memory'],
    ['OpenInference, in upper case', { 'openinference.span.kind': 'RERANKER' }, 'rerank'],
    ['Traceloop', { 'traceloop.span.kind': 'task' }, 'step'],
    ['Langfuse', { 'langfuse.observation.type': 'generation' }, 'llm'],
    ['Mastra', { 'mastra.span.type': 'rag_embedding' }, 'embedding'],
    ['the AI SDK, a call to the model', { 'ai.operationId': 'ai.streamText.doStream' }, 'llm'],
    ['the AI SDK, what is around it', { 'ai.operationId': 'ai.streamText' }, 'agent'],
    ['the AI SDK, in operation.name', { 'operation.name': 'ai.toolCall my-function' }, 'tool'],
    ['Genkit', { 'genkit:metadata:subtype': 'retriever' }, 'retrieval'],
    ['a model name and nothing else', { 'llm.model_name': 'm' }, 'llm'],
    ['a tool name and nothing else', { 'gen_ai.tool.name': 't' }, 'tool'],
    ['a database', { 'db.system.name': 'postgresql' }, 'db'],
    ['a vector store', { 'db.system': 'Qdrant' }, 'retrieval'],
    ['HTTP, old names', { 'http.method': 'GET', 'http.url': 'http://a/' }, 'http'],
    ['a remote procedure', { 'rpc.system': 'grpc' }, 'rpc'],
    ['messaging', { 'messaging.system': 'kafka' }, 'messaging'],
    ['nothing known', { 'http.route': '/x' }, 'other'],
  ])('%s', (_, attributes, kind) => {
    expect(kindOf(attributes)).toBe(kind);
  });

  it('takes LangSmith at its own word, not at the operation it writes beside it', () => {
    expect(kindOf({ 'langsmith.span.kind': 'retriever', 'gen_ai.operation.name': 'embeddings' })).toBe('retrieval');
  });

  it('lets what is known for sure win over what is only likely', () => {
    const model = { 'gen_ai.request.model': 'm', 'db.system': 'redis' };
    expect(kindOf(model)).toBe('llm');
    expect(kindOf({ ...model, 'gen_ai.operation.name': 'invoke_agent' })).toBe('agent');
    expect(kindOf({ 'openinference.span.kind': 'CHAIN', 'gen_ai.operation.name': 'chat' })).toBe('llm');
  });

  it('goes on to the next dialect where a value is unknown', () => {
    expect(kindOf({ 'langfuse.observation.type': 'span', 'gen_ai.operation.name': 'chat' })).toBe('llm');
    expect(kindOf({ 'gen_ai.operation.name': 'something_new' })).toBe('other');
  });

  it('calls a chain a workflow at the top and a step below it', () => {
    const chain = { 'openinference.span.kind': 'CHAIN' };
    const trace = traceFrom([
      { id: 'a', start: 0, end: 10, attributes: chain },
      { id: 'b', parent: 'a', start: 1, end: 9, attributes: chain },
    ]);
    expect(kindsOf(trace)).toEqual(['workflow', 'step']);
  });

  it('takes tools/call of MCP as the tool on the side that calls', () => {
    const call = { 'mcp.method.name': 'tools/call' };
    expect(kindOf(call, { kind: 'client' })).toBe('tool');
    expect(kindOf(call, { kind: 'server' })).toBe('rpc');
    expect(kindOf({ 'mcp.method.name': 'tools/list' }, { kind: 'client' })).toBe('rpc');
  });

  it('takes producers and consumers without attributes for messaging', () => {
    expect(kindOf({}, { kind: 'producer' })).toBe('messaging');
    expect(kindOf({}, { kind: 'client' })).toBe('other');
  });
});
