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
  AlwaysOffSampler,
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

const listeners: Listener[] = [];

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

const all = new AlwaysOnSampler();
const none = new AlwaysOffSampler();

/** Whoever came last says what is recorded. */
const sampler: Sampler = {
  shouldSample: (...args) => {
    const chosen = listeners.findLast((one) => one.sampler !== undefined)?.sampler;
    return (chosen ?? (listeners.length > 0 ? all : none)).shouldSample(...args);
  },
  toString: () => 'trace-analyze.recorder',
};

/** One for the whole process: libraries keep the tracers that they took from it for the recordings to come. */
const provider = new NodeTracerProvider({ sampler, spanProcessors: [fanOut] });

/** What was registered before. */
interface Before {
  readonly provider: TracerProvider | undefined;
  readonly hasContexts: boolean;
  readonly hasPropagator: boolean;
}

let before: Before | undefined;

/** Registers the provider with the first listener, in place of the program's own. */
export function listen(listener: Listener): void {
  if (before === undefined || registered() !== provider) before = takeOver();
  listeners.push(listener);
}

/** With the last listener, what was registered before is put back. */
export function unlisten(listener: Listener): void {
  const at = listeners.indexOf(listener);
  if (at < 0) return;
  listeners.splice(at, 1);
  if (listeners.length > 0 || before === undefined) return;
  if (registered() === provider) putBack(before);
  before = undefined;
}

function takeOver(): Before {
  const found = {
    provider: registered(),
    hasContexts: keepsContexts(),
    hasPropagator: propagation.fields().length > 0,
  };
  // Tracers that were taken before anything was registered find what is registered first, and only that.
  if (found.provider !== undefined) trace.disable();
  provider.register({
    ...(found.hasContexts ? { contextManager: null } : {}),
    ...(found.hasPropagator ? { propagator: null } : {}),
  });
  if (registered() !== provider || !keepsContexts()) {
    putBack(found);
    throw new Error(
      'another copy of @opentelemetry/api was used first: nothing can be recorded (npm ls @opentelemetry/api)',
    );
  }
  return found;
}

function putBack({ provider: previous, hasContexts, hasPropagator }: Before): void {
  trace.disable();
  if (!hasContexts) context.disable();
  if (!hasPropagator) propagation.disable();
  if (previous !== undefined) trace.setGlobalTracerProvider(previous);
}

const NOTHING = new ProxyTracerProvider().getDelegate();

/** The provider that is registered, if any. */
function registered(): TracerProvider | undefined {
  const found = trace.getTracerProvider() as Partial<ProxyTracerProvider> & TracerProvider;
  const delegate = found.getDelegate === undefined ? found : found.getDelegate();
  return delegate === NOTHING ? undefined : delegate;
}

const PROBE = createContextKey('trace-analyze.testing');

/** Whether a context manager is registered; without one, every context is the root. */
function keepsContexts(): boolean {
  return context.with(ROOT_CONTEXT.setValue(PROBE, true), () => context.active().getValue(PROBE) === true);
}
