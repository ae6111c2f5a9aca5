import { SpanStatusCode } from '@opentelemetry/api';
import type { Call } from '../../call.ts';
import { factsOf } from '../../current.ts';
import { ATTR } from '../../semconv.ts';
import { field, type Message } from './messages.ts';

/** A request that has not been answered. */
export interface OpenRequest {
  readonly call: Call;
  readonly method: string;
  /** The span is that of a wrapped tool, which ends it: here it is only told about. */
  readonly isTools: boolean;
  /** Whoever received the request: not every error is one of its own. */
  readonly isReceived: boolean;
  readonly progressToken: unknown;
}

/** The requests of one direction by their ids: both sides of a connection may use the same. */
export class OpenRequests {
  readonly #byId = new Map<unknown, OpenRequest>();

  add(id: unknown, request: OpenRequest): void {
    const before = this.take(id);
    if (before?.isTools === false) before.call.abandon('abandoned');
    this.#byId.set(id, request);
  }

  take(id: unknown): OpenRequest | undefined {
    const key = this.#keyOf(id);
    const request = this.#byId.get(key);
    this.#byId.delete(key);
    return request;
  }

  /** The one that a progress notification is about. */
  ofProgress(token: unknown): OpenRequest | undefined {
    if (token === undefined) return undefined;
    const sameId = this.#byId.get(token);
    if (sameId !== undefined && sameId.progressToken === token) return sameId;
    return [...this.#byId.values()].find(({ progressToken }) => progressToken === token);
  }

  /** The only one that is open. */
  single(): OpenRequest | undefined {
    return this.#byId.size === 1 ? this.#byId.values().next().value : undefined;
  }

  takeAll(): OpenRequest[] {
    const all = [...this.#byId.values()];
    this.#byId.clear();
    return all;
  }

  /** The SDKs take the answer "1" for that to the request 1. */
  #keyOf(id: unknown): unknown {
    return typeof id === 'string' && !this.#byId.has(id) && id !== '' ? Number(id) : id;
  }
}

/** Ends a request with its response. */
export function answer({ call, isTools, isReceived }: OpenRequest, { error, result }: Message): void {
  if (error === undefined) {
    if (field(result, 'isError') === true) markFailed(call, 'tool_error');
    if (!isTools) call.succeed(result);
    return;
  }
  const code = field(error, 'code');
  factsOf(call).attributes({ [ATTR.rpcStatus]: String(code) });
  // Whether a wrapped tool failed is for its own function to say, which may go on without this.
  if (isTools) return;
  if (isReceived && !isServersFault(code)) call.succeed();
  else call.fail({ name: 'JsonRpcError', code, message: field(error, 'message') });
}

/** Ends a request that will not be answered. Why: `cancelled`, `timeout` or `connection_closed`. */
export function giveUp({ call, isTools }: OpenRequest, why: string): void {
  if (isTools) return;
  markFailed(call, why);
  call.succeed();
}

function markFailed(call: Call, errorType: string): void {
  call.tell((span) => {
    span.setAttribute(ATTR.errorType, errorType);
    span.setStatus({ code: SpanStatusCode.ERROR });
  });
}

/** The conventions: of what a server answers, internal errors and those of implementations are its own. */
function isServersFault(code: unknown): boolean {
  return typeof code === 'number' && (code === -32603 || (code <= -32000 && code >= -32099));
}
