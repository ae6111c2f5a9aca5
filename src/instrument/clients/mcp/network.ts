import type { Attributes } from '@opentelemetry/api';
import { ATTR } from '../../semconv.ts';
import { field, isFields, textField } from './messages.ts';

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443, 'ws:': 80, 'wss:': 443 };

/** What a transport runs over, as far as its shape tells: transports of the SDKs do. */
export function networkOf(transport: object): Attributes {
  const url = urlOf(field(transport, '_url'));
  if (url !== undefined) return networkOfUrl(url);
  if ('_serverParams' in transport || '_stdin' in transport) return { [ATTR.networkTransport]: 'pipe' };
  const isHttpServer = 'handleRequest' in transport || 'handlePostMessage' in transport || 'handleMessage' in transport;
  return isHttpServer ? { [ATTR.networkTransport]: 'tcp', [ATTR.networkProtocol]: 'http' } : {};
}

/** Where requests go to: only on the side that has a URL. */
function networkOfUrl({ protocol, hostname, port }: URL): Attributes {
  const attributes: Attributes = {
    [ATTR.networkTransport]: 'tcp',
    [ATTR.networkProtocol]: protocol.startsWith('ws') ? 'websocket' : 'http',
    [ATTR.serverAddress]: hostname.replace(/^\[|\]$/g, ''),
  };
  const number = port === '' ? DEFAULT_PORTS[protocol] : Number(port);
  return number === undefined ? attributes : { ...attributes, [ATTR.serverPort]: number };
}

/** The version of the protocol that a connection has agreed on, where its transport was told. */
export function versionOf(transport: object, extra: unknown): string | undefined {
  return (
    textField(transport, 'protocolVersion') ??
    textField(transport, '_protocolVersion') ??
    headerOf(extra, 'mcp-protocol-version')
  );
}

/** A header of the HTTP request that brought a message: a `Request` in SDK 2, a plain object in SDK 1. */
function headerOf(extra: unknown, name: string): string | undefined {
  const headers = field(field(extra, 'request') ?? field(extra, 'requestInfo'), 'headers');
  if (!isFields(headers)) return undefined;
  const value = typeof headers.get === 'function' ? headers.get(name) : headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function urlOf(value: unknown): URL | undefined {
  if (value instanceof URL) return value;
  return typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
}
