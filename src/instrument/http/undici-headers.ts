import { propagation } from '@opentelemetry/api';
import { telemetryFailed } from '../telemetry-errors.ts';
import { isInClientCall } from './client-call.ts';

/** Of `node:diagnostics_channel`. */
interface Channel {
  readonly hasSubscribers: boolean;
  subscribe(listener: (message: unknown) => void): void;
  unsubscribe(listener: (message: unknown) => void): boolean;
}

interface HasModules {
  readonly process?: {
    getBuiltinModule?(name: string): { channel(name: string): Channel } | undefined;
  };
}

const channel = findChannel();

function findChannel(): Channel | undefined {
  try {
    const modules = (globalThis as unknown as HasModules).process;
    return modules?.getBuiltinModule?.('node:diagnostics_channel')?.channel('undici:request:create');
  } catch {
    return undefined;
  }
}

/**
 * OpenTelemetry's instrumentation of undici adds its headers to every request, also to those that have them. Two
 * `traceparent` are none. To be called before a request is made: where somebody listens to undici, whatever is there
 * twice is taken out once, after all others have been told.
 */
export function keepOneContext(): void {
  if (channel === undefined) return;
  channel.unsubscribe(onCreate);
  if (channel.hasSubscribers) channel.subscribe(onCreate);
}

function onCreate(message: unknown): void {
  try {
    if (isInClientCall()) takeOut((message as { readonly request: { headers?: unknown } }).request);
  } catch (error) {
    telemetryFailed(error);
  }
}

/** All but the last of each: what was added last is from the span that is nearest to the request. */
function takeOut(request: { headers?: unknown }): void {
  const { headers } = request;
  const ours = new Set(propagation.fields());
  // Names and values in turn; before undici 6, a text.
  if (typeof headers === 'string') {
    const lines = headers.split('\r\n').map((line) => [line.split(':', 1)[0], line]);
    request.headers = withoutEarlier(lines, ours)
      .map(([, line]) => line)
      .join('\r\n');
  } else if (Array.isArray(headers)) {
    const pairs = Array.from({ length: headers.length / 2 }, (_, i) => headers.slice(2 * i, 2 * i + 2));
    headers.splice(0, headers.length, ...withoutEarlier(pairs, ours).flat());
  }
}

function withoutEarlier(fields: unknown[][], names: ReadonlySet<string>): unknown[][] {
  const nameOf = ([name]: unknown[]) => String(name).toLowerCase();
  const last = new Map(fields.map((field) => [nameOf(field), field]));
  return fields.filter((field) => !names.has(nameOf(field)) || last.get(nameOf(field)) === field);
}
