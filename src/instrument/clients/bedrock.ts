import { withCaptureSetting } from '../content/settings.ts';
import { notice } from '../notice.ts';
import { telemetryFailed } from '../telemetry-errors.ts';
import type { ClientOptions } from './api/options.ts';
import { shapeOf, textOf } from './api/shape.ts';
import { serverMiddleware, spanMiddleware } from './bedrock/middleware.ts';

export type TraceBedrockOptions = ClientOptions;

interface Stack {
  add(middleware: unknown, options: object): void;
}

const TRACED = Symbol.for('trace-analyze.bedrock');
const SERVICE = 'Bedrock Runtime';

/**
 * Gives every model call of a `BedrockRuntimeClient` a span, by two middlewares: `Converse`, `ConverseStream`,
 * `InvokeModel` and `InvokeModelWithResponseStream`. Returns the same client; doing it again changes nothing.
 *
 * Something of another shape, or a client of another service, is left as it is, with one notice. A client that caches
 * its middleware (`cacheMiddleware`) has to be traced before its first use.
 */
export function traceBedrock<T extends object>(client: T, options: TraceBedrockOptions = {}): T {
  try {
    const stack = shapeOf(client).middlewareStack as Stack | undefined;
    if (typeof shapeOf(stack).add !== 'function') {
      notice('traceBedrock: the client has no middlewareStack.add; its calls are not traced');
      return client;
    }
    const service = textOf(shapeOf(shapeOf(client).config).serviceId);
    if (service !== undefined && service !== SERVICE) {
      notice(`traceBedrock: a client of ${service} asks no model; its calls are not traced`);
      return client;
    }
    install(stack as Stack & { [TRACED]?: true }, withCaptureSetting(options));
  } catch (error) {
    telemetryFailed(error);
    notice('traceBedrock: the client refuses to be traced');
  }
  return client;
}

function install(stack: Stack & { [TRACED]?: true }, options: TraceBedrockOptions): void {
  if (stack[TRACED] === true) return;
  Object.defineProperty(stack, TRACED, { value: true });
  stack.add(spanMiddleware(options), { name: 'traceAnalyzeSpan', step: 'initialize', priority: 'high' });
  stack.add(serverMiddleware, { name: 'traceAnalyzeServer', step: 'build', priority: 'low' });
}
