import { IdleError } from './http-body.ts';
import { SourceError } from './source-error.ts';

/** How messages name the server: its kind ("Jaeger") and its address without credentials. */
export interface PeerName {
  readonly peer: string;
  readonly printed: string;
  /** Cut out of everything the server says before it gets into a message. */
  readonly secrets: readonly string[];
}

const CERTIFICATE =
  /CERT|SELF_SIGNED|UNABLE_TO_GET_ISSUER|UNABLE_TO_VERIFY|ERR_TLS_CERT|DEPTH_ZERO|ERR_SSL_TLSV1_ALERT_UNKNOWN_CA/;

/** Undici hides the reason in `cause`, and behind localhost's two addresses in the `errors` of that. */
function failureCode(error: unknown): string | undefined {
  let at: unknown = error;
  for (let depth = 0; depth < 5 && typeof at === 'object' && at !== null; depth++) {
    const { code, cause, errors } = at as { code?: unknown; cause?: unknown; errors?: unknown };
    if (typeof code === 'string' && code !== '') return code;
    at = cause ?? (Array.isArray(errors) ? errors[0] : undefined);
  }
  return undefined;
}

/** A connection that broke although the server was there: also what a closing keep-alive connection looks like. */
export function isConnectionReset(error: unknown): boolean {
  const code = failureCode(error);
  return code === 'ECONNRESET' || code === 'UND_ERR_SOCKET' || code === 'EPIPE';
}

/** The request got no answer at all. */
export function noAnswerError(error: unknown, name: PeerName, idleMs: number): SourceError {
  if (error instanceof IdleError) return silentError(name, idleMs, error);
  const code = failureCode(error) ?? 'no connection';
  const message = `cannot reach ${name.peer} at ${name.printed} (${code})`;
  if (CERTIFICATE.test(code)) {
    return new SourceError('TA1203', message, {
      why: 'the certificate of the server is not trusted',
      fix: 'name the certificate authority: NODE_EXTRA_CA_CERTS=ca.pem trace-analyze …',
      cause: error,
    });
  }
  if (code.startsWith('HPE_')) {
    const fix = `pass the port of ${name.peer}'s HTTP API (Jaeger: 16686), not one for gRPC or OTLP`;
    return new SourceError('TA1203', message, { why: 'what answers there does not speak HTTP', fix, cause: error });
  }
  const fix = `start ${name.peer}, or pass --jaeger URL, or analyse a file: trace-analyze demo`;
  return new SourceError('TA1203', message, { fix, cause: error });
}

function silentError(name: PeerName, idleMs: number, cause: unknown): SourceError {
  const seconds = Number((idleMs / 1000).toPrecision(3));
  return new SourceError('TA1204', `${name.peer} at ${name.printed} sent (almost) nothing for ${seconds} s`, {
    fix: 'ask for less (--since, --service, --limit), or look whether its storage is overloaded',
    cause,
  });
}

/** The answer began and did not end as it should. */
export function brokenBodyError(error: unknown, name: PeerName, idleMs: number): SourceError {
  if (error instanceof IdleError) return silentError(name, idleMs, error);
  const code = failureCode(error);
  const how = code === undefined ? '' : ` (${code})`;
  return new SourceError('TA1207', `the answer of ${name.peer} at ${name.printed} was cut off${how}`, {
    why: 'the connection ended in the middle of the body',
    fix: 'try again; if it stays, look into the log of the server or the proxy before it',
    cause: error,
  });
}

/** 401, 403, or 429 and 5xx when all tries are used up. */
export function statusError(status: number, body: string, name: PeerName, tries: number): SourceError {
  const said = serverMessage(body, name);
  const why = said === undefined ? undefined : `it says: ${said}`;
  if (status === 401 || status === 403) {
    return new SourceError('TA1202', `${name.peer} at ${name.printed} does not let us in (HTTP ${status})`, {
      ...(why === undefined ? {} : { why }),
      fix: 'pass a token that may read traces (--token), or the headers or tenant the proxy asks for',
    });
  }
  const fix =
    status === 429
      ? 'wait, or ask for less: --limit, --since'
      : `look into the log of ${name.peer}; ask for less: --limit, --since, --service`;
  const times = tries === 1 ? '' : `, ${tries} times`;
  return new SourceError('TA1205', `${name.peer} at ${name.printed} failed (HTTP ${status}${times})`, {
    ...(why === undefined ? {} : { why }),
    fix,
  });
}

/** What an error answer says in one line: Jaeger's JSON errors or plain text; undefined for a page of HTML. */
export function serverMessage(body: string, name: PeerName): string | undefined {
  const text = jsonMessage(body) ?? (/^\s*[<{[]/.test(body) ? undefined : body);
  let line = (text ?? '').replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  for (const secret of name.secrets) line = line.replaceAll(secret, '[redacted]');
  if (line.length > 200) line = `${line.slice(0, 199)}…`;
  return line === '' ? undefined : line;
}

function jsonMessage(body: string): string | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  // api_v3: {error: {httpCode, message}}; v1: {errors: [{code, msg}]}
  const { error, errors } = parsed as { error?: { message?: unknown }; errors?: readonly { msg?: unknown }[] };
  const message = error?.message ?? (Array.isArray(errors) ? errors[0]?.msg : undefined);
  return typeof message === 'string' ? message : undefined;
}
