import { type Context, context, createContextKey, type TracerProvider, trace } from '@opentelemetry/api';
import { notice } from './notice.ts';

/** Where every copy of the API with this major version keeps what was registered. */
const REGISTRY = Symbol.for('opentelemetry.js.api.1');

interface Registry {
  /** Of the copy that registered something first. No copy of another version, patches included, can add to it. */
  readonly version?: string;
  readonly trace?: object;
}

const PROBE = createContextKey('trace-analyze.probe');
const CANNOT_SEE = 'which the newer copy of trace-analyze cannot see';
const REMEDY = 'Have one copy installed: see `npm ls @opentelemetry/api`, then `npm dedupe` or "overrides".';

let isTold = false;

/**
 * A copy of the API sees what another one registered only where that one is not older by a minor version. Otherwise
 * everything looks as if there were no provider at all: says so, once. Cheap, as it is asked at every call without one.
 */
export function lookForHiddenProvider(): void {
  if (isTold) return;
  const registered = registryOf()?.trace;
  if (registered === undefined || registered === trace.getTracerProvider()) return;
  tell(`the program's tracer provider was registered through ${theOther()}, ${CANNOT_SEE}, so nothing is traced`);
}

/**
 * Whether `provider`, just registered, is seen by anybody; says once what is in the way where it is not, or not by all:
 * another copy of the API that had registered something before, or that the SDK uses.
 */
export function isRegistered(provider: TracerProvider): boolean {
  if (delegateOf(trace.getTracerProvider()) === provider) {
    if (!keepsContext()) {
      tell(`${theOther()} was used first, and lets no other register a context manager: every span is a trace alone`);
    }
    return true;
  }
  if (delegateOf(registryOf()?.trace) === provider) {
    tell(`the SDK of trace-analyze uses ${theOther()}, ${CANNOT_SEE}, so nothing of it is traced`);
    return true;
  }
  tell(`${theOther()} was used first, and lets no other register a tracer provider, so nothing is traced`);
  return false;
}

function tell(problem: string): void {
  if (isTold) return;
  isTold = true;
  notice(`two copies of @opentelemetry/api: ${problem}. ${REMEDY}`);
}

/** What a copy of the API registers is a stand-in for the provider. */
function delegateOf(registered: object | undefined): object | undefined {
  return (registered as { getDelegate?(): object } | undefined)?.getDelegate?.() ?? registered;
}

function keepsContext(): boolean {
  const probe: Context = context.active().setValue(PROBE, true);
  return context.with(probe, () => context.active().getValue(PROBE)) === true;
}

const theOther = (): string => `version ${registryOf()?.version}`;

function registryOf(): Registry | undefined {
  return (globalThis as { [REGISTRY]?: Registry })[REGISTRY];
}
