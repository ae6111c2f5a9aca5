/** Deeper brackets tell nothing about a format. */
const MAX_DEPTH = 64;
const MAX_EMPTY_VALUES = 100;

/** The beginning of a document as JSON. */
export interface JsonOutline {
  /** The first value that is not empty, as far as it was there; undefined if there is none. */
  readonly value: unknown;
  /** Whether there is nothing more to learn by looking further. */
  readonly isComplete: boolean;
}

/** What of a JSON value could be read, and why the reading ended where it did. */
interface Part {
  readonly value: unknown;
  readonly end: number;
  readonly ending: 'whole' | 'cut' | 'broken';
}

/** Reads the beginning of a text that may end anywhere, and may be no JSON, or JSON with mistakes. */
export function outlineOf(text: string): JsonOutline {
  let start = 0;
  for (let values = 0; values < MAX_EMPTY_VALUES; values++) {
    start = skipBlank(text, start);
    if (start < text.length && text[start] !== '{' && text[start] !== '[')
      return { value: undefined, isComplete: true };
    const { value, end, ending } = readPart(text, start);
    if (ending !== 'whole' || !isEmpty(value)) return { value, isComplete: ending !== 'cut' };
    start = end;
  }
  return { value: undefined, isComplete: true };
}

function skipBlank(text: string, start: number): number {
  let at = start;
  while (at < text.length && ' \t\r\n\uFEFF'.includes(text[at] as string)) at++;
  return at;
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** Commas and colons are taken where they come; a member whose value is missing is undefined. */
function readPart(text: string, start: number): Part {
  const outline = new Outline();
  for (let at = skipBlank(text, start); at < text.length; at = skipBlank(text, at)) {
    const char = text[at] as string;
    if (char === ',' || char === ':') at++;
    else if (char === '{' || char === '[') {
      if (!outline.open(char)) return outline.part(at, 'broken');
      at++;
    } else if (char === '}' || char === ']') {
      if (!outline.close(char)) return outline.part(at, 'broken');
      at++;
      if (outline.depth === 0) return outline.part(at, 'whole');
    } else {
      const end = char === '"' ? endOfString(text, at) : endOfWord(text, at);
      if (end === CUT) break;
      const value = end === BROKEN ? undefined : parseScalar(text.slice(at, end));
      if (value === undefined || !outline.add(value)) return outline.part(at, 'broken');
      at = end;
    }
  }
  return outline.part(text.length, 'cut');
}

type Container = unknown[] | Record<string, unknown>;

class Outline {
  #root: unknown;
  readonly #open: Container[] = [];
  readonly #keys: (string | undefined)[] = [];

  get depth(): number {
    return this.#open.length;
  }

  part(end: number, ending: Part['ending']): Part {
    return { value: this.#root, end, ending };
  }

  open(bracket: '{' | '['): boolean {
    // Without prototype: a member may be called __proto__.
    const container: Container = bracket === '[' ? [] : Object.create(null);
    if (this.depth === 0) this.#root = container;
    else if (this.depth > MAX_DEPTH || !this.add(container)) return false;
    this.#open.push(container);
    this.#keys.push(undefined);
    return true;
  }

  close(bracket: '}' | ']'): boolean {
    this.#keys.pop();
    return Array.isArray(this.#open.pop()) === (bracket === ']');
  }

  /** Adds a value, or a key where one is due. */
  add(value: unknown): boolean {
    const container = this.#open.at(-1);
    const key = this.#keys.at(-1);
    if (Array.isArray(container)) container.push(value);
    else if (container === undefined) return false;
    else if (key !== undefined) {
      container[key] = value;
      this.#keys[this.#keys.length - 1] = undefined;
    } else {
      if (typeof value !== 'string') return false;
      container[value] = undefined;
      this.#keys[this.#keys.length - 1] = value;
    }
    return true;
  }
}

const CUT = -1;
const BROKEN = -2;

/** Index behind the closing quote; CUT, or BROKEN if it is no JSON string. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5c) at++;
    else if (code === 0x22) return at + 1;
    else if (code < 0x20) return BROKEN;
  }
  return CUT;
}

/** Index behind a number or literal; CUT if more of it may follow. */
function endOfWord(text: string, start: number): number {
  let at = start;
  while (at < text.length && /[\w.+-]/.test(text[at] as string)) at++;
  return at === text.length ? CUT : at === start ? BROKEN : at;
}

function parseScalar(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
