import { type Message, type Part, type Prompt, parsed, TextPieces, textPart } from '../api/messages.ts';
import { known, listOf, numberOf, type Shape, shapeOf, textOf } from '../api/shape.ts';

export function chatPrompt(body: Shape): Prompt {
  const messages = listOf(body.messages).map((message) => chatMessage(shapeOf(message)));
  return { messages, ...(body.tools === undefined ? {} : { tools: body.tools }) };
}

function chatMessage(message: Shape): Message {
  const role = textOf(message.role) ?? 'user';
  if (role === 'tool') return { role, parts: [toolResponse(message)] };
  return { role, parts: [...contentParts(message.content), ...callParts(message.tool_calls)] };
}

function toolResponse({ tool_call_id: id, content }: Shape): Part {
  const callId = textOf(id);
  return { type: 'tool_call_response', ...(callId === undefined ? {} : { id: callId }), result: content };
}

function contentParts(content: unknown): Part[] {
  if (typeof content === 'string') return [textPart(content)];
  return listOf(content).map((part) => {
    const { type, text, refusal } = shapeOf(part);
    const said = textOf(text) ?? textOf(refusal);
    return said === undefined ? { type: textOf(type) ?? 'unknown' } : textPart(said);
  });
}

function callParts(calls: unknown): Part[] {
  return listOf(calls).map((call) => {
    const { id, function: called, custom } = shapeOf(call);
    const { name, arguments: args, input } = shapeOf(called ?? custom);
    const asked = known<unknown>({ id: textOf(id), name: textOf(name), arguments: parsed(args ?? input) });
    return { type: 'tool_call', ...asked } as Part;
  });
}

/** What one choice says, put together from a whole answer or from the pieces of a stream. */
export class ChoiceText {
  readonly #content = new TextPieces();
  readonly #refusal = new TextPieces();
  readonly #calls: { id?: string; name?: string; readonly args: TextPieces }[] = [];

  /** A message, or a piece of one. */
  add({ content, refusal, tool_calls: calls }: Shape): void {
    this.#content.add(content);
    this.#refusal.add(refusal);
    for (const [position, call] of listOf(calls).entries()) {
      const { index, id, function: called, custom } = shapeOf(call);
      const { name, arguments: args, input } = shapeOf(called ?? custom);
      const at = numberOf(index) ?? position;
      if (at > 127) continue;
      this.#calls[at] ??= { args: new TextPieces() };
      const asked = this.#calls[at];
      if (typeof id === 'string') asked.id = id;
      if (typeof name === 'string') asked.name = name;
      asked.args.add(args ?? input);
    }
  }

  message(finishReason: string | undefined): Message {
    const texts = [this.#content, this.#refusal].filter(({ text }) => text !== '').map(({ text }) => textPart(text));
    const calls = this.#calls.map(
      ({ args, ...asked }): Part => ({ type: 'tool_call', ...asked, arguments: parsed(args.text) }),
    );
    const parts = [...texts, ...calls];
    return { role: 'assistant', parts, ...(finishReason === undefined ? {} : { finish_reason: finishReason }) };
  }
}
