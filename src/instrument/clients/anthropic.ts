import { withCaptureSetting } from '../content/settings.ts';
import { notice } from '../notice.ts';
import { activeTracer } from '../open-call.ts';
import { type Interceptor, isView, proxied, THROUGH_VIEW } from '../proxied.ts';
import { MessagesReader, messagesAttributes } from './anthropic/messages.ts';
import { endpointOf } from './api/endpoint.ts';
import type { ClientOptions } from './api/options.ts';
import { type RequestSpec, tracedRequest } from './api/request.ts';
import { type Shape, shapeOf, textOf } from './api/shape.ts';

export type TraceAnthropicOptions = ClientOptions;

/**
 * A view of an Anthropic client with a span for every message, of `messages` and `beta.messages`, their streams and
 * helpers. The client itself stays as it is, requests are what they were, and the view behaves as the client does.
 * Wrapping a view gives that view.
 *
 * A client that makes spans by itself (as of 0.134, unless that is switched off, or its spans would reach nobody) is
 * returned as it is. So is something of another shape, with one notice.
 */
export function traceAnthropic<T extends object>(client: T, options: TraceAnthropicOptions = {}): T {
  if (typeof client !== 'object' || client === null || isView(client) || tracesItself(client)) return client;
  if (typeof shapeOf(shapeOf(client).messages).create !== 'function') {
    notice('traceAnthropic: the client has no messages.create; its calls are not traced');
    return client;
  }
  const setting = withCaptureSetting(options);
  const create: Interceptor = (send, args) =>
    tracedRequest(
      () => specOf(shapeOf(args[0]), client, setting),
      () => send(...args),
    );
  const helpers = { parse: THROUGH_VIEW, stream: THROUGH_VIEW } as const;
  const betaHelpers = {
    ...helpers,
    toolRunner: THROUGH_VIEW,
    _toolRunnerThread: THROUGH_VIEW,
    thread: THROUGH_VIEW,
  } as const;
  return proxied(client, {
    messages: { create, ...helpers },
    beta: { messages: { create, ...betaHelpers } },
    withOptions: (call, args) => traceAnthropic(call(...args) as object, options),
  });
}

function tracesItself(client: object): boolean {
  const { openTelemetry } = shapeOf(client);
  if (typeof openTelemetry !== 'object' || openTelemetry === null) return false;
  return shapeOf(shapeOf(openTelemetry).traces).enabled !== false && !reachesNobody(client);
}

/** A client with a copy of OpenTelemetry's API of its own may not see the provider that is there: its spans are lost. */
function reachesNobody(client: object): boolean {
  try {
    const { _provider: provider, name, version } = shapeOf(shapeOf(client)._tracer);
    const { getDelegateTracer } = shapeOf(provider);
    if (activeTracer() === undefined || typeof getDelegateTracer !== 'function') return false;
    return Reflect.apply(getDelegateTracer, provider, [name, version]) === undefined;
  } catch {
    return false;
  }
}

function specOf(body: Shape, client: object, options: TraceAnthropicOptions): RequestSpec {
  const { server, provider } = endpointOf(client);
  const model = textOf(body.model);
  return {
    kind: 'llm',
    name: 'chat',
    reader: new MessagesReader(options),
    args: [body],
    options: {
      ...(model === undefined ? {} : { model }),
      ...(server === undefined ? {} : { server }),
      provider: options.provider ?? provider ?? 'anthropic',
      redact: options.redact,
      attributes: { ...messagesAttributes(body, options), ...options.attributes },
    },
  };
}
