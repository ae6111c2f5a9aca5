export { tracedFetch } from './http/fetch.ts';
export { tracedHandler } from './http/handler.ts';
export { tracedListener } from './http/node-listener.ts';
export { tracedRequest } from './http/node-request.ts';
export type { HttpClientOptions, HttpServerOptions } from './http/options.ts';
export { tracedInterceptor } from './http/undici.ts';
