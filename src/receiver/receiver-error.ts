/**
 * What went wrong on our own side of the receiver: TA1301 cannot listen · TA1302 the span log has another writer ·
 * TA1303 the span log cannot be written · TA1304 the span log cannot be opened · TA1305 the memory store is full.
 */
export type ReceiverErrorCode = `TA13${number}`;

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

/** Node's own word for a system error (`ENOSPC`), or undefined. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
