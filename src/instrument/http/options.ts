import type { Attributes } from '@opentelemetry/api';

export interface HttpClientOptions {
  /**
   * Whether trace context and baggage (with the session's id and the agent's name) go along in the headers; for each
   * URL where it is a function. Default true.
   */
  readonly propagate?: boolean | ((url: string) => boolean);
  /** Set on every span. */
  readonly attributes?: Attributes;
}

export interface HttpServerOptions<Request = never> {
  /**
   * `http.route`: the template of the path, such as `/users/:id`, never the path itself. A function is asked when the
   * answer is complete; what is no string means that there is none. Default: what Express knows.
   */
  readonly route?: string | ((request: Request) => unknown);
  /** Set on every span. */
  readonly attributes?: Attributes;
}
