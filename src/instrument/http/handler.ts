import type { Call } from '../call.ts';
import { derivePromise, isPlainPromise } from '../observe-promise.ts';
import { telemetryFailed } from '../telemetry-errors.ts';
import type { HttpServerOptions } from './options.ts';
import { noteAnswer, openServerCall } from './server-call.ts';
import { parsed } from './url.ts';

type Handler = (...args: never[]) => unknown;

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: object;
}

/**
 * A handler `(request: Request, …) => Response | Promise<Response>`, as Hono, Next and workers have them, with a SERVER
 * span for each request, as part of the trace that it comes from. The span ends when the handler has answered: what
 * reads a streamed body afterwards does not tell.
 */
export function tracedHandler<Args extends unknown[], Result>(
  handler: (...args: Args) => Result,
  options: HttpServerOptions<Args[0]> = {},
): (...args: Args) => Result {
  return new Proxy(handler, {
    apply: (target, self, args) => handleIn(target as Handler, self, args, options as HttpServerOptions) as Result,
  });
}

function handleIn(handler: Handler, self: unknown, args: unknown[], { attributes, route }: HttpServerOptions): unknown {
  const request = args[0] as Asked;
  const read = () => ({ method: request.method, url: parsed(request.url), headers: request.headers });
  const call = openServerCall(read, attributes);
  if (call === undefined) return Reflect.apply(handler, self, args);
  const onValue = (value: unknown) => finish(call, request, value, route);
  let result: unknown;
  try {
    result = call.run(() => Reflect.apply(handler, self, args));
  } catch (error) {
    call.fail(error);
    throw error;
  }
  if (typeof result === 'object' && result !== null && isPlainPromise(result)) {
    return derivePromise(result, { onValue, onError: (error) => call.fail(error) });
  }
  onValue(result);
  return result;
}

/** Never throws. */
function finish(call: Call, request: Asked, response: unknown, route: HttpServerOptions['route']): void {
  try {
    const named = typeof route === 'function' ? route(request as never) : route;
    noteAnswer(call, request.method, (response as { readonly status?: unknown } | undefined)?.status, named);
  } catch (error) {
    telemetryFailed(error);
  }
  call.succeed();
}
