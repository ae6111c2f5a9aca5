import {
  type Context,
  type HrTime,
  ProxyTracerProvider,
  type SpanOptions,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import { lookForHiddenProvider } from './api-copies.ts';
import { Call, type CallReader, type CallTraits, callOf } from './call.ts';
import { clockOrigin, hrTime } from './clock.ts';
import { rooted } from './default-parent.ts';
import { describe } from './details.ts';
import { currentContext } from './framework-context.ts';
import { type Kind, planSpan, type SafePlan, type SpanPlan } from './kinds.ts';
import { observe } from './observe.ts';
import { isOff } from './off.ts';
import type { WrapOptions } from './options.ts';
import { carryingAgent, remoteAgentOf } from './remote-agent.ts';
import { ATTR } from './semconv.ts';
import { sessionOf } from './session.ts';
import { telemetryFailed } from './telemetry-errors.ts';

const INVALID_TRACE_ID = '00000000000000000000000000000000';

/** A call that an adapter traces, known from its arguments. */
export interface CallSpec {
  readonly kind: Kind;
  /** As the first argument of the kind's wrapper: an agent's or tool's name, a model call's operation. */
  readonly name: string;
  readonly options?: Omit<WrapOptions, 'name' | 'captureInput'>;
  readonly reader?: CallReader;
  /** Its parent, where that is not what runs now. */
  readonly parent?: Context;
  /** When it began, where that is only known afterwards: milliseconds of `performance.now()`. */
  readonly startedMs?: number;
  /** What it is compared with others by, hashed: see `ta.args_hash`. Only read now. */
  readonly args?: readonly unknown[];
}

/**
 * For adapters of clients that are told about events, and do not run the work themselves. Whoever opens a call ends it,
 * by `succeed`, `fail` or `stopEarly`. Undefined where nobody records. Never throws.
 */
export function openSpec(spec: CallSpec): Call | undefined {
  const { kind, name, options = {}, reader, parent, startedMs } = spec;
  const tracer = activeTracer();
  if (tracer === undefined) return undefined;
  const plan = planSpan(kind, name, options);
  const captureOutput = options.captureOutput === true;
  const traits = { kind, operation: plan.modelOperation, captureOutput, redact: options.redact, reader };
  return openCall(tracer, plan, traits, parent, startedMs, spec.args);
}

/** Runs `body` inside an open call, which ends with what it returns. `isFresh`: see `observe`. */
export function through(call: Call, body: () => unknown, isFresh = false): unknown {
  let result: unknown;
  try {
    result = call.run(body);
  } catch (error) {
    call.fail(error);
    throw error;
  }
  return observe(result, call, isFresh);
}

/** Undefined where nobody records and nothing has to be handed down: then a call costs next to nothing. */
export function openCall(
  tracer: Tracer,
  plan: SafePlan,
  traits: CallTraits,
  given: Context = currentContext(),
  startedBefore?: number,
  args?: readonly unknown[],
): Call | undefined {
  try {
    const parent = rooted(given);
    const originMs = callOf(parent)?.originMs ?? clockOrigin();
    const startedMs = startedBefore ?? performance.now();
    const span = tracer.startSpan(plan.spanName, spanOptions(plan, parent, hrTime(originMs, startedMs)), parent);
    // A span that was sampled out still goes down, so that nothing below starts a trace of its own.
    if (!span.isRecording() && span.spanContext().traceId === INVALID_TRACE_ID) return undefined;
    const isAgent = traits.kind === 'agent';
    const base = isAgent ? carryingAgent(parent, plan.attributes[ATTR.agentName]) : parent;
    const call = new Call(span, base, traits, originMs, startedMs);
    if (plan.content !== undefined || plan.redacted > 0) call.tell((writer) => writer.begin(plan));
    if (span.isRecording()) {
      const nowMs = startedBefore === undefined ? startedMs : undefined;
      describe(call, { plan, parent, args, nowMs });
    }
    return call;
  } catch (error) {
    telemetryFailed(error);
    return undefined;
  }
}

/** Spelled out, and the spread last: adding to a spread object costs as much as a fifth of a call. */
function spanOptions(plan: SpanPlan, parent: Context, startTime: HrTime): SpanOptions {
  const { spanKind, attributes, links } = plan;
  const id = sessionOf(parent);
  const agent = plan.kind === 'agent' ? undefined : remoteAgentOf(parent, attributes);
  if (agent !== undefined) {
    const known = id === undefined ? undefined : { [ATTR.conversation]: id };
    return { kind: spanKind, attributes: { ...known, [ATTR.agentName]: agent, ...attributes }, links, startTime };
  }
  if (id === undefined) return { kind: spanKind, attributes, links, startTime };
  return { kind: spanKind, attributes: { [ATTR.conversation]: id, ...attributes }, links, startTime };
}

const NO_PROVIDER = new ProxyTracerProvider().getDelegate();
let provider: TracerProvider | undefined;
let cached: Tracer | undefined;

/** Looked up again when the provider changes, as it does between tests. Undefined: there is none, or all is off. */
export function activeTracer(): Tracer | undefined {
  if (isOff()) return undefined;
  try {
    const current = trace.getTracerProvider();
    if ((current as Partial<ProxyTracerProvider>).getDelegate?.() === NO_PROVIDER) {
      lookForHiddenProvider();
      return undefined;
    }
    if (cached === undefined || current !== provider) {
      provider = current;
      cached = current.getTracer('trace-analyze');
    }
    return cached;
  } catch (error) {
    telemetryFailed(error);
    return undefined;
  }
}
