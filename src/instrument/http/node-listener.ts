import type { Call } from '../call.ts';
import { telemetryFailed } from '../telemetry-errors.ts';
import { hookEmit } from './hook-emitter.ts';
import type { HttpServerOptions } from './options.ts';
import { NO_HOST, noteAnswer, openServerCall, type ServedRequest } from './server-call.ts';
import { parsed } from './url.ts';

type Fields = Readonly<Record<string, unknown>>;
type Listener = (...args: never[]) => unknown;

const HOST = /^[\w.-]+(?::\d+)?$|^\[[\da-f:.]+\](?::\d+)?$/i;

const traced = new WeakSet<object>();

/**
 * A listener for the requests of a server of `node:http`, `https` or `http2` (an Express app is one) with a SERVER span
 * for each, from the call to the end of the answer, as part of the trace that the request comes from. Everything that
 * the listener does, and all listeners of the request's and the answer's events, run in it.
 */
export function tracedListener<Args extends unknown[], Result>(
  listener: (...args: Args) => Result,
  options: HttpServerOptions<Args[0]> = {},
): (...args: Args) => Result {
  if (traced.has(listener)) return listener;
  const wrapped = new Proxy(listener, {
    apply: (target, self, args) => listenIn(target as Listener, self, args, options as HttpServerOptions) as Result,
  });
  traced.add(wrapped);
  return wrapped;
}

function listenIn(listener: Listener, self: unknown, args: unknown[], options: HttpServerOptions): unknown {
  const [request, response] = args as [Fields, Fields];
  const call = openServerCall(() => servedBy(request), options.attributes);
  if (call === undefined) return Reflect.apply(listener, self, args);
  try {
    watchExchange(request, response, call, options);
  } catch (error) {
    telemetryFailed(error);
    call.succeed();
  }
  try {
    return call.run(() => Reflect.apply(listener, self, args));
  } catch (error) {
    call.fail(error);
    throw error;
  }
}

function servedBy({ method, url, headers, socket }: Fields): ServedRequest {
  const fields = (headers ?? {}) as Fields;
  const scheme = (socket as Fields | undefined)?.encrypted === true ? 'https' : 'http';
  const given = String(fields[':authority'] ?? fields.host ?? '');
  const base = `${scheme}://${HOST.test(given) ? given : NO_HOST}`;
  const target = String(url);
  return { method: String(method), url: parsed(target.startsWith('/') ? base + target : target, base), headers };
}

function watchExchange(request: Fields, response: Fields, call: Call, { route }: HttpServerOptions): void {
  const method = String(request.method);
  const note = () =>
    noteAnswer(call, method, response.headersSent === true && response.statusCode, routeOf(request, route));
  hookEmit(request, call.context, () => undefined);
  hookEmit(response, call.context, (event) => {
    if (event === 'finish') {
      note();
      call.succeed();
    } else if (event === 'close' && !call.done) {
      note();
      // The client did not wait for the end of the answer.
      call.stopEarly();
    }
  });
}

function routeOf(request: Fields, route: HttpServerOptions['route']): unknown {
  try {
    if (typeof route === 'function') return route(request as never);
    return route ?? routeOfExpress(request);
  } catch (error) {
    telemetryFailed(error);
    return undefined;
  }
}

function routeOfExpress({ route, baseUrl }: Fields): string | undefined {
  const path = (route as Fields | undefined)?.path;
  return typeof path === 'string' ? `${typeof baseUrl === 'string' ? baseUrl : ''}${path}` : undefined;
}
