import { redactAndCut } from './redact/cut.ts';

/** What a span says about an error. Strings are bounded; nothing here throws, whatever was thrown. */
export interface ErrorFacts {
  /** `error.type`: the error's code, else its class, else `_OTHER`. Few distinct values by construction. */
  readonly type: string;
  /** The class, as in the first line of a stack trace. */
  readonly className: string;
  readonly message: string;
  readonly stack: string | undefined;
}

const MAX_MESSAGE = 2048;
const MAX_STACK = 8192;
const NAME = /^[\w$.:/-]{1,64}$/;
/** More digits than this look like an id. */
const MAX_CODE_DIGITS = 6;

export function errorFacts(error: unknown): ErrorFacts {
  if ((typeof error !== 'object' && typeof error !== 'function') || error === null) {
    return { type: '_OTHER', className: '_OTHER', message: clip(String(error), MAX_MESSAGE), stack: undefined };
  }
  const className = classOf(error);
  return {
    type: codeOf(error) ?? className,
    className,
    message: clip(textOf(error, 'message') ?? '', MAX_MESSAGE),
    stack: clipped(textOf(error, 'stack')),
  };
}

function codeOf(error: object): string | undefined {
  const code = read(error, 'code');
  if (typeof code === 'string' && NAME.test(code) && code.replace(/\D/g, '').length <= MAX_CODE_DIGITS) return code;
  // The numbers of DOMException are a relic: its name says more.
  const isNumber = Number.isSafeInteger(code) && String(code).length <= MAX_CODE_DIGITS + 1;
  return isNumber && !isDomException(error) ? String(code) : undefined;
}

function classOf(error: object): string {
  const name = read(error, 'name');
  if (typeof name === 'string' && name !== 'Error' && NAME.test(name)) return name;
  const constructorName = read(read(error, 'constructor'), 'name');
  if (typeof constructorName === 'string' && constructorName !== 'Object' && NAME.test(constructorName)) {
    return constructorName;
  }
  return '_OTHER';
}

function isDomException(error: object): boolean {
  return read(read(error, 'constructor'), 'name') === 'DOMException';
}

function textOf(error: object, key: string): string | undefined {
  const value = read(error, key);
  return typeof value === 'string' ? value : undefined;
}

function read(holder: unknown, key: string): unknown {
  try {
    return (holder as Record<string, unknown> | null | undefined)?.[key];
  } catch {
    return undefined;
  }
}

function clipped(text: string | undefined): string | undefined {
  return text === undefined ? undefined : clip(text, MAX_STACK);
}

/** What is not cut is redacted where it is written. */
function clip(text: string, length: number): string {
  return text.length <= length ? text : redactAndCut(text, length);
}
