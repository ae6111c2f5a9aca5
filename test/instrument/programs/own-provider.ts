import { type ContextManager, context, propagation, type TextMapPropagator, trace } from '@opentelemetry/api';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

/**
 * Registers a provider of the program, of SDK 2.x or 3.x, through its own copy of the API. What comes by name is found
 * where the program runs, and not by the compiler.
 */
export async function registerProvider(version: '2' | '3', options: object): Promise<void> {
  const sdk: Record<string, new (options: object) => NodeTracerProvider> =
    version === '3' ? await import('@opentelemetry/sdk-trace' as string) : {};
  const { AsyncLocalStorageContextManager: Manager } = (await import(
    '@opentelemetry/context-async-hooks' as string
  )) as Record<string, new () => ContextManager>;
  const { W3CTraceContextPropagator: Propagator } = (await import('@opentelemetry/core' as string)) as Record<
    string,
    new () => TextMapPropagator
  >;
  trace.setGlobalTracerProvider(new (sdk.TracerProvider ?? NodeTracerProvider)(options));
  context.setGlobalContextManager(new Manager!().enable());
  propagation.setGlobalPropagator(new Propagator!());
}
