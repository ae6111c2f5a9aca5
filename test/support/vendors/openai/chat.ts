import type { SseEvent } from '../vendor.ts';
import { CHAT_USAGE, piecesOf, type Turn } from './answer.ts';

const COMMON = { created: 1_800_000_000, service_tier: 'default', system_fingerprint: 'fp_fake' };

function choicesOf(turn: Turn): number[] {
  return Array.from({ length: Number(turn.body.n ?? 1) }, (_, index) => index);
}

function finishOf(turn: Turn): string {
  return turn.toolCalls.length > 0 ? 'tool_calls' : 'stop';
}

export function chatCompletion(turn: Turn): unknown {
  const toolCalls = turn.toolCalls.map((tool) => ({
    id: tool.id,
    type: 'function',
    function: { name: tool.name, arguments: tool.arguments },
  }));
  const message = {
    role: 'assistant',
    content: toolCalls.length > 0 || turn.refusal !== undefined ? null : turn.text,
    refusal: turn.refusal ?? null,
    ...(toolCalls.length > 0 ? { tool_calls: toolCalls } : {}),
  };
  return {
    id: turn.id,
    ...COMMON,
    object: 'chat.completion',
    model: turn.model,
    choices: choicesOf(turn).map((index) => ({ index, message, logprobs: null, finish_reason: finishOf(turn) })),
    usage: CHAT_USAGE,
  };
}

/** As the API sends them: role first, then deltas, the reason, the usage if it was asked for, `[DONE]`. */
export function* chatChunks(turn: Turn): Generator<SseEvent> {
  const withUsage = (turn.body.stream_options as { include_usage?: boolean } | undefined)?.include_usage === true;
  const chunk = (choices: unknown[], usage: unknown = null): SseEvent => ({
    data: {
      id: turn.id,
      ...COMMON,
      object: 'chat.completion.chunk',
      model: turn.model,
      choices,
      ...(withUsage ? { usage } : {}),
    },
  });
  const delta = (index: number, piece: unknown, finish: string | null = null) =>
    chunk([{ index, delta: piece, logprobs: null, finish_reason: finish }]);
  for (const index of choicesOf(turn)) {
    yield delta(index, { role: 'assistant', content: turn.toolCalls.length > 0 ? null : '', refusal: null });
    for (const piece of deltasOf(turn)) yield delta(index, piece);
    yield delta(index, {}, finishOf(turn));
  }
  if (withUsage) yield chunk([], CHAT_USAGE);
  yield { data: '[DONE]' };
}

function deltasOf(turn: Turn): unknown[] {
  if (turn.toolCalls.length === 0) return piecesOf(turn).map((content) => ({ content }));
  return turn.toolCalls.flatMap((tool, index) => {
    const half = Math.ceil((tool.arguments ?? '').length / 2);
    const pieces = [(tool.arguments ?? '').slice(0, half), (tool.arguments ?? '').slice(half)];
    return [
      { tool_calls: [{ index, id: tool.id, type: 'function', function: { name: tool.name, arguments: '' } }] },
      ...pieces.map((text) => ({ tool_calls: [{ index, function: { arguments: text } }] })),
    ];
  });
}

/** The older API: plain text in and out, no streams. */
export function textCompletion(turn: Turn): unknown {
  const choices = choicesOf(turn).map((index) => ({ index, text: turn.text, logprobs: null, finish_reason: 'stop' }));
  return { ...COMMON, id: 'cmpl-1', object: 'text_completion', model: turn.model, choices, usage: CHAT_USAGE };
}
