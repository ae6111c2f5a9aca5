import {
  context,
  createContextKey,
  ProxyTracerProvider,
  propagation,
  ROOT_CONTEXT,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import {
  AlwaysOnSampler,
  NodeTracerProvider,
  type ReadableSpan,
  type Sampler,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-node';

/** Told about every span while it is registered. */
export interface Listener {
  readonly sampler: Sampler | undefined;
  started(span: ReadableSpan): void;
  ended(span: ReadableSpan): void;
}

/** One provider for all listeners of a process: recordings that overlap see each other's spans. */
interface Registration {
  readonly provider: NodeTracerProvider;
  readonly previous: TracerProvider | undefined;
  readonly hasOwnContexts: boolean;
  readonly hasOwnPropagator: boolean;
}

const listeners: Listener[] = [];
let registration: Registration | undefined;

/** Registers the provider with the first listener, in place of the program's own. */
export function listen(listener: Listener): void {
  listeners.push(listener);
  if (registration === undefined || delegate() !== registration.provider) registration = register();
}

/** With the last listener, what was registered before is put back. */
export async function unlisten(listener: Listener): Promise<void> {
  const at = listeners.indexOf(listener);
  if (at < 0) return;
  listeners.splice(at, 1);
  if (listeners.length > 0 || registration === undefined) return;
  const ended = registration;
  registration = undefined;
  if (delegate() === ended.provider) restore(ended);
  await ended.provider.shutdown();
}

const fanOut: SpanProcessor = {
  onStart: (span) => {
    for (const one of listeners) one.started(span as unknown as ReadableSpan);
  },
  onEnd: (span) => {
    for (const one of listeners) one.ended(span);
  },
  forceFlush: async () => undefined,
  shutdown: async () => undefined,
};

const recordAll = new AlwaysOnSampler();

/** Whoever came last says what is recorded. */
const sampler: Sampler = {
  shouldSample: (...args) => {
    const chosen = listeners.findLast((one) => one.sampler !== undefined)?.sampler ?? recordAll;
    return chosen.shouldSample(...args);
  },
  toString: () => 'trace-analyze.recorder',
};

function register(): Registration {
  const previous = delegate();
  const provider = new NodeTracerProvider({ sampler, spanProcessors: [fanOut] });
  const hasOwnContexts = !keepsContexts();
  const hasOwnPropagator = propagation.fields().length === 0;
  trace.disable();
  provider.register({
    ...(hasOwnContexts ? {} : { contextManager: null }),
    ...(hasOwnPropagator ? {} : { propagator: null }),
  });
  return { provider, previous, hasOwnContexts, hasOwnPropagator };
}

function restore({ previous, hasOwnContexts, hasOwnPropagator }: Registration): void {
  trace.disable();
  if (hasOwnContexts) context.disable();
  if (hasOwnPropagator) propagation.disable();
  if (previous !== undefined) trace.setGlobalTracerProvider(previous);
}

const NOTHING = new ProxyTracerProvider().getDelegate();

/** The provider that is registered, if any. */
function delegate(): TracerProvider | undefined {
  const registered = trace.getTracerProvider() as Partial<ProxyTracerProvider> & TracerProvider;
  const found = registered.getDelegate === undefined ? registered : registered.getDelegate();
  return found === NOTHING ? undefined : found;
}

const PROBE = createContextKey('trace-analyze.testing');

/** Whether a context manager is registered; without one, every context is the root. */
function keepsContexts(): boolean {
  return context.with(ROOT_CONTEXT.setValue(PROBE, true), () => context.active().getValue(PROBE) === true);
}
