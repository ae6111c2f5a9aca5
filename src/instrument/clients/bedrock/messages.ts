import { type Message, type Part, type Prompt, parsed, TextPieces, textPart } from '../api/messages.ts';
import { known, listOf, type Shape, shapeOf, textOf } from '../api/shape.ts';

const MAX_BLOCKS = 128;

export function conversePrompt({ messages, system, toolConfig }: Shape): Prompt {
  const { tools } = shapeOf(toolConfig);
  return {
    messages: listOf(messages).map((message) => {
      const { role, content } = shapeOf(message);
      return { role: textOf(role) ?? 'user', parts: listOf(content).map((block) => partOf(shapeOf(block))) };
    }),
    ...(system === undefined ? {} : { instructions: listOf(system).map((block) => partOf(shapeOf(block))) }),
    ...(tools === undefined ? {} : { tools }),
  };
}

function partOf(block: Shape): Part {
  const { text, toolUse, toolResult, reasoningContent } = block;
  if (typeof text === 'string') return textPart(text);
  if (toolUse !== undefined) return toolCall(shapeOf(toolUse), shapeOf(toolUse).input);
  if (toolResult !== undefined) {
    const { toolUseId, content } = shapeOf(toolResult);
    return { type: 'tool_call_response', ...known<unknown>({ id: textOf(toolUseId), result: content }) };
  }
  const thought = textOf(shapeOf(shapeOf(reasoningContent).reasoningText).text);
  if (thought !== undefined) return { type: 'reasoning', content: thought };
  return { type: Object.keys(block)[0] ?? 'unknown' };
}

function toolCall({ toolUseId, name }: Shape, args: unknown): Part {
  return { type: 'tool_call', ...known<unknown>({ id: textOf(toolUseId), name: textOf(name), arguments: args }) };
}

interface Block {
  readonly text: TextPieces;
  readonly thought: TextPieces;
  readonly args: TextPieces;
  toolUse?: Shape;
}

/** What the model says, put together from whole blocks or from the pieces of a stream. */
export class AnswerBlocks {
  readonly #blocks = new Map<number, Block>();

  /** A block, or a piece of one. */
  add(index: number, { text, toolUse, reasoningContent }: Shape): void {
    if (index >= MAX_BLOCKS) return;
    let block = this.#blocks.get(index);
    if (block === undefined) {
      block = { text: new TextPieces(), thought: new TextPieces(), args: new TextPieces() };
      this.#blocks.set(index, block);
    }
    block.text.add(text);
    const { text: piece, reasoningText } = shapeOf(reasoningContent);
    block.thought.add(piece ?? shapeOf(reasoningText).text);
    const tool = shapeOf(toolUse);
    if (tool.toolUseId !== undefined) block.toolUse = tool;
    if (typeof tool.input === 'string' && tool.toolUseId === undefined) block.args.add(tool.input);
  }

  messages(finishReason: string | undefined): Message[] {
    if (this.#blocks.size === 0) return [];
    const parts = [...this.#blocks.values()].map(({ text, thought, args, toolUse }): Part => {
      if (toolUse !== undefined) return toolCall(toolUse, toolUse.input ?? parsed(args.text));
      return thought.text === '' ? textPart(text.text) : { type: 'reasoning', content: thought.text };
    });
    return [{ role: 'assistant', parts, ...(finishReason === undefined ? {} : { finish_reason: finishReason }) }];
  }
}
