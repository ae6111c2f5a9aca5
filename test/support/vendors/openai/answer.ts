import { type Faults, faultsOf, type ReceivedRequest } from '../vendor.ts';

/** A function that the fake model wants called. */
export interface AskedTool {
  readonly name: string;
  /** As JSON text. Default: `{}`. */
  readonly arguments?: string;
  /** Default: `call_1`, `call_2`, … in the order they are asked for within one answer, after the turn's number. */
  readonly id?: string;
}

/** What the fake model says. What is left out is as it is by default. */
export interface Answer {
  /** Of a chat completion. Default: `chatcmpl-1`. */
  readonly id?: string;
  readonly text?: string;
  readonly toolCalls?: readonly AskedTool[];
  readonly refusal?: string;
  readonly faults?: Faults;
}

export interface Turn extends Required<Omit<Answer, 'refusal'>> {
  readonly refusal: string | undefined;
  /** As asked for, without what follows the colon, and with a date: the model that answers. */
  readonly model: string;
  readonly body: Record<string, unknown>;
}

/** 11 tokens in, 5 of them cached; 4 out, 2 of them reasoning. */
export const CHAT_USAGE = {
  prompt_tokens: 11,
  completion_tokens: 4,
  total_tokens: 15,
  prompt_tokens_details: { cached_tokens: 5, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 2, audio_tokens: 0 },
};

export const RESPONSES_USAGE = {
  input_tokens: 11,
  input_tokens_details: { cached_tokens: 5 },
  output_tokens: 4,
  output_tokens_details: { reasoning_tokens: 2 },
  total_tokens: 15,
};

export function turnOf(request: ReceivedRequest, script: (request: ReceivedRequest) => Answer | undefined): Turn {
  const body = request.body ?? {};
  const scripted = script(request) ?? {};
  const name = String(body.model ?? 'gpt-fake');
  return {
    id: scripted.id ?? 'chatcmpl-1',
    text: scripted.text ?? (wantsJson(body) ? '{"answer":42}' : 'This is an answer.'),
    toolCalls: (scripted.toolCalls ?? defaultTools(body)).map((tool, i) => ({
      name: tool.name,
      arguments: tool.arguments ?? '{}',
      id: tool.id ?? `call_${turnNumber(body)}_${i + 1}`,
    })),
    refusal: scripted.refusal,
    faults: { ...faultsOf(name), ...scripted.faults },
    model: `${name.split(':')[0]}-2026-11-01`,
    body,
  };
}

/** The text of an answer in pieces, four unless a fault asks for more. */
export function piecesOf({ text, faults }: Turn): string[] {
  const count = faults.pieces ?? 4;
  if (faults.pieces !== undefined) return Array.from({ length: count }, (_, i) => `${i} `);
  const size = Math.max(1, Math.ceil(text.length / count));
  return text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
}

function messagesOf(body: Record<string, unknown>): Record<string, unknown>[] {
  const messages = body.messages ?? body.input;
  return Array.isArray(messages) ? (messages as Record<string, unknown>[]) : [];
}

/** One for the first answer, two for the one after tools' results … */
function turnNumber(body: Record<string, unknown>): number {
  return (
    1 + messagesOf(body).filter((message) => message.role === 'assistant' || message.type === 'function_call').length
  );
}

/** The tools that were offered, until their results are there; all of them with `parallel_tool_calls: true`. */
function defaultTools(body: Record<string, unknown>): AskedTool[] {
  const last = messagesOf(body).at(-1);
  if (last?.role === 'tool' || last?.type === 'function_call_output' || body.tool_choice === 'none') return [];
  const tools = (Array.isArray(body.tools) ? body.tools : []) as { name?: string; function?: { name: string } }[];
  const named = tools.flatMap((tool) => tool.function?.name ?? tool.name ?? []).map((name) => ({ name }));
  return body.parallel_tool_calls === true ? named : named.slice(0, 1);
}

function wantsJson(body: Record<string, unknown>): boolean {
  const format = (body.response_format ?? (body.text as { format?: unknown } | undefined)?.format) as
    | { type?: string }
    | undefined;
  return format?.type === 'json_schema' || format?.type === 'json_object';
}
