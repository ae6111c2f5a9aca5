import {
  type Context,
  context,
  type HrTime,
  ProxyTracerProvider,
  type SpanOptions,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import { Call, type CallTraits, callOf } from './call.ts';
import { captureJson, captureText } from './capture.ts';
import { clockOrigin, hrTime } from './clock.ts';
import { type Kind, planSpan, type SpanPlan } from './kinds.ts';
import { observe } from './observe.ts';
import type { AnyFunction, WrapOptions } from './options.ts';
import { ATTR } from './semconv.ts';
import { sessionOf } from './session.ts';
import { telemetryFailed } from './telemetry-errors.ts';

/** What is known about a wrapped function. Shared by all copies of this package in a process. */
interface Mark {
  readonly kind: Kind;
  readonly name: string;
}

const MARK = Symbol.for('trace-analyze.wrapped');
const INVALID_TRACE_ID = '00000000000000000000000000000000';

interface Wrapping extends CallTraits {
  readonly fn: AnyFunction;
  readonly name: string;
  readonly plan: SpanPlan;
  readonly options: WrapOptions;
}

/**
 * A function that does what `fn` does, and has a span for every call, from the call to the end of what it returns:
 * its value, its promise, or the last piece of its stream. `this`, name, length, own properties and prototype are those
 * of `fn`. A function wrapped as the same thing already is returned as it is. Throws a `TypeError` for a class.
 */
export function wrap<F extends AnyFunction>(kind: Kind, name: string, options: WrapOptions, fn: F): F {
  if (typeof fn !== 'function') throw new TypeError(`${kind}('${name}') needs a function`);
  if (isClass(fn)) throw new TypeError(`${kind}('${name}'): a class cannot be wrapped, its methods can`);
  const mark = (fn as { [MARK]?: Mark })[MARK];
  if (mark !== undefined && mark.kind === kind && mark.name === name) return fn;
  const plan = planSpan(kind, name, options);
  const captureOutput = options.captureOutput === true;
  const wrapping = { kind, name, operation: plan.modelOperation, captureOutput, fn, plan, options };
  return dressAs(fn, callable(wrapping), { kind, name });
}

function invoke(wrapping: Wrapping, self: unknown, args: unknown[]): unknown {
  const call = openCall(wrapping, args);
  const { fn } = wrapping;
  if (call === undefined) return Reflect.apply(fn, self, args);
  let result: unknown;
  try {
    result = call.run(() => Reflect.apply(fn, self, args));
  } catch (error) {
    call.fail(error);
    throw error;
  }
  return observe(result, call);
}

/** Undefined where nobody records and nothing has to be handed down: then the call costs next to nothing. */
function openCall(wrapping: Wrapping, args: unknown[]): Call | undefined {
  try {
    const tracer = activeTracer();
    if (tracer === undefined) return undefined;
    const parent = context.active();
    const { options } = wrapping;
    const plan = options.name === undefined ? wrapping.plan : planFor(wrapping, args);
    const originMs = callOf(parent)?.originMs ?? clockOrigin();
    const startedMs = performance.now();
    const span = tracer.startSpan(plan.spanName, spanOptions(plan, parent, hrTime(originMs, startedMs)), parent);
    // A span that was sampled out still goes down, so that nothing below starts a trace of its own.
    if (!span.isRecording() && span.spanContext().traceId === INVALID_TRACE_ID) return undefined;
    if (options.captureInput === true && span.isRecording()) span.setAttributes(inputOf(wrapping.kind, args));
    return new Call(span, parent, wrapping, originMs, startedMs);
  } catch (error) {
    telemetryFailed(error);
    return undefined;
  }
}

/** Spelled out, and the spread last: adding to a spread object costs as much as a fifth of a call. */
function spanOptions({ spanKind, attributes, links }: SpanPlan, parent: Context, startTime: HrTime): SpanOptions {
  const id = sessionOf(parent);
  if (id === undefined) return { kind: spanKind, attributes, links, startTime };
  return { kind: spanKind, attributes: { [ATTR.conversation]: id, ...attributes }, links, startTime };
}

function planFor(wrapping: Wrapping, args: unknown[]): SpanPlan {
  const { kind, options, plan } = wrapping;
  try {
    const name = options.name?.(args as never);
    return typeof name === 'string' && name !== '' ? planSpan(kind, name, options) : plan;
  } catch (error) {
    telemetryFailed(error);
    return plan;
  }
}

function inputOf(kind: Kind, args: readonly unknown[]): Record<string, string> {
  const value = args.length === 1 ? args[0] : args;
  if (kind === 'retrieval' && typeof value === 'string') return { [ATTR.retrievalQuery]: captureText(value) };
  return { [kind === 'tool' ? ATTR.toolArguments : ATTR.inputValue]: captureJson(value) };
}

const NO_PROVIDER = new ProxyTracerProvider().getDelegate();
let provider: TracerProvider | undefined;
let cached: Tracer | undefined;

/** Looked up again when the provider changes, as it does between tests. Undefined: there is none. */
function activeTracer(): Tracer | undefined {
  const current = trace.getTracerProvider();
  if ((current as Partial<ProxyTracerProvider>).getDelegate?.() === NO_PROVIDER) return undefined;
  if (cached === undefined || current !== provider) {
    provider = current;
    cached = current.getTracer('trace-analyze');
  }
  return cached;
}

/** By its text; a method may be named `class`, too. */
function isClass(fn: AnyFunction): boolean {
  return /^class\b(?!\s*\()/.test(Function.prototype.toString.call(fn));
}

/** With or without `new`, as the original allows. */
function callable(wrapping: Wrapping): AnyFunction {
  const { fn } = wrapping;
  const isConstructor = Object.getOwnPropertyDescriptor(fn, 'prototype')?.value?.constructor === fn;
  if (!isConstructor) {
    return {
      wrapped(this: unknown, ...args: unknown[]) {
        return invoke(wrapping, this, args);
      },
    }.wrapped;
  }
  return function wrapped(this: unknown, ...args: unknown[]): unknown {
    if (new.target === undefined) return invoke(wrapping, this, args);
    return Reflect.construct(fn, args, (new.target as unknown) === wrapped ? fn : new.target);
  };
}

function dressAs<F extends AnyFunction>(fn: F, wrapped: AnyFunction, mark: Mark): F {
  for (const key of Reflect.ownKeys(fn)) {
    // Own, but not to be defined, on functions in sloppy mode.
    if (key === 'arguments' || key === 'caller' || key === MARK) continue;
    Object.defineProperty(wrapped, key, Object.getOwnPropertyDescriptor(fn, key)!);
  }
  Object.setPrototypeOf(wrapped, Object.getPrototypeOf(fn));
  Object.defineProperty(wrapped, MARK, { value: mark });
  return wrapped as F;
}
