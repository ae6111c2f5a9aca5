import { type Attributes, SpanKind } from '@opentelemetry/api';
import { type Sampler, SamplingDecision } from '@opentelemetry/sdk-trace-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  agent,
  embedding,
  llm,
  retrieval,
  step,
  tool,
  type WrapOptions,
  workflow,
} from '../../src/instrument/index.ts';
import { attributesOf, type Recorder, startRecorder } from './recorder.ts';

let recorder: Recorder;
let seenBySampler: Attributes[];

beforeEach(() => {
  seenBySampler = [];
  const sampler: Sampler = {
    shouldSample: (_context, _traceId, _name, _kind, attributes) => {
      seenBySampler.push({ ...attributes });
      return { decision: SamplingDecision.RECORD_AND_SAMPLED };
    },
    toString: () => 'seeing',
  };
  recorder = startRecorder(sampler);
});

afterEach(() => recorder.stop());

const KINDS = { agent, workflow, step, tool, llm, embedding, retrieval };
const SERVER = { address: 'api.example.com', port: 443 };
const SERVER_ATTRIBUTES = { 'server.address': 'api.example.com', 'server.port': 443 };

interface Case {
  readonly kind: keyof typeof KINDS;
  readonly name: string;
  readonly options?: WrapOptions;
  readonly span: string;
  readonly spanKind?: SpanKind;
  readonly attributes: Attributes;
}

const CASES: readonly Case[] = [
  {
    kind: 'agent',
    name: 'planner',
    span: 'invoke_agent planner',
    attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'planner' },
  },
  {
    kind: 'agent',
    name: 'planner',
    options: { remote: true, provider: 'openai', model: 'm', server: SERVER },
    span: 'invoke_agent planner',
    spanKind: SpanKind.CLIENT,
    attributes: {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'planner',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'm',
      ...SERVER_ATTRIBUTES,
    },
  },
  {
    kind: 'workflow',
    name: 'trip',
    span: 'invoke_workflow trip',
    attributes: { 'gen_ai.operation.name': 'invoke_workflow', 'gen_ai.workflow.name': 'trip' },
  },
  { kind: 'step', name: 'merge facts', span: 'merge facts', attributes: {} },
  {
    kind: 'tool',
    name: 'search',
    span: 'execute_tool search',
    attributes: {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'search',
      'gen_ai.tool.type': 'function',
    },
  },
  {
    kind: 'tool',
    name: 'search',
    options: { attributes: { 'gen_ai.tool.type': 'datastore', extra: 1 } },
    span: 'execute_tool search',
    attributes: {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'search',
      'gen_ai.tool.type': 'datastore',
      extra: 1,
    },
  },
  {
    kind: 'llm',
    name: 'chat',
    options: { model: 'llama-3', provider: 'ollama', server: '127.0.0.1' },
    span: 'chat llama-3',
    spanKind: SpanKind.CLIENT,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'llama-3',
      'gen_ai.provider.name': 'ollama',
      'server.address': '127.0.0.1',
    },
  },
  {
    kind: 'llm',
    name: 'generate_content',
    options: { model: 'm', remote: false },
    span: 'generate_content m',
    attributes: { 'gen_ai.operation.name': 'generate_content', 'gen_ai.request.model': 'm' },
  },
  {
    kind: 'llm',
    name: 'summarise',
    span: 'chat',
    spanKind: SpanKind.CLIENT,
    attributes: { 'gen_ai.operation.name': 'chat', 'ta.name': 'summarise' },
  },
  {
    kind: 'embedding',
    name: 'embeddings',
    options: { model: 'e-1' },
    span: 'embeddings e-1',
    spanKind: SpanKind.CLIENT,
    attributes: { 'gen_ai.operation.name': 'embeddings', 'gen_ai.request.model': 'e-1' },
  },
  {
    kind: 'retrieval',
    name: 'docs',
    span: 'retrieval docs',
    spanKind: SpanKind.CLIENT,
    attributes: { 'gen_ai.operation.name': 'retrieval', 'gen_ai.data_source.id': 'docs' },
  },
  {
    kind: 'retrieval',
    name: 'find',
    options: { dataSource: 'docs' },
    span: 'retrieval docs',
    spanKind: SpanKind.CLIENT,
    attributes: {
      'gen_ai.operation.name': 'retrieval',
      'gen_ai.data_source.id': 'docs',
      'ta.name': 'find',
    },
  },
];

describe('the span of a call', () => {
  it.each(CASES)('of $kind "$name" is $span, and complete when it starts', (given) => {
    KINDS[given.kind](given.name, given.options, () => undefined)();
    const span = recorder.span(given.span);
    expect(span.kind).toBe(given.spanKind ?? SpanKind.INTERNAL);
    expect(attributesOf(span)).toEqual(given.attributes);
    expect(seenBySampler).toEqual([given.attributes]);
    expect(span.instrumentationScope.name).toBe('trace-analyze');
  });

  it('takes options after the function as well', () => {
    llm('chat', () => 1, { model: 'm' })();
    expect(recorder.span('chat m').attributes['gen_ai.request.model']).toBe('m');
  });

  it('is named from the arguments where asked for, or as given where that throws', () => {
    const call = tool('any', { name: ([city]: [string]) => city.toLowerCase() }, (_city: string) => 1);
    call('PARIS');
    call(7 as unknown as string);
    expect(recorder.span('execute_tool paris').attributes['gen_ai.tool.name']).toBe('paris');
    expect(recorder.span('execute_tool any').attributes['gen_ai.tool.name']).toBe('any');
  });

  it('carries links', () => {
    const context = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };
    tool('x', { links: [{ context }] }, () => 1)();
    expect(recorder.span('execute_tool x').links.map((link) => link.context)).toEqual([context]);
  });
});
