/**
 * What went wrong on our own side of the receiver: TA1401 cannot listen · TA1402 the span log has another writer ·
 * TA1403 the span log cannot be written · TA1404 the span log cannot be opened.
 */
export type ReceiverErrorCode = `TA14${number}`;

/** The receiver or its store cannot do its work: what, why, and what to do next. */
export class ReceiverError extends Error {
  override readonly name = 'ReceiverError';
  readonly code: ReceiverErrorCode;
  readonly why: string | undefined;
  readonly fix: string | undefined;

  constructor(code: ReceiverErrorCode, message: string, more: { why?: string; fix?: string; cause?: unknown } = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.why = more.why;
    this.fix = more.fix;
  }
}
