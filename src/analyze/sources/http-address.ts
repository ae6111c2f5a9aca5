/** A value read from text a user typed, or what is wrong with that text in words for a usage error (exit code 2). */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/** Where a server is. `base` and `printed` hold no credentials. */
export interface HttpAddress {
  /** Scheme, host and base path without a slash at the end: routes are appended to it. */
  readonly base: string;
  /** How messages name the server. */
  readonly printed: string;
  /** From the URL's userinfo: the value of an `Authorization` header. */
  readonly basicAuth: string | undefined;
  /** The password of the URL, so that no text of the server can carry it into a message. */
  readonly secrets: readonly string[];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** An http(s) URL, with or without userinfo and base path; a query or fragment is ignored. */
export function parseHttpAddress(text: string): Parsed<HttpAddress> {
  const trimmed = text.trim();
  const url = URL.canParse(trimmed) ? new URL(trimmed) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    // "localhost:16686" parses as scheme "localhost:": the likeliest slip. Nothing with an "@" is echoed.
    const guess = /^[\w.-]+(:\d{1,5})?(\/[\w./-]*)?$/.test(trimmed) ? `: did you mean http://${trimmed} ?` : '';
    return { ok: false, problem: `not an http or https URL${guess}` };
  }
  const base = url.origin + url.pathname.replace(/\/+$/, '');
  const user = decoded(url.username);
  const password = decoded(url.password);
  const hasUserinfo = user !== '' || password !== '';
  const basicAuth = hasUserinfo ? `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` : undefined;
  const secrets = [password, url.password, basicAuth?.slice('Basic '.length) ?? ''].filter((secret) => secret !== '');
  return { ok: true, value: { base, printed: base, basicAuth, secrets } };
}

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// What Headers accepts: checked here, because its own error message quotes the value, which may be a secret.
// biome-ignore lint/suspicious/noControlCharactersInRegex: a header value must not hold them
const HEADER_VALUE = /^[^\u0000-\u0008\u000a-\u001f\u007f\u0100-\uffff]*$/;

/** `Name: value` lines, as `--header` takes them. The problem names the header, never its value. */
export function parseHeaders(lines: readonly string[]): Parsed<Readonly<Record<string, string>>> {
  const headers: Record<string, string> = Object.create(null);
  for (const [index, line] of lines.entries()) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    const which = HEADER_NAME.test(name) ? `header "${name}"` : `header ${index + 1}`;
    if (!HEADER_NAME.test(name)) return { ok: false, problem: `${which} is not of the form "Name: value"` };
    if (!isHeaderValue(value)) return { ok: false, problem: `${which} has characters that no header can hold` };
    headers[name] = value;
  }
  return { ok: true, value: headers };
}

/** Whether text (a token, a tenant) can be sent as a header's value. */
export function isHeaderValue(text: string): boolean {
  return HEADER_VALUE.test(text);
}
