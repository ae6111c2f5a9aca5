/** Spans could not be delivered (exit code 4): TA1501 nobody answers · TA1502 the receiver denies · TA1503 some are lost. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
  readonly code: `TA15${number}`;
  readonly why: string | undefined;
  readonly fix: string | undefined;

  constructor(code: `TA15${number}`, message: string, more: { why?: string; fix?: string } = {}) {
    super(message);
    this.code = code;
    this.why = more.why;
    this.fix = more.fix;
  }
}
