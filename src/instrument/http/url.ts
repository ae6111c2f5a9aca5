import type { Attributes } from '@opentelemetry/api';
import { hashKey } from '../hash-key.ts';
import { ATTR } from '../semconv.ts';
import { sipHash } from '../siphash.ts';

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

export function parsed(text: string, base?: string): URL | undefined {
  return URL.canParse(text, base) ? new URL(text, base) : undefined;
}

/** `server.address`, `server.port` and `url.full`, the last without user, fragment and the values of the query. */
export function clientAttributes(url: URL): Attributes {
  return {
    ...addressOf(url),
    [ATTR.urlFull]: `${url.protocol}//${url.host}${url.pathname}${queryOf(url)}`,
  };
}

export function addressOf({ hostname, protocol, port }: URL): Attributes {
  if (hostname === '') return {};
  const address = { [ATTR.serverAddress]: hostname.replace(/^\[|\]$/g, '') };
  const number = port === '' ? DEFAULT_PORTS[protocol] : Number(port);
  return number === undefined ? address : { ...address, [ATTR.serverPort]: number };
}

function queryOf({ search }: URL): string {
  return search.replace(/=([^&;]+)/g, (_, value: string) => `=${digestOf(value)}`);
}

/** The same for the same value, and nothing else about it: whether a request was made twice can be seen. */
function digestOf(value: string): string {
  if (hashKey === undefined) return '[redacted]';
  const bytes = new TextEncoder().encode(value);
  return `~${sipHash(hashKey, new DataView(bytes.buffer), bytes.length).slice(0, 8)}`;
}
