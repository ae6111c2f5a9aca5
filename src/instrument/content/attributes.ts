import { ATTR } from '../semconv.ts';

/** Attributes that hold what was said, asked or answered. They are bounded, and large texts in them are shared. */
export const CONTENT_ATTRIBUTES: ReadonlySet<string> = new Set([
  ATTR.inputMessages,
  ATTR.outputMessages,
  ATTR.systemInstructions,
  ATTR.toolDefinitions,
  ATTR.toolArguments,
  ATTR.toolResult,
  ATTR.retrievalQuery,
  ATTR.inputValue,
  ATTR.outputValue,
]);
