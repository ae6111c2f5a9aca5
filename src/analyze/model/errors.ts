/** A document that cannot be read: what, where, what was expected, and what to do next. */
export class InputError extends Error {
  override readonly name = 'InputError';
  readonly code: string;
  readonly why: string | undefined;
  readonly fix: string | undefined;
  /** Offset of the trouble in the (decompressed) document, where known. */
  readonly byte: number | undefined;

  constructor(
    code: string,
    message: string,
    more: { why?: string; fix?: string; byte?: number; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.why = more.why;
    this.fix = more.fix;
    this.byte = more.byte;
  }
}

/** Node's own word for a system error (`ENOSPC`), or undefined. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
