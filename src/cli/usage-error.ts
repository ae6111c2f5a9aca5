/** A command line that cannot be run as written (exit code 2). TA1101 a wrong option · TA1102 options that clash. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code: `TA11${number}`;
  readonly why: string | undefined;
  readonly fix: string | undefined;

  constructor(message: string, more: { code?: `TA11${number}`; why?: string; fix?: string } = {}) {
    super(message);
    this.code = more.code ?? 'TA1101';
    this.why = more.why;
    this.fix = more.fix;
  }
}
