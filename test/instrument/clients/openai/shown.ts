import { inspect } from 'node:util';
import type { ReceivedRequest } from '../../../support/vendors/vendor.ts';
import type { Loose } from './sdk.ts';

/** What a host can see of an error, by the classes of its client. */
export function shownError(error: Loose, errors: Readonly<Record<string, unknown>>): unknown {
  const classes = Object.entries(errors).filter(([, of]) => typeof of === 'function' && error instanceof of);
  const { name, message, status, code, type, param, requestID, cause } = error;
  const causes = [cause?.constructor?.name, cause?.code, cause?.cause?.code];
  const keys = Reflect.ownKeys(error).map(String).sort();
  return [
    classes.map(([of]) => of),
    error.constructor.name,
    name,
    message,
    status,
    code,
    type,
    param,
    requestID,
    causes,
    keys,
  ];
}

function shownText(text: string): string {
  return text.replace(/,?\s*\[?Symbol\([^\n]*/g, '').replace(/[\s,]+/g, ' ');
}

/** The class, and the keys and what is under them, without values that are never the same. Symbols are Node's own. */
export function shownObject(value: object): unknown {
  const shape = Object.getOwnPropertyNames(value).map((key) => {
    const { enumerable, configurable, value: held } = Object.getOwnPropertyDescriptor(value, key)!;
    return [key, enumerable, configurable, typeof held, held?.constructor?.name];
  });
  const text = inspect(value, { depth: 0 });
  return [value.constructor.name, Object.prototype.toString.call(value), shownText(text), shape];
}

/** What a server is sent, without the port that it has. */
export function shownRequest({ method, path, headers, body }: ReceivedRequest): unknown {
  const { host: _, ...rest } = headers;
  return [method, path, rest, body];
}
