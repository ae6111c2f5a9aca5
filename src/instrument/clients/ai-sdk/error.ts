import type { Call } from '../../call.ts';
import { ATTR } from '../../semconv.ts';
import { described } from '../api/error.ts';
import { numberOf, shapeOf, textOf } from '../api/shape.ts';
import { noteServer } from './model-reader.ts';

/** What a call fails with: `error.type` is the provider's own code, else the HTTP status, else the error's class. */
export function describedAi(error: unknown, call: Call): unknown {
  const { lastError, statusCode, url, data } = shapeOf(error);
  // What the SDK says when it has tried often enough.
  if (lastError !== undefined && lastError !== null) return describedAi(lastError, call);
  noteServer(url, call);
  const status = numberOf(statusCode);
  // An answer that began well may still break off.
  if (status === undefined || status < 400) return described(error, call);
  call.tell((span) => span.setAttribute(ATTR.httpStatus, status));
  const { code, type } = shapeOf(shapeOf(data).error);
  const value = textOf(code) ?? textOf(type) ?? String(status);
  return Object.create(error as object, { code: { value } });
}
