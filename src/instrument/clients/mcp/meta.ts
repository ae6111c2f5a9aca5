import { type Context, propagation, type TextMapGetter } from '@opentelemetry/api';
import { field, isFields, type Message } from './messages.ts';

const GETTER: TextMapGetter<unknown> = {
  keys: (meta) => (isFields(meta) ? Object.keys(meta) : []),
  get: (meta, key) => {
    const value = field(meta, key);
    return typeof value === 'string' ? value : undefined;
  },
};

/** The context that a message was sent in, on top of one of this process. */
export function contextOf(message: Message, base: Context): Context {
  return propagation.extract(base, field(message.params, '_meta'), GETTER);
}

/**
 * A message that carries a context in `params._meta`, with the unprefixed keys of the configured propagators. The
 * message that was given stays as it is. What it carried before gives way, as headers of HTTP do: a server that hands
 * on the `_meta` it was called with is not to hide its own span. Only baggage is joined.
 */
export function carrying(message: Message, active: Context): Message {
  const carried: Record<string, unknown> = {};
  propagation.inject(active, carried);
  if (Object.keys(carried).length === 0) return message;
  const meta = field(message.params, '_meta');
  const own = field(meta, 'baggage');
  if (typeof own === 'string' && typeof carried.baggage === 'string') {
    carried.baggage = joinedBaggage(own, carried.baggage);
  }
  return {
    ...message,
    params: { ...(message.params as object | undefined), _meta: { ...(meta as object | undefined), ...carried } },
  };
}

function joinedBaggage(own: string, ours: string): string {
  const keyOf = (member: string) => member.split('=', 1)[0]!.trim();
  const known = new Set(own.split(',').map(keyOf));
  return [own, ...ours.split(',').filter((member) => !known.has(keyOf(member)))].join(',');
}
