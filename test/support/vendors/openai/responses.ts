import type { SseEvent } from '../vendor.ts';
import { piecesOf, RESPONSES_USAGE, type Turn } from './answer.ts';

type Item = Record<string, unknown>;

function responseOf(turn: Turn, status: string, output: Item[]): Item {
  const { body } = turn;
  return {
    id: 'resp_1',
    object: 'response',
    created_at: 1_800_000_000,
    status,
    background: false,
    error: null,
    incomplete_details: null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    model: turn.model,
    output,
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: body.previous_response_id ?? null,
    reasoning: body.reasoning ?? { effort: null, summary: null },
    service_tier: 'default',
    store: body.store ?? true,
    temperature: body.temperature ?? 1,
    text: body.text ?? { format: { type: 'text' } },
    tool_choice: body.tool_choice ?? 'auto',
    tools: body.tools ?? [],
    top_p: body.top_p ?? 1,
    truncation: 'disabled',
    usage: status === 'completed' ? RESPONSES_USAGE : null,
    metadata: {},
  };
}

function textPart(text: string): Item {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}

function messageItem(status: string, content: Item[]): Item {
  return { type: 'message', id: 'msg_1', status, role: 'assistant', content };
}

function callItems(turn: Turn, status: string): Item[] {
  return turn.toolCalls.map((tool, i) => ({
    type: 'function_call',
    id: `fc_${i + 1}`,
    call_id: tool.id,
    name: tool.name,
    arguments: status === 'completed' ? tool.arguments : '',
    status,
  }));
}

function outputOf(turn: Turn): Item[] {
  if (turn.toolCalls.length > 0) return callItems(turn, 'completed');
  const part = turn.refusal === undefined ? textPart(turn.text) : { type: 'refusal', refusal: turn.refusal };
  return [messageItem('completed', [part])];
}

export function response(turn: Turn): unknown {
  return responseOf(turn, 'completed', outputOf(turn));
}

/** A conversation made short: what it comes to can be read by nobody but the API. */
export function compaction(): unknown {
  const output = [{ type: 'compaction', id: 'cmp_1', encrypted_content: 'gAAA' }];
  return { id: 'resp_1', object: 'response.compaction', created_at: 1_800_000_000, output, usage: RESPONSES_USAGE };
}

/** The events of one answer, numbered, each under its own SSE event name. */
export function* responseEvents(turn: Turn): Generator<SseEvent> {
  let number = 0;
  const event = (type: string, rest: Item): SseEvent => ({
    event: type,
    data: { type, sequence_number: number++, ...rest },
  });
  const started = responseOf(turn, 'in_progress', []);
  yield event('response.created', { response: started });
  yield event('response.in_progress', { response: started });
  const parts = turn.toolCalls.length > 0 ? callEvents(turn) : textEvents(turn);
  for (const [type, rest] of parts) yield event(type, rest);
  yield event('response.completed', { response: responseOf(turn, 'completed', outputOf(turn)) });
}

type NamedEvent = [type: string, rest: Item];

function* textEvents(turn: Turn): Generator<NamedEvent> {
  const at = { item_id: 'msg_1', output_index: 0, content_index: 0 };
  const text = turn.faults.pieces === undefined ? turn.text : piecesOf(turn).join('');
  yield ['response.output_item.added', { output_index: 0, item: messageItem('in_progress', []) }];
  yield ['response.content_part.added', { ...at, part: textPart('') }];
  for (const delta of piecesOf(turn)) yield ['response.output_text.delta', { ...at, delta, logprobs: [] }];
  yield ['response.output_text.done', { ...at, text, logprobs: [] }];
  yield ['response.content_part.done', { ...at, part: textPart(text) }];
  yield ['response.output_item.done', { output_index: 0, item: messageItem('completed', [textPart(text)]) }];
}

function* callEvents(turn: Turn): Generator<NamedEvent> {
  const done = callItems(turn, 'completed');
  for (const [index, item] of callItems(turn, 'in_progress').entries()) {
    const at = { item_id: item.id, output_index: index };
    const text = done[index]!.arguments;
    yield ['response.output_item.added', { output_index: index, item }];
    yield ['response.function_call_arguments.delta', { ...at, delta: text }];
    yield ['response.function_call_arguments.done', { ...at, name: item.name, arguments: text }];
    yield ['response.output_item.done', { output_index: index, item: done[index] }];
  }
}
