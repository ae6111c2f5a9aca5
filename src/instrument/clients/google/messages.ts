import { type Message, type Part, type Prompt, TextPieces, textPart } from '../api/messages.ts';
import { known, listOf, type Shape, shapeOf, textOf } from '../api/shape.ts';

const MAX_PARTS = 128;

/** `contents` may be a text, a part, a content or a list of any of them. */
export function promptOf(params: Shape): Prompt {
  const { systemInstruction, tools } = shapeOf(params.config);
  return {
    messages: (Array.isArray(params.contents) ? params.contents : [params.contents]).map(messageOf),
    ...(systemInstruction === undefined ? {} : { instructions: partsOf(systemInstruction) }),
    ...(tools === undefined ? {} : { tools }),
  };
}

function messageOf(content: unknown): Message {
  return { role: textOf(shapeOf(content).role) ?? 'user', parts: partsOf(content) };
}

function partsOf(content: unknown): Part[] {
  if (typeof content === 'string') return [textPart(content)];
  if (Array.isArray(content)) return content.flatMap(partsOf);
  const { parts } = shapeOf(content);
  return Array.isArray(parts) ? parts.map((part) => partOf(shapeOf(part))) : [partOf(shapeOf(content))];
}

function partOf(part: Shape): Part {
  const { text, thought, functionCall, functionResponse } = part;
  if (typeof text === 'string') return { type: thought === true ? 'reasoning' : 'text', content: text };
  if (functionCall !== undefined) {
    const { id, name, args } = shapeOf(functionCall);
    return { type: 'tool_call', ...known<unknown>({ id: textOf(id), name: textOf(name), arguments: args }) };
  }
  if (functionResponse !== undefined) {
    const { id, response } = shapeOf(functionResponse);
    return { type: 'tool_call_response', ...known<unknown>({ id: textOf(id), result: response }) };
  }
  return { type: Object.keys(part)[0] ?? 'unknown' };
}

/** What one candidate says, put together from a whole answer or from the pieces of a stream. */
export class CandidateParts {
  readonly #texts = { text: new TextPieces(), reasoning: new TextPieces() };
  readonly #others: Part[] = [];

  add(parts: readonly Shape[]): void {
    for (const part of parts) {
      const said = partOf(part);
      if (said.type === 'text' || said.type === 'reasoning')
        this.#texts[said.type as 'text' | 'reasoning'].add(part.text);
      else if (this.#others.length < MAX_PARTS) this.#others.push(said);
    }
  }

  message(finishReason: string | undefined): Message {
    const texts = (['reasoning', 'text'] as const)
      .filter((type) => this.#texts[type].text !== '')
      .map((type): Part => ({ type, content: this.#texts[type].text }));
    const finished = finishReason === undefined ? {} : { finish_reason: finishReason };
    return { role: 'assistant', parts: [...texts, ...listOf(this.#others)] as Part[], ...finished };
  }
}
