/**
 * What went wrong with a place that traces come from (exit code 4). The codes of `http-client.ts` and `jaeger*.ts`:
 * TA1201 not a Jaeger · TA1202 not allowed · TA1203 cannot reach · TA1204 silent or too slow · TA1205 server error ·
 * TA1206 redirected elsewhere · TA1207 answer cut or broken · TA1208 answer too large · TA1209 request refused ·
 * TA1210 this server cannot search for that.
 */
export type SourceErrorCode = `TA1${number}`;

/** A source that failed: what, why, and what to do next. Never holds credentials, header values or a URL's userinfo. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  readonly code: SourceErrorCode;
  readonly why: string | undefined;
  readonly fix: string | undefined;

  constructor(code: SourceErrorCode, message: string, more: { why?: string; fix?: string; cause?: unknown } = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.why = more.why;
    this.fix = more.fix;
  }
}
