/** What a span is, whichever dialect said so. The names are part of the JSON report. */
export type Kind =
  | 'llm'
  | 'embedding'
  | 'rerank'
  | 'tool'
  | 'retrieval'
  | 'memory'
  | 'agent'
  | 'workflow'
  | 'step'
  | 'plan'
  | 'guardrail'
  | 'evaluator'
  | 'db'
  | 'http'
  | 'rpc'
  | 'messaging'
  | 'other';

/** The part a span plays in the critical path (definition D2 of docs/critical-path.md). */
export type Role = 'llm' | 'tool' | 'agent' | 'io' | 'none';
