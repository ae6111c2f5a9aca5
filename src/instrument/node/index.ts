export { flush, type InitResult, init, type Stats, shutdown, stats } from './delivery.ts';
export { childEnv, type Environment, fromEnv } from './env-context.ts';
export type { SamplingOptions } from './sampling.ts';
export type { InitOptions } from './settings.ts';
export type { DeliveryOptions } from './span-delivery.ts';
export { type SpanProcessorLike, type SpanProcessorOptions, spanProcessor } from './span-processor.ts';
