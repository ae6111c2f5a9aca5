export { Anthropic, default } from '@anthropic-ai/sdk';
export { APIPromise } from '@anthropic-ai/sdk/core/api-promise';
export * as errors from '@anthropic-ai/sdk/core/error';
export { Stream } from '@anthropic-ai/sdk/core/streaming';
