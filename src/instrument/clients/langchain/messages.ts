import { type Message, type Part, textPart } from '../api/messages.ts';
import { known, listOf, shapeOf, textOf } from '../api/shape.ts';

const ROLES: Readonly<Record<string, string>> = { human: 'user', ai: 'assistant', function: 'tool', remove: 'tool' };

/** A message of LangChain, or a text, as the conventions have it. */
export function messageOf(message: unknown, finish?: string): Message {
  if (typeof message === 'string') return { role: 'user', parts: [textPart(message)] };
  const { content, tool_calls: calls, tool_call_id: id, role } = shapeOf(message);
  const type = typeOf(message);
  const named = type === 'generic' ? (textOf(role) ?? 'user') : (ROLES[type] ?? type);
  const parts =
    type === 'tool'
      ? [{ type: 'tool_call_response', ...known({ id: textOf(id) }), result: content } as Part]
      : [...contentParts(content), ...listOf(calls).map(callPart)];
  return { role: named, parts, ...(finish === undefined ? {} : { finish_reason: finish }) };
}

/** Messages tell it by a method, whose name has changed. */
function typeOf(message: unknown): string {
  const { getType, _getType } = message as Record<string, unknown>;
  const method = typeof getType === 'function' ? getType : _getType;
  const type: unknown = typeof method === 'function' ? Reflect.apply(method, message, []) : undefined;
  return typeof type === 'string' ? type : 'user';
}

function contentParts(content: unknown): Part[] {
  if (typeof content === 'string') return content === '' ? [] : [textPart(content)];
  return listOf(content).map((block) => {
    const { type, text } = shapeOf(block);
    return typeof text === 'string' ? textPart(text) : { type: textOf(type) ?? 'unknown' };
  });
}

function callPart(asked: unknown): Part {
  const { id, name, args } = shapeOf(asked);
  return { type: 'tool_call', ...known<unknown>({ id: textOf(id), name: textOf(name), arguments: args }) } as Part;
}
