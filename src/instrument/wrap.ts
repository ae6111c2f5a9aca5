import type { Tracer } from '@opentelemetry/api';
import type { Call, CallTraits } from './call.ts';
import { captureJson, captureText } from './capture.ts';
import { capturesInput } from './content/settings.ts';
import { currentContext } from './framework-context.ts';
import { comparedBy, noteGiven, tried } from './given.ts';
import { type Kind, planSpan, type SafePlan } from './kinds.ts';
import { activeTracer, openCall, through } from './open-call.ts';
import type { AnyFunction, WrapOptions } from './options.ts';
import { causedBy } from './propagate.ts';
import { ATTR } from './semconv.ts';

/** What is known about a wrapped function. Shared by all copies of this package in a process. */
interface Mark {
  readonly kind: Kind;
  readonly name: string;
}

const MARK = Symbol.for('trace-analyze.wrapped');

interface Wrapping extends CallTraits {
  readonly fn: AnyFunction;
  readonly isAsync: boolean;
  readonly name: string;
  readonly plan: SafePlan;
  readonly options: WrapOptions;
}

/**
 * A function that does what `fn` does, and has a span for every call, from the call to the end of what it returns:
 * its value, its promise, or the last piece of its stream. `this`, name, length, own properties and prototype are those
 * of `fn`. A function wrapped as the same thing already is returned as it is. Throws a `TypeError` for a class.
 */
export function wrap<F extends AnyFunction>(kind: Kind, name: string, options: WrapOptions, fn: F): F {
  if (typeof fn !== 'function') throw new TypeError(`${kind}('${name}') needs a function`);
  if (options.limit !== undefined && typeof options.limit !== 'function') {
    throw new TypeError(`${kind}('${name}'): limit has to be a function`);
  }
  if (isClass(fn)) throw new TypeError(`${kind}('${name}'): a class cannot be wrapped, its methods can`);
  const mark = (fn as { [MARK]?: Mark })[MARK];
  if (mark !== undefined && mark.kind === kind && mark.name === name) return fn;
  const plan = planSpan(kind, name, options);
  const { captureOutput, redact } = options;
  const isAsync = Object.prototype.toString.call(fn) === '[object AsyncFunction]';
  const wrapping = { kind, name, operation: plan.modelOperation, captureOutput, redact, fn, isAsync, plan, options };
  return dressAs(fn, callable(wrapping), { kind, name });
}

function invoke(wrapping: Wrapping, self: unknown, args: unknown[]): unknown {
  const { fn, kind, options } = wrapping;
  const { limit } = options;
  const tracer = activeTracer();
  const call = tracer && openFor(tracer, wrapping, args);
  const run = () => Reflect.apply(fn, self, args) as Promise<unknown>;
  if (call === undefined) return limit === undefined ? run() : limit(run);
  if (kind === 'embedding' || options.callId !== undefined) tried(() => noteGiven(call, kind, options, args));
  if (capturesInput(options.captureInput)) call.tell((span) => span.setAttributes(inputOf(wrapping.kind, args)));
  if (limit === undefined) return through(call, run, wrapping.isAsync);
  return through(call, () => limit(() => startedRun(call, run)));
}

/** Whoever calls this, in whichever context: a limiter may do so when another call ends. */
function startedRun(call: Call, run: () => Promise<unknown>): Promise<unknown> {
  call.started();
  return call.run(run);
}

function openFor(tracer: Tracer, wrapping: Wrapping, args: unknown[]): Call | undefined {
  const plan = planFor(wrapping, args);
  const { kind, options } = wrapping;
  const { linkFrom, hashes } = options;
  const compared =
    typeof hashes === 'function' ? tried(() => comparedBy(kind, options, args)) : comparedBy(kind, options, args);
  if (linkFrom === undefined) return openCall(tracer, plan, wrapping, undefined, undefined, compared);
  const { links, parent } = causedBy(
    tried(() => linkFrom(args as never)),
    currentContext(),
  );
  const linked = { ...plan, links: [...plan.links, ...links] };
  return openCall(tracer, linked, wrapping, parent, undefined, compared);
}

function planFor(wrapping: Wrapping, args: unknown[]): SafePlan {
  const { kind, options, plan } = wrapping;
  const { name: nameFrom } = options;
  if (nameFrom === undefined) return plan;
  const name: unknown = tried(() => nameFrom(args as never));
  return typeof name === 'string' && name !== '' ? planSpan(kind, name, options) : plan;
}

function inputOf(kind: Kind, args: readonly unknown[]): Record<string, string> {
  const value = args.length === 1 ? args[0] : args;
  if (kind === 'retrieval' && typeof value === 'string') return { [ATTR.retrievalQuery]: captureText(value) };
  return { [kind === 'tool' ? ATTR.toolArguments : ATTR.inputValue]: captureJson(value) };
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
