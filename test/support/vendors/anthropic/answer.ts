import { type Faults, faultsOf, type ReceivedRequest } from '../vendor.ts';

/** A tool that the fake model wants used. */
export interface AskedToolUse {
  readonly name: string;
  /** Default: `{}`. */
  readonly input?: Record<string, unknown>;
  /** Default: `toolu_<turn>_<number>`. */
  readonly id?: string;
}

/** What the fake model says. What is left out is as it is by default. */
export interface Answer {
  readonly text?: string;
  /** Thought aloud before it answers. Default: nothing. */
  readonly thinking?: string;
  readonly toolUses?: readonly AskedToolUse[];
  /** Of the message. Default: `msg_1`. */
  readonly id?: string;
  readonly faults?: Faults;
}

export interface Turn {
  readonly text: string;
  readonly thinking: string | undefined;
  readonly toolUses: readonly Required<AskedToolUse>[];
  readonly id: string;
  readonly faults: Faults;
  readonly model: string;
  readonly body: Record<string, unknown>;
}

type Block = Record<string, unknown>;

/** 6 tokens of input, 3 more read from the cache and 2 written to it. */
export const INPUT_USAGE = { input_tokens: 6, cache_creation_input_tokens: 2, cache_read_input_tokens: 3 };
export const OUTPUT_TOKENS = 4;
/** Part of the output, where the model thinks aloud. */
const THINKING_TOKENS = 2;

export function outputUsageOf({ thinking }: Turn, outputTokens = OUTPUT_TOKENS): Block {
  const details = { output_tokens_details: { thinking_tokens: THINKING_TOKENS } };
  return { output_tokens: outputTokens, ...(thinking === undefined ? {} : details) };
}

export function turnOf(request: ReceivedRequest, script: (request: ReceivedRequest) => Answer | undefined): Turn {
  const body = request.body ?? {};
  const scripted = script(request) ?? {};
  const name = String(body.model ?? 'claude-fake');
  const turn = messagesOf(body).filter(({ role }) => role === 'assistant').length + 1;
  return {
    text: scripted.text ?? 'This is an answer.',
    thinking: scripted.thinking,
    toolUses: (scripted.toolUses ?? defaultTools(body)).map((tool, i) => ({
      name: tool.name,
      input: tool.input ?? {},
      id: tool.id ?? `toolu_${turn}_${i + 1}`,
    })),
    id: scripted.id ?? 'msg_1',
    faults: { ...faultsOf(name), ...scripted.faults },
    model: `${name.split(':')[0]}-20261101`,
    body,
  };
}

/** Thinking first, then text or tools. */
export function blocksOf({ text, thinking, toolUses }: Turn): Block[] {
  const thought = thinking === undefined ? [] : [{ type: 'thinking', thinking, signature: 'c2lnbmVk' }];
  if (toolUses.length === 0) return [...thought, { type: 'text', text, citations: null }];
  return [...thought, ...toolUses.map(({ id, name, input }) => ({ type: 'tool_use', id, name, input }))];
}

export function stopReasonOf({ toolUses }: Turn): string {
  return toolUses.length > 0 ? 'tool_use' : 'end_turn';
}

function messagesOf(body: Record<string, unknown>): { role?: string; content?: unknown }[] {
  return Array.isArray(body.messages) ? body.messages : [];
}

/** The first tool that was offered, until a tool's result is there. */
function defaultTools(body: Record<string, unknown>): AskedToolUse[] {
  const content = messagesOf(body).at(-1)?.content;
  const isAnswered = Array.isArray(content) && content.some((block: Block) => block.type === 'tool_result');
  if (isAnswered || !Array.isArray(body.tools)) return [];
  return (body.tools as { name: string }[]).slice(0, 1).map(({ name }) => ({ name }));
}
