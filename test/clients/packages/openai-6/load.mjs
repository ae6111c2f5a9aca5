export { AzureOpenAI, default, OpenAI } from 'openai';
export { APIPromise } from 'openai/core/api-promise';
export * as errors from 'openai/error';
export { Stream } from 'openai/streaming';
