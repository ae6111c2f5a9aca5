import type { Call } from '../../call.ts';
import { ATTR } from '../../semconv.ts';
import { numberOf, shapeOf, textOf } from './shape.ts';

/** Causes within causes: a client's error, that of `fetch`, that of the socket. */
const MAX_CAUSES = 4;

/**
 * Writes the HTTP status of a failed request and returns what the call is to fail with: the error, or one that differs
 * by the code that `error.type` is taken from. That is the API's own code where there is one, else the status, else
 * the code of what went wrong below, such as `ECONNREFUSED`; else the error's class is left to say it.
 */
export function described(error: unknown, call: Call): unknown {
  try {
    const status = numberOf(shapeOf(error).status);
    if (status !== undefined) call.tell((span) => span.setAttribute(ATTR.httpStatus, status));
    const code = codeOf(error, status);
    return code === undefined ? error : Object.create(error as object, { code: { value: code } });
  } catch {
    return error;
  }
}

function codeOf(error: unknown, status: number | undefined): string | undefined {
  const { code, error: body, type } = shapeOf(error);
  if (textOf(code) !== undefined) return undefined;
  const { type: bodyType, error: inner } = shapeOf(body);
  // Anthropic's bodies are `{type: 'error', error: {type: 'overloaded_error'}}`, OpenAI's `{type, code}`.
  const vendorType = textOf(shapeOf(inner).type);
  if (vendorType !== undefined) return vendorType;
  return status?.toString() ?? textOf(type) ?? textOf(bodyType) ?? causeOf(error);
}

function causeOf(error: unknown): string | undefined {
  let cause = shapeOf(error).cause;
  for (let depth = 0; depth < MAX_CAUSES; depth++) {
    const code = textOf(shapeOf(cause).code);
    if (code !== undefined) return code;
    cause = shapeOf(cause).cause;
  }
  return undefined;
}
