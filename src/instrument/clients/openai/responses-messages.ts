import { type Message, type Part, type Prompt, parsed, textPart } from '../api/messages.ts';
import { known, listOf, type Shape, shapeOf, textOf } from '../api/shape.ts';

export function responsesPrompt(body: Shape): Prompt {
  const { input, instructions, tools } = body;
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : listOf(input);
  return {
    messages: items.map((item) => itemMessage(shapeOf(item), 'user')),
    ...(typeof instructions === 'string' ? { instructions: [textPart(instructions)] } : {}),
    ...(tools === undefined ? {} : { tools }),
  };
}

/** All that a model put out is one message. */
export function outputMessage(output: readonly unknown[], finishReason: string | undefined): Message {
  const parts = output.flatMap((item) => [...itemMessage(shapeOf(item), 'assistant').parts]);
  return { role: 'assistant', parts, ...(finishReason === undefined ? {} : { finish_reason: finishReason }) };
}

function itemMessage(item: Shape, role: string): Message {
  const type = textOf(item.type) ?? 'message';
  if (type === 'message') return { role: textOf(item.role) ?? role, parts: contentParts(item.content) };
  if (type === 'reasoning') return { role: 'assistant', parts: reasoningParts(item) };
  if (type.endsWith('_call_output')) return { role: 'tool', parts: [responsePart(item)] };
  if (type.endsWith('_call')) return { role: 'assistant', parts: [callPart(item)] };
  return { role, parts: [{ type }] };
}

function contentParts(content: unknown): Part[] {
  if (typeof content === 'string') return [textPart(content)];
  return listOf(content).map((part) => {
    const { type, text, refusal } = shapeOf(part);
    const said = textOf(text) ?? textOf(refusal);
    return said === undefined ? { type: textOf(type) ?? 'unknown' } : textPart(said);
  });
}

function reasoningParts({ summary, content }: Shape): Part[] {
  const texts = [...listOf(content), ...listOf(summary)].flatMap((part) => textOf(shapeOf(part).text) ?? []);
  return texts.map((text) => ({ type: 'reasoning', content: text }));
}

function callPart(item: Shape): Part {
  const id = textOf(item.call_id) ?? textOf(item.id);
  const name = textOf(item.name) ?? textOf(item.type);
  return {
    type: 'tool_call',
    ...known<unknown>({ id, name, arguments: parsed(item.arguments ?? item.input) }),
  } as Part;
}

function responsePart(item: Shape): Part {
  return { type: 'tool_call_response', ...known<unknown>({ id: textOf(item.call_id), result: item.output }) } as Part;
}
