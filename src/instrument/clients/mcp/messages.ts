/** As much of a JSON-RPC message as is read here. Nothing of it is trusted to be there. */
export interface Message {
  readonly jsonrpc?: unknown;
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
}

export type MessageKind = 'request' | 'notification' | 'response' | 'other';

type Fields = Readonly<Record<string, unknown>>;

export function kindOfMessage(message: unknown): MessageKind {
  if (!isFields(message)) return 'other';
  const hasId = message.id !== undefined && message.id !== null;
  if (typeof message.method === 'string') return hasId ? 'request' : 'notification';
  return hasId && ('result' in message || 'error' in message) ? 'response' : 'other';
}

/** A member of an object; undefined where that is none. */
export function field(holder: unknown, key: string): unknown {
  return isFields(holder) ? holder[key] : undefined;
}

/** The same, where it is a text. */
export function textField(holder: unknown, key: string): string | undefined {
  const value = field(holder, key);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}
