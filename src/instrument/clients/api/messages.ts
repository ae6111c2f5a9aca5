import type { Attributes } from '@opentelemetry/api';
import { captureJson } from '../../capture.ts';
import { ATTR } from '../../semconv.ts';

/** A message as the GenAI conventions have it. */
export interface Message {
  readonly role: string;
  readonly parts: readonly Part[];
  readonly finish_reason?: string;
}

export type Part =
  | { readonly type: 'text' | 'reasoning'; readonly content: string }
  | { readonly type: 'tool_call'; readonly id?: string; readonly name?: string; readonly arguments?: unknown }
  | { readonly type: 'tool_call_response'; readonly id?: string; readonly result?: unknown }
  /** Images, files and what else there is: that it was there, not what was in it. */
  | { readonly type: string };

/** What goes to the model. */
export interface Prompt {
  readonly messages: readonly Message[];
  readonly instructions?: readonly Part[];
  readonly tools?: unknown;
}

export function promptAttributes({ messages, instructions, tools }: Prompt): Attributes {
  const attributes: Attributes = { [ATTR.inputMessages]: captureJson(messages) };
  if (instructions !== undefined) attributes[ATTR.systemInstructions] = captureJson(instructions);
  if (tools !== undefined) attributes[ATTR.toolDefinitions] = captureJson(tools);
  return attributes;
}

export function answerAttributes(messages: readonly Message[]): Attributes {
  return messages.length === 0 ? {} : { [ATTR.outputMessages]: captureJson(messages) };
}

export function textPart(content: string): Part {
  return { type: 'text', content };
}

/** JSON text as what it says, anything else as it is. */
export function parsed(json: unknown): unknown {
  if (typeof json !== 'string') return json;
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}

/** More text of one answer than this is not kept. */
const MAX_CHARS = 65_536;

/** The pieces of a text, as far as there is room for them on a span. */
export class TextPieces {
  text = '';

  add(piece: unknown): void {
    if (typeof piece === 'string' && this.text.length < MAX_CHARS) this.text += piece;
  }
}
