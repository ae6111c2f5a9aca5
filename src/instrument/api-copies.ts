import { type Context, context, createContextKey, type TracerProvider, trace } from '@opentelemetry/api';
import { notice } from './notice.ts';

/** Where every copy of the API with this major version keeps what was registered. */
const REGISTRY = Symbol.for('opentelemetry.js.api.1');

interface Registry {
  /** Of the copy that registered something first. */
  readonly version?: string;
  readonly trace?: unknown;
  readonly context?: unknown;
}

const PROBE = createContextKey('trace-analyze.probe');

let isTold = false;

/**
 * A copy of the API sees what another one registered only where that one is not older by a minor version. Otherwise
 * everything looks as if there were no provider at all: says so, once. Cheap, as it is asked at every call without one.
 */
export function lookForHiddenProvider(): void {
  if (isTold) return;
  const registry = registryOf();
  if (registry?.trace === undefined || registry.trace === trace.getTracerProvider()) return;
  isTold = true;
  notice(
    `two copies of @opentelemetry/api: a tracer provider was registered through version ${registry.version}, and ` +
      `trace-analyze has a newer one, which cannot see it, so nothing is traced. ${REMEDY}`,
  );
}

/**
 * What keeps `provider`, just registered, from being seen through our copy of the API: another copy had registered
 * something before, of another version. Undefined where it is seen.
 */
export function whyUnseen(provider: TracerProvider): string | undefined {
  const registered = trace.getTracerProvider() as { getDelegate?(): unknown };
  if (registered === provider || registered.getDelegate?.() === provider) return contextProblem();
  return `two copies of @opentelemetry/api: version ${registryOf()?.version} was used first, and lets no other version register a tracer provider, so nothing is traced. ${REMEDY}`;
}

function contextProblem(): string | undefined {
  const probe: Context = context.active().setValue(PROBE, true);
  if (context.with(probe, () => context.active().getValue(PROBE)) === true) return undefined;
  return `two copies of @opentelemetry/api: version ${registryOf()?.version} was used first, and lets no other version register a context manager, so every span is alone in its trace. ${REMEDY}`;
}

const REMEDY = 'Have one copy installed: see `npm ls @opentelemetry/api`, then `npm dedupe` or "overrides".';

function registryOf(): Registry | undefined {
  return (globalThis as { [REGISTRY]?: Registry })[REGISTRY];
}
