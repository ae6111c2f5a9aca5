import { type Message, type Part, type Prompt, parsed, TextPieces, textPart } from '../api/messages.ts';
import { known, listOf, numberOf, type Shape, shapeOf, textOf } from '../api/shape.ts';

export function messagesPrompt(body: Shape): Prompt {
  const { system, tools } = body;
  return {
    messages: listOf(body.messages).map((message) => {
      const { role, content } = shapeOf(message);
      return { role: textOf(role) ?? 'user', parts: partsOf(content) };
    }),
    ...(system === undefined ? {} : { instructions: partsOf(system) }),
    ...(tools === undefined ? {} : { tools }),
  };
}

function partsOf(content: unknown): Part[] {
  if (typeof content === 'string') return [textPart(content)];
  return listOf(content).map((block) => partOf(shapeOf(block)));
}

function partOf(block: Shape): Part {
  const type = textOf(block.type) ?? 'unknown';
  if (type === 'text') return textPart(textOf(block.text) ?? '');
  if (type === 'thinking') return { type: 'reasoning', content: textOf(block.thinking) ?? '' };
  if (type === 'tool_use') {
    const asked = known<unknown>({ id: textOf(block.id), name: textOf(block.name), arguments: block.input });
    return { type: 'tool_call', ...asked } as Part;
  }
  if (type === 'tool_result') {
    const answered = known<unknown>({ id: textOf(block.tool_use_id), result: block.content });
    return { type: 'tool_call_response', ...answered } as Part;
  }
  return { type };
}

/** More blocks than the model puts into one message. */
const MAX_BLOCKS = 1024;

/** What a message says, from the whole of it or from the events of a stream. */
export class MessageText {
  readonly #blocks: { readonly block: Shape; readonly pieces: TextPieces }[] = [];

  start(index: unknown, block: unknown): void {
    const at = numberOf(index) ?? this.#blocks.length;
    if (at < MAX_BLOCKS) this.#blocks[at] = { block: shapeOf(block), pieces: new TextPieces() };
  }

  add(index: unknown, delta: unknown): void {
    const { text, thinking, partial_json: json } = shapeOf(delta);
    this.#blocks[numberOf(index) ?? 0]?.pieces.add(text ?? thinking ?? json);
  }

  messages(stopReason: string | undefined): Message[] {
    const blocks = this.#blocks.filter((one) => one !== undefined);
    if (blocks.length === 0) return [];
    const parts = blocks.map(({ block, pieces }) => partOf(pieces.text === '' ? block : filled(block, pieces.text)));
    return [{ role: 'assistant', parts, ...(stopReason === undefined ? {} : { finish_reason: stopReason }) }];
  }
}

/** The block with what was empty when it started. */
function filled(block: Shape, text: string): Shape {
  if (block.type === 'text') return { ...block, text };
  if (block.type === 'thinking') return { ...block, thinking: text };
  return { ...block, input: parsed(text) };
}
