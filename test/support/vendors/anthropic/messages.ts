import type { SseEvent } from '../vendor.ts';
import { blocksOf, INPUT_USAGE, OUTPUT_TOKENS, outputUsageOf, stopReasonOf, type Turn } from './answer.ts';

type Block = Record<string, unknown>;

function messageOf(turn: Turn, content: Block[], stopReason: string | null, outputTokens: number): Block {
  return {
    id: turn.id,
    type: 'message',
    role: 'assistant',
    model: turn.model,
    content,
    stop_reason: stopReason,
    stop_sequence: null,
    usage: { ...INPUT_USAGE, ...outputUsageOf(turn, outputTokens), service_tier: 'standard' },
  };
}

export function message(turn: Turn): unknown {
  return messageOf(turn, blocksOf(turn), stopReasonOf(turn), OUTPUT_TOKENS);
}

/** The events of one answer, each under its own SSE event name. */
export function* messageEvents(turn: Turn): Generator<SseEvent> {
  const event = (type: string, rest: Block): SseEvent => ({ event: type, data: { type, ...rest } });
  yield event('message_start', { message: messageOf(turn, [], null, 1) });
  for (const [index, block] of blocksOf(turn).entries()) {
    yield event('content_block_start', { index, content_block: emptied(block) });
    if (index === 0) yield event('ping', {});
    for (const delta of deltasOf(block, turn)) yield event('content_block_delta', { index, delta });
    yield event('content_block_stop', { index });
  }
  const delta = { stop_reason: stopReasonOf(turn), stop_sequence: null };
  yield event('message_delta', { delta, usage: { ...INPUT_USAGE, ...outputUsageOf(turn) } });
  yield event('message_stop', {});
}

function emptied(block: Block): Block {
  if (block.type === 'text') return { ...block, text: '' };
  if (block.type === 'thinking') return { ...block, thinking: '', signature: '' };
  return { ...block, input: {} };
}

function deltasOf(block: Block, { faults }: Turn): Block[] {
  if (block.type === 'tool_use') return halves(JSON.stringify(block.input)).map(inputDelta);
  if (block.type === 'thinking') {
    const signature = { type: 'signature_delta', signature: block.signature };
    return [...halves(String(block.thinking)).map((thinking) => ({ type: 'thinking_delta', thinking })), signature];
  }
  const { pieces } = faults;
  const texts = pieces === undefined ? halves(String(block.text)) : Array.from({ length: pieces }, (_, i) => `${i} `);
  return texts.map((text) => ({ type: 'text_delta', text }));
}

function inputDelta(text: string): Block {
  return { type: 'input_json_delta', partial_json: text };
}

function halves(text: string): string[] {
  const half = Math.ceil(text.length / 2);
  return [text.slice(0, half), text.slice(half)];
}
