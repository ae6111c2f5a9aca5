/** Deeper brackets tell nothing about a format. */
const MAX_DEPTH = 64;

/** The beginning of a document as JSON. */
export interface JsonOutline {
  /** The first value, as far as it was there: what was cut off is missing. Undefined if it does not begin like JSON. */
  readonly value: unknown;
  /** Whether there is nothing more to learn by looking further. */
  readonly isComplete: boolean;
}

/** Reads the first value of a text that may end anywhere, by closing what is open behind the last complete part. */
export function outlineOf(text: string): JsonOutline {
  const start = text.search(/[^\s\uFEFF]/);
  if (start < 0 || (text[start] !== '{' && text[start] !== '[')) return { value: undefined, isComplete: true };
  const found = lastWholePart(text, start);
  try {
    return { value: JSON.parse(text.slice(start, found.end) + found.closers), isComplete: found.isComplete };
  } catch {
    return { value: undefined, isComplete: true };
  }
}

function lastWholePart(text: string, start: number) {
  const open: string[] = [];
  let safe = { end: start, closers: '', isComplete: false };
  const markSafe = (end: number) => {
    safe = { end, closers: open.toReversed().join(''), isComplete: open.length === 0 };
  };
  for (let at = start; at < text.length; at++) {
    const char = text[at] as string;
    if (char === '"') {
      at = endOfString(text, at);
      if (at < 0) break;
    } else if (char === '{' || char === '[') {
      open.push(char === '{' ? '}' : ']');
      if (open.length > MAX_DEPTH) return { ...safe, isComplete: true };
      markSafe(at + 1);
    } else if (char === ',') markSafe(at);
    else if (char === '}' || char === ']') {
      if (open.pop() !== char) break;
      markSafe(at + 1);
      if (open.length === 0) break;
    }
  }
  return safe;
}

/** Index of the closing quote; -1 if the string is cut off or no JSON. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5c) at++;
    else if (code === 0x22) return at;
    else if (code < 0x20) return -1;
  }
  return -1;
}
