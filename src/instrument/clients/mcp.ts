import { capturesInput, capturesOutput } from '../content/settings.ts';
import { notice } from '../notice.ts';
import { telemetryFailed } from '../telemetry-errors.ts';
import { hook } from '../watch.ts';
import { hookTransport } from './mcp/hook-transport.ts';
import { canHook } from './mcp/hooked-property.ts';
import { Peer } from './mcp/peer.ts';

export interface TraceMcpOptions {
  /**
   * Whether trace context and baggage go along in `params._meta` of what is sent. Default true. What comes in is read in
   * any case.
   */
  readonly propagate?: boolean;
  /** Records the arguments of tools, as bounded JSON. Off by default: they are content. */
  readonly captureInput?: boolean;
  /** Records the results of tools, as bounded JSON. Off by default. */
  readonly captureOutput?: boolean;
  /** Takes out of every text on the spans what must not be on them, after keys, tokens and the like have been. */
  readonly redact?: ((text: string) => string) | undefined;
}

/**
 * Traces a transport of the Model Context Protocol, of a client or a server, and returns it: a span for every request
 * and most notifications, in both directions. Give it to `connect` as before. A client or server is taken as well, to
 * trace every transport that it connects to, also one that its SDK makes. Tracing the same object again does nothing.
 */
export function traceMcp<T extends object>(transport: T, options: TraceMcpOptions = {}): T {
  if (typeof transport !== 'object' || transport === null || traced.has(transport)) return transport;
  try {
    trace(transport, options);
  } catch (error) {
    telemetryFailed(error);
  }
  return transport;
}

const traced = new WeakSet<object>();

function trace(transport: object, options: TraceMcpOptions): void {
  const methods = transport as Readonly<Record<string, unknown>>;
  const isTransport = typeof methods.send === 'function' && typeof methods.close === 'function';
  const isParty = !isTransport && typeof methods.connect === 'function';
  if ((!isTransport && !isParty) || !canHook(transport, isTransport ? ['send', 'onmessage', 'onclose'] : ['connect'])) {
    notice('traceMcp: this is no MCP transport, client or server that can be traced; its requests have no spans');
    return;
  }
  traced.add(transport);
  if (isTransport) hookTransport(transport, peerOf(transport, options));
  else hookConnect(transport, options);
}

function hookConnect(party: object, options: TraceMcpOptions): void {
  hook(
    party,
    'connect',
    (original) =>
      function (this: unknown, ...args) {
        traceMcp(args[0] as object, options);
        return Reflect.apply(original, this, args);
      },
  );
}

function peerOf(transport: object, { propagate, captureInput, captureOutput, redact }: TraceMcpOptions): Peer {
  const connection = {
    transport,
    protocolVersion: undefined,
    get captureInput() {
      return capturesInput(captureInput);
    },
    get captureOutput() {
      return capturesOutput(captureOutput);
    },
    redact,
  };
  return new Peer(connection, propagate !== false);
}
