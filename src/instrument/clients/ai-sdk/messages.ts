import { type Message, type Part, type Prompt, parsed, TextPieces, textPart } from '../api/messages.ts';
import { known, listOf, type Shape, shapeOf, textOf } from '../api/shape.ts';

const MAX_PARTS = 128;

/** Messages of the SDK, or of a provider's prompt, which may be JSON text. */
export function promptOf(messages: unknown, instructions: unknown): Prompt {
  const text = textOf(instructions);
  return {
    messages: listOf(parsed(messages)).map((message) => {
      const { role, content } = shapeOf(message);
      return { role: textOf(role) ?? 'user', parts: partsOf(content) };
    }),
    ...(text === undefined ? {} : { instructions: [textPart(text)] }),
  };
}

function partsOf(content: unknown): Part[] {
  if (typeof content === 'string') return [textPart(content)];
  return listOf(content).map((part) => partOf(shapeOf(part)));
}

function partOf(part: Shape): Part {
  const { type, text, toolCallId, toolName, input, output } = part;
  const id = textOf(toolCallId);
  if (type === 'text' && typeof text === 'string') return textPart(text);
  if (type === 'reasoning' && typeof text === 'string') return { type, content: text };
  if (type === 'tool-call') {
    return { type: 'tool_call', ...known<unknown>({ id, name: textOf(toolName), arguments: parsed(input) }) };
  }
  if (type === 'tool-result') return { type: 'tool_call_response', ...known<unknown>({ id, result: output }) };
  return { type: textOf(type) ?? 'unknown' };
}

/** What a model says, put together from whole parts or from the pieces of a stream. */
export class AnswerParts {
  readonly #texts = { text: new TextPieces(), reasoning: new TextPieces() };
  readonly #calls: Part[] = [];

  add(part: Shape): void {
    const { type, text, delta } = part;
    if (type === 'text' || type === 'text-delta') this.#texts.text.add(text ?? delta);
    else if (type === 'reasoning' || type === 'reasoning-delta') this.#texts.reasoning.add(text ?? delta);
    else if (type === 'tool-call' && this.#calls.length < MAX_PARTS) this.#calls.push(partOf(part));
  }

  messages(finishReason: string | undefined): Message[] {
    const texts = (['reasoning', 'text'] as const)
      .filter((type) => this.#texts[type].text !== '')
      .map((type): Part => ({ type, content: this.#texts[type].text }));
    const parts = [...texts, ...this.#calls];
    if (parts.length === 0) return [];
    return [{ role: 'assistant', parts, ...(finishReason === undefined ? {} : { finish_reason: finishReason }) }];
  }
}
