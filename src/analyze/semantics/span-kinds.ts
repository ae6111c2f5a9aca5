import { SpanKind } from '../model/span.ts';
import type { Trace } from '../model/trace.ts';
import type { Kind } from './kinds.ts';

/** One attribute by which a dialect says what a span is. `weak` answers count only if no rule gives a strong one. */
interface KindRule {
  readonly key: string;
  kindOf(value: string, trace: Trace, span: number): Kind | undefined;
  readonly weak?: boolean;
}

/** A rule whose values are looked up in lower case; values not listed say nothing. */
function table(key: string, kinds: Readonly<Record<string, Kind>>): KindRule {
  const map = new Map(Object.entries(kinds));
  return { key, kindOf: (value) => map.get(value.toLowerCase()) };
}

/** What frameworks call a chain is the workflow when nothing is above it, and a step of one otherwise. */
function chain(key: string, names: readonly string[]): KindRule {
  return {
    key,
    weak: true,
    kindOf: (value, trace, span) =>
      names.includes(value.toLowerCase()) ? ((trace.parent[span] as number) < 0 ? 'workflow' : 'step') : undefined,
  };
}

const present = (key: string, kind: Kind): KindRule => ({ key, weak: true, kindOf: () => kind });

const VECTOR_STORES: ReadonlySet<string> = new Set([
  'pinecone',
  'qdrant',
  'chroma',
  'chromadb',
  'weaviate',
  'milvus',
  'pgvector',
]);

function databaseKind(value: string): Kind {
  return VECTOR_STORES.has(value.toLowerCase()) ? 'retrieval' : 'db';
}

/** The Vercel AI SDK up to version 6: the calls to a model are the operations that end in `.doX`. */
function aiSdkKind(value: string): Kind | undefined {
  const id = value.split(' ', 1)[0] as string;
  if (!id.startsWith('ai.')) return undefined;
  if (id === 'ai.toolCall') return 'tool';
  if (id.startsWith('ai.rerank')) return 'rerank';
  if (id.startsWith('ai.embed')) return id.endsWith('.doEmbed') ? 'embedding' : 'step';
  return /\.do(Generate|Stream)$/.test(id) ? 'llm' : 'agent';
}

/** `tools/call` is the tool as the client sees it; the server's side and all other methods are remote procedures. */
function mcpKind(value: string, trace: Trace, span: number): Kind {
  return value === 'tools/call' && trace.kind(span) !== SpanKind.server ? 'tool' : 'rpc';
}

/** First strong answer wins, then the first weak one. One entry per dialect, in the order of precedence. */
const RULES: readonly KindRule[] = [
  table('langfuse.observation.type', {
    agent: 'agent',
    tool: 'tool',
    embedding: 'embedding',
    guardrail: 'guardrail',
    evaluator: 'evaluator',
    generation: 'llm',
    retriever: 'retrieval',
  }),
  chain('langfuse.observation.type', ['chain']),
  table('openinference.span.kind', {
    llm: 'llm',
    agent: 'agent',
    tool: 'tool',
    retriever: 'retrieval',
    reranker: 'rerank',
    embedding: 'embedding',
    guardrail: 'guardrail',
    evaluator: 'evaluator',
    prompt: 'step',
  }),
  chain('openinference.span.kind', ['chain']),
  // Before gen_ai.operation.name: LangSmith writes `embeddings` there for retrievers and `chat` for prompts.
  table('langsmith.span.kind', {
    llm: 'llm',
    tool: 'tool',
    embedding: 'embedding',
    prompt: 'step',
    parser: 'step',
    retriever: 'retrieval',
  }),
  chain('langsmith.span.kind', ['chain']),
  table('mastra.span.type', {
    agent_run: 'agent',
    workflow_run: 'workflow',
    model_inference: 'llm',
    model_step: 'step',
    tool_call: 'tool',
    client_tool_call: 'tool',
    provider_tool_call: 'tool',
    mcp_tool_call: 'tool',
    mcp_server_request: 'rpc',
    rag_embedding: 'embedding',
    rag_vector_operation: 'retrieval',
    memory_operation: 'memory',
    processor_run: 'step',
  }),
  { key: 'mcp.method.name', kindOf: mcpKind },
  table('traceloop.span.kind', { workflow: 'workflow', agent: 'agent', tool: 'tool', task: 'step' }),
  table('gen_ai.operation.name', {
    chat: 'llm',
    text_completion: 'llm',
    completion: 'llm',
    generate_content: 'llm',
    generate: 'llm',
    embeddings: 'embedding',
    retrieval: 'retrieval',
    rerank: 'rerank',
    execute_tool: 'tool',
    invoke_agent: 'agent',
    create_agent: 'agent',
    invoke_workflow: 'workflow',
    plan: 'plan',
    create_memory_store: 'memory',
    delete_memory_store: 'memory',
    create_memory: 'memory',
    update_memory: 'memory',
    upsert_memory: 'memory',
    search_memory: 'memory',
    delete_memory: 'memory',
    agent_step: 'step',
    run_step: 'step',
    execute_agent_loop_cycle: 'step',
    output_messages: 'step',
    'guardrail.run': 'guardrail',
    guard: 'guardrail',
    apply_guardrail: 'guardrail',
    fetch_response: 'other',
  }),
  table('llm.request.type', { chat: 'llm', completion: 'llm', embedding: 'embedding', rerank: 'rerank' }),
  { key: 'ai.operationId', kindOf: aiSdkKind },
  { key: 'operation.name', kindOf: aiSdkKind },
  table('genkit:metadata:subtype', {
    model: 'llm',
    'background-model': 'llm',
    embedder: 'embedding',
    tool: 'tool',
    'tool.v2': 'tool',
    retriever: 'retrieval',
    evaluator: 'evaluator',
    flow: 'workflow',
  }),
  table('entity.type', { agent: 'agent', workflow: 'workflow', tool: 'tool' }),
  present('gen_ai.tool.name', 'tool'),
  present('gen_ai.tool.call.id', 'tool'),
  present('gen_ai.request.model', 'llm'),
  present('gen_ai.response.model', 'llm'),
  present('llm.model_name', 'llm'),
  { key: 'db.system.name', weak: true, kindOf: databaseKind },
  { key: 'db.system', weak: true, kindOf: databaseKind },
  present('db.query.text', 'db'),
  present('db.statement', 'db'),
  present('messaging.system', 'messaging'),
  present('rpc.system.name', 'rpc'),
  present('rpc.system', 'rpc'),
  present('http.request.method', 'http'),
  present('http.method', 'http'),
  present('url.full', 'http'),
  present('http.url', 'http'),
];

/** What each span of a trace is. Reads attributes and the span's kind alone, so that it holds for any tree. */
export function kindsOf(trace: Trace): readonly Kind[] {
  const { strings } = trace.table;
  const rules = RULES.filter((rule) => strings.find(rule.key) >= 0);
  return Array.from({ length: trace.size }, (_, span) => kindOf(trace, span, rules));
}

function kindOf(trace: Trace, span: number, rules: readonly KindRule[]): Kind {
  let fallback: Kind | undefined;
  for (const rule of rules) {
    if (rule.weak && fallback !== undefined) continue;
    const value = trace.attribute(span, rule.key);
    const kind = value === undefined ? undefined : rule.kindOf(value, trace, span);
    if (kind === undefined) continue;
    if (!rule.weak) return kind;
    fallback = kind;
  }
  if (fallback !== undefined) return fallback;
  const recorded = trace.kind(span);
  return recorded === SpanKind.producer || recorded === SpanKind.consumer ? 'messaging' : 'other';
}
