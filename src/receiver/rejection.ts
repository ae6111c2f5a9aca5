/** A request that is refused, as the client is told. Nothing of it was stored. */
export class Rejection extends Error {
  override readonly name = 'Rejection';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, more: { headers?: Record<string, string>; cause?: unknown } = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.status = status;
    this.headers = more.headers ?? {};
  }
}

/** The client went away before its request was complete: there is nobody to answer. */
export class AbortedRequest extends Error {
  override readonly name = 'AbortedRequest';
}
