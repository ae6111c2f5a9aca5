import { derivePromise, isPlainPromise, type Settlement } from '../../observe-promise.ts';
import { activeTracer } from '../../open-call.ts';
import { telemetryFailed } from '../../telemetry-errors.ts';
import { hook } from '../../watch.ts';
import { hookAssigned } from './hooked-property.ts';
import { field, isFields, kindOfMessage, type Message } from './messages.ts';
import { isAcknowledged, type Peer } from './peer.ts';

type Send = (message: unknown) => unknown;

/** What a transport is told and what it tells goes past the peer first. The object stays the host's. */
export function hookTransport(transport: object, peer: Peer): void {
  hookAssigned(transport, 'onmessage', receiver(peer));
  hookAssigned(transport, 'onclose', (fn, self, args) => {
    told(() => peer.closed());
    return Reflect.apply(fn, self, args);
  });
  /** Copies that were sent: a transport that tries again sends them through itself. */
  const copies = new WeakSet<object>();
  hook(transport, 'send', (original) => {
    // A stand-in, so that name and length stay those of the original.
    return new Proxy(original, {
      apply: (fn, self, [message, ...rest]: unknown[]) => {
        const send: Send = (instead) => {
          if (isFields(instead) && instead !== message) copies.add(instead);
          return Reflect.apply(fn, self, [instead, ...rest]);
        };
        if (activeTracer() === undefined || !isFields(message) || copies.has(message)) return send(message);
        return Array.isArray(message) ? sendBatch(peer, message, send) : sendOne(peer, message, rest[0], send);
      },
    });
  });
}

function sendOne(peer: Peer, message: Message, options: unknown, send: Send): unknown {
  switch (kindOfMessage(message)) {
    case 'request':
      return sendRequest(peer, message, options, send);
    case 'notification':
      return sendNotification(peer, message, send);
    case 'response':
      told(() => peer.sendResponse(message));
      return send(message);
    default:
      return send(message);
  }
}

function sendRequest(peer: Peer, message: Message, options: unknown, send: Send): unknown {
  const outgoing = told(() => peer.sendRequest(message));
  if (outgoing === undefined) return send(message);
  const { call } = outgoing;
  told(() => whenAborted(field(options, 'requestSignal'), () => peer.abort(message.id)));
  return tracked(() => call.run(() => send(outgoing.message)), {
    onValue: () => {
      if (isAcknowledged(message)) call.succeed();
    },
    onError: (error) => (isAcknowledged(message) ? call.fail(error) : peer.sendFailed(message.id, error)),
  });
}

/** In the host's context: what a transport starts to do because of one may go on for long. */
function sendNotification(peer: Peer, message: Message, send: Send): unknown {
  const outgoing = told(() => peer.sendNotification(message));
  if (outgoing === undefined) return send(message);
  const { call } = outgoing;
  return tracked(() => send(outgoing.message), { onValue: () => call.succeed(), onError: (error) => call.fail(error) });
}

/** Several messages in one, as the protocol of March 2025 had them. */
function sendBatch(peer: Peer, messages: readonly Message[], send: Send): unknown {
  const ids: unknown[] = [];
  const copy = messages.map((message) => {
    const kind = kindOfMessage(message);
    if (kind === 'response') told(() => peer.sendResponse(message));
    if (kind === 'request') {
      ids.push(message.id);
      return told(() => peer.sendRequest(message))?.message ?? message;
    }
    if (kind !== 'notification') return message;
    const outgoing = told(() => peer.sendNotification(message));
    outgoing?.call.succeed();
    return outgoing?.message ?? message;
  });
  return tracked(() => send(copy), {
    onValue: () => undefined,
    onError: (error) => {
      for (const id of ids) peer.sendFailed(id, error);
    },
  });
}

/** Sends, and learns how that went; whether it is answered is another matter. */
function tracked(body: () => unknown, { onValue, onError }: Settlement): unknown {
  const failed = (error: unknown) => told(() => onError(error));
  let result: unknown;
  try {
    result = body();
  } catch (error) {
    failed(error);
    throw error;
  }
  if (isFields(result) && isPlainPromise(result)) return derivePromise(result, { onValue, onError: failed });
  onValue(result);
  return result;
}

function receiver(peer: Peer) {
  /** A handler that calls the one that was there before it hands the same message on. */
  let current: unknown;
  return (fn: (...args: unknown[]) => unknown, self: unknown, args: unknown[]): unknown => {
    const [message, extra] = args;
    const handle = () => Reflect.apply(fn, self, args);
    if (activeTracer() === undefined || message === current || !isFields(message)) return handle();
    const before = current;
    current = message;
    try {
      return receiveOne(peer, message, extra, handle);
    } finally {
      current = before;
    }
  };
}

function receiveOne(peer: Peer, message: Message, extra: unknown, handle: () => unknown): unknown {
  const kind = kindOfMessage(message);
  if (kind === 'response') told(() => peer.receiveResponse(message));
  if (kind !== 'request' && kind !== 'notification') return handle();
  const call = told(() =>
    kind === 'request' ? peer.receiveRequest(message, extra) : peer.receiveNotification(message, extra),
  );
  if (call === undefined) return handle();
  try {
    const result = call.run(handle);
    if (kind === 'notification' || isAcknowledged(message)) call.succeed();
    return result;
  } catch (error) {
    call.fail(error);
    throw error;
  }
}

function whenAborted(signal: unknown, then: () => void): void {
  if (!isFields(signal) || typeof signal.addEventListener !== 'function') return;
  signal.addEventListener('abort', () => told(then), { once: true });
}

/** What goes wrong in telling the peer goes no further. */
function told<T>(tell: () => T): T | undefined {
  try {
    return tell();
  } catch (error) {
    telemetryFailed(error);
    return undefined;
  }
}
