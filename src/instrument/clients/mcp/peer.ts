import {
  type Context,
  context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { type Call, callOf } from '../../call.ts';
import { factsOf } from '../../current.ts';
import { activeTracer, openCall } from '../../open-call.ts';
import { field, type Message, textField } from './messages.ts';
import { carrying, contextOf } from './meta.ts';
import { answer, giveUp, type OpenRequest, OpenRequests } from './open-requests.ts';
import { type Connection, comparedBy, factsForTool, lateFacts, planMessage } from './spans.ts';

/** Told of every message before the host or the transport is. What it throws is the caller's to swallow. */
export class Peer {
  readonly #connection: Connection;
  readonly #isPropagating: boolean;
  readonly #sent = new OpenRequests();
  readonly #received = new OpenRequests();

  constructor(connection: Connection, isPropagating: boolean) {
    this.#connection = connection;
    this.#isPropagating = isPropagating;
  }

  /** A request is about to be sent. Undefined where nobody records. */
  sendRequest(message: Message): Outgoing | undefined {
    const active = context.active();
    const tool = message.method === 'tools/call' ? unclaimedTool(active) : undefined;
    const call = tool ?? this.#open(message, SpanKind.CLIENT, active);
    if (call === undefined) return undefined;
    if (tool !== undefined) {
      claimed.add(tool);
      factsOf(tool).attributes(factsForTool(this.#connection, message));
    }
    if (!isAcknowledged(message)) this.#sent.add(message.id, this.#requestOf(message, call, tool !== undefined, false));
    return { call, message: this.#withContext(message, call.context) };
  }

  /** A notification is about to be sent. Undefined where it belongs to the span of a request: then it goes as it is. */
  sendNotification(message: Message): Outgoing | undefined {
    if (this.#isPartOf(message, this.#sent, this.#received)) return undefined;
    const call = this.#open(message, SpanKind.CLIENT, context.active());
    return call === undefined ? undefined : { call, message: this.#withContext(message, call.context) };
  }

  /** A response is about to be sent. */
  sendResponse(message: Message): void {
    this.#answer(this.#received.take(message.id), message);
  }

  /** A request came in; its handler is to run in the context of the call. Undefined where nobody records. */
  receiveRequest(message: Message, extra: unknown): Call | undefined {
    const { parent, links } = this.#origin(message);
    const call = this.#open(message, SpanKind.SERVER, parent, links, extra);
    if (call !== undefined && !isAcknowledged(message)) {
      this.#received.add(message.id, this.#requestOf(message, call, false, true));
    }
    return call;
  }

  receiveNotification(message: Message, extra: unknown): Call | undefined {
    if (this.#isPartOf(message, this.#received, this.#sent)) return undefined;
    const { parent, links } = this.#origin(message);
    return this.#open(message, SpanKind.SERVER, parent, links, extra);
  }

  receiveResponse(message: Message): void {
    this.#answer(this.#sent.take(message.id), message);
  }

  /** A request that was sent is given up without a message that says so. */
  abort(id: unknown): void {
    const request = this.#sent.take(id);
    if (request !== undefined) giveUp(request, 'cancelled');
  }

  /** Sending failed, which is how the request ends. */
  sendFailed(id: unknown, error: unknown): void {
    const request = this.#sent.take(id);
    if (request !== undefined && !request.isTools) request.call.fail(error);
  }

  closed(): void {
    for (const request of [...this.#received.takeAll(), ...this.#sent.takeAll()]) giveUp(request, 'connection_closed');
  }

  #open(
    message: Message,
    spanKind: SpanKind.CLIENT | SpanKind.SERVER,
    parent: Context,
    links?: Link[],
    extra?: unknown,
  ): Call | undefined {
    const tracer = activeTracer();
    if (tracer === undefined) return undefined;
    const plan = planMessage(this.#connection, message, spanKind, links, extra);
    const { captureOutput, redact } = this.#connection;
    const traits = {
      kind: plan.kind,
      operation: undefined,
      captureOutput: captureOutput && plan.kind === 'tool',
      redact,
    };
    const call = openCall(tracer, plan, traits, parent, undefined, comparedBy(message));
    if (call !== undefined) claimed.add(call);
    return call;
  }

  #requestOf({ method, params }: Message, call: Call, isTools: boolean, isReceived: boolean): OpenRequest {
    const progressToken = field(field(params, '_meta'), 'progressToken');
    return { call, method: String(method), isTools, isReceived, progressToken };
  }

  #withContext(message: Message, active: Context): Message {
    return this.#isPropagating ? carrying(message, active) : message;
  }

  #answer(request: OpenRequest | undefined, message: Message): void {
    if (request === undefined) return;
    if (request.method === 'initialize') {
      this.#connection.protocolVersion = textField(message.result, 'protocolVersion');
    }
    factsOf(request.call).attributes(lateFacts(this.#connection));
    answer(request, message);
  }

  /** Cancellations and progress are no work of their own: the one ends the span of its request, the other is an event. */
  #isPartOf({ method, params }: Message, cancellable: OpenRequests, progressing: OpenRequests): boolean {
    if (method === 'notifications/cancelled') {
      const request = cancellable.take(field(params, 'requestId'));
      if (request !== undefined) giveUp(request, isTimeout(field(params, 'reason')) ? 'timeout' : 'cancelled');
      return true;
    }
    if (method === 'notifications/progress') {
      const request = progressing.ofProgress(field(params, 'progressToken'));
      if (request !== undefined) factsOf(request.call).event(method, progressOf(params));
      return true;
    }
    return false;
  }

  /** Where a message that came in belongs: to who sent it, else to what runs here, else to our one open request. */
  #origin(message: Message): { parent: Context; links: Link[] } {
    const active = context.active();
    const here = trace.getSpan(active);
    // A connection outlives what it was opened in, whose session and agent are not those of what comes in later.
    const isOver = here !== undefined && hasEnded(here);
    const remote = contextOf(message, isOver ? ROOT_CONTEXT : trace.deleteSpan(active));
    const sender = trace.getSpanContext(remote);
    if (sender !== undefined && trace.isSpanContextValid(sender)) {
      const isElsewhere = here !== undefined && here.spanContext().spanId !== sender.spanId && !isOver;
      return { parent: remote, links: isElsewhere ? [{ context: here.spanContext() }] : [] };
    }
    if (here !== undefined && !isOver) return { parent: trace.setSpan(remote, here), links: [] };
    const asking = this.#sent.single();
    return { parent: asking === undefined ? remote : asking.call.context, links: [] };
  }
}

export interface Outgoing {
  readonly call: Call;
  /** What to send in place of the message. */
  readonly message: Message;
}

/** Tool calls that stand for a request already, and those that were opened for one. */
const claimed = new WeakSet<Call>();

/** The wrapped tool that runs here, itself and not something within it, if this is its first request. */
function unclaimedTool(active: Context): Call | undefined {
  const call = callOf(active);
  if (call === undefined || call.done || call.traits.kind !== 'tool' || claimed.has(call)) return undefined;
  return trace.getSpan(active) === call.span ? call : undefined;
}

/** A stream of changes stays open for as long as the host likes: its span is that of asking for it. */
export function isAcknowledged({ method }: Message): boolean {
  return method === 'subscriptions/listen';
}

/** Of this process, recorded, and over: what a long-lived stream was started in. */
function hasEnded(span: Span): boolean {
  const { traceFlags, isRemote } = span.spanContext();
  return (traceFlags & TraceFlags.SAMPLED) !== 0 && isRemote !== true && !span.isRecording();
}

/** All that the SDKs tell of why: a text, made of an error. */
function isTimeout(reason: unknown): boolean {
  return typeof reason === 'string' && /\btime(?:d ?out|out)/i.test(reason.slice(0, 200));
}

function progressOf(params: unknown): Record<string, number> {
  const values: Record<string, number> = {};
  for (const key of ['progress', 'total']) {
    const value = field(params, key);
    if (typeof value === 'number') values[`mcp.${key}`] = value;
  }
  return values;
}
