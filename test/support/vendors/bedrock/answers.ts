import type { Faults } from '../vendor.ts';
import type { EventMessage } from './event-stream.ts';

type Body = Record<string, unknown>;

/** 11 in and 7 more from or into the cache; 4 out. */
const CONVERSE_USAGE = {
  inputTokens: 11,
  outputTokens: 4,
  totalTokens: 22,
  cacheReadInputTokens: 5,
  cacheWriteInputTokens: 2,
};
const CLAUDE_USAGE = {
  input_tokens: 11,
  output_tokens: 4,
  cache_read_input_tokens: 5,
  cache_creation_input_tokens: 2,
};

/** The first tool that is offered, until its result is there. */
function toolOf(body: Body): string | undefined {
  const messages = (body.messages ?? []) as { content?: unknown }[];
  const last = messages.at(-1)?.content;
  const isAnswered = Array.isArray(last) && last.some((block) => 'toolResult' in block);
  const { tools } = (body.toolConfig ?? {}) as { tools?: { toolSpec: { name: string } }[] };
  return isAnswered ? undefined : tools?.[0]?.toolSpec.name;
}

export function converse(body: Body): unknown {
  const tool = toolOf(body);
  const content =
    tool === undefined
      ? { text: 'This is an answer.' }
      : { toolUse: { toolUseId: 'tooluse_1', name: tool, input: {} } };
  return {
    output: { message: { role: 'assistant', content: [content] } },
    stopReason: tool === undefined ? 'end_turn' : 'tool_use',
    usage: CONVERSE_USAGE,
    metrics: { latencyMs: 12 },
  };
}

const event = (type: string, payload: unknown): EventMessage => ({ type, payload });

export function* converseEvents(body: Body, faults: Faults): Generator<EventMessage> {
  const tool = toolOf(body);
  yield event('messageStart', { role: 'assistant' });
  if (tool === undefined) {
    for (const text of textPieces(faults)) {
      yield event('contentBlockDelta', { contentBlockIndex: 0, delta: { text } });
    }
  } else {
    const start = { toolUse: { toolUseId: 'tooluse_1', name: tool } };
    yield event('contentBlockStart', { contentBlockIndex: 0, start });
    yield event('contentBlockDelta', { contentBlockIndex: 0, delta: { toolUse: { input: '{}' } } });
  }
  yield event('contentBlockStop', { contentBlockIndex: 0 });
  yield event('messageStop', { stopReason: tool === undefined ? 'end_turn' : 'tool_use' });
  yield event('metadata', { usage: CONVERSE_USAGE, metrics: { latencyMs: 12 } });
}

function textPieces({ pieces }: Faults): string[] {
  return pieces === undefined ? ['This ', 'is an', ' answ', 'er.'] : Array.from({ length: pieces }, (_, i) => `${i} `);
}

/** By the beginning of the model's name, as each family has a format of its own. */
export function invoke(model: string, body: Body): unknown {
  if (model.includes('multimodal-embeddings')) return { embeddings: [{ embeddingType: 'TEXT', embedding: [0.5] }] };
  if (model.startsWith('anthropic.')) {
    return {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude-fake-20261101',
      content: [
        { type: 'text', text: 'This is an answer.' },
        { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} },
      ],
      stop_reason: 'tool_use',
      usage: CLAUDE_USAGE,
    };
  }
  if (model.startsWith('amazon.nova')) return converse(body);
  if (model.startsWith('amazon.titan-embed')) return { embedding: [0.5, 0.25], inputTextTokenCount: 3 };
  if (model.startsWith('amazon.titan')) {
    const result = { tokenCount: 4, outputText: 'This is an answer.', completionReason: 'FINISH' };
    return { inputTextTokenCount: 11, results: [result] };
  }
  if (model.startsWith('cohere.embed')) return { id: 'emb_1', embeddings: (body.texts as string[]).map(() => [0.5]) };
  if (model.startsWith('meta.')) {
    const text = 'This is an answer.';
    return { generation: text, prompt_token_count: 11, generation_token_count: 4, stop_reason: 'stop' };
  }
  if (model.startsWith('mistral.')) return { outputs: [{ text: 'This is an answer.', stop_reason: 'stop' }] };
  const choice = { index: 0, message: { role: 'assistant', content: 'This is an answer.' }, finish_reason: 'stop' };
  return { id: 'cmpl_1', model, choices: [choice], usage: { prompt_tokens: 11, completion_tokens: 4 } };
}

const METRICS = {
  'amazon-bedrock-invocationMetrics': {
    inputTokenCount: 11,
    outputTokenCount: 4,
    cacheReadInputTokenCount: 5,
    cacheWriteInputTokenCount: 2,
    invocationLatency: 12,
    firstByteLatency: 3,
  },
};

export function* invokeEvents(model: string, faults: Faults): Generator<EventMessage> {
  for (const piece of invokePieces(model, faults)) {
    yield event('chunk', { bytes: Buffer.from(JSON.stringify(piece)).toString('base64') });
  }
}

function* invokePieces(model: string, faults: Faults): Generator<unknown> {
  if (!model.startsWith('anthropic.')) {
    for (const generation of textPieces(faults)) yield { generation, stop_reason: null };
    yield { generation: '', stop_reason: 'stop', ...METRICS };
    return;
  }
  const usage = { input_tokens: 11, output_tokens: 1 };
  yield { type: 'message_start', message: { id: 'msg_1', model: 'claude-fake-20261101', role: 'assistant', usage } };
  const block = { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} };
  yield { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } };
  for (const text of textPieces(faults)) {
    yield { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } };
  }
  yield { type: 'content_block_start', index: 1, content_block: block };
  yield { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 4 } };
  yield { type: 'message_stop', ...METRICS };
}
