import { context, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { setDefaultParent } from '../default-parent.ts';
import { currentContext } from '../framework-context.ts';
import { isOff } from '../off.ts';
import { contextFrom, injectFrom } from '../propagate.ts';
import { runIn } from '../run-in.ts';
import { telemetryFailed } from '../telemetry-errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Names are the same in any case there, and an object that was copied from `process.env` no longer knows it. */
const ignoresCase = process.platform === 'win32';

/**
 * The environment for a child process: a copy of `env` with the context of this moment in `TRACEPARENT`, `TRACESTATE`
 * and `BAGGAGE`, so that the child can be part of the trace (`fromEnv`). What `env` has of these from whoever started
 * this process is left out where it no longer holds. Where nothing is traced, the copy is no different. Never throws.
 */
export function childEnv(env: Environment = process.env): Record<string, string> {
  const known = Object.entries(env).filter(([, value]) => value !== undefined);
  const copy = Object.fromEntries(known) as Record<string, string>;
  if (isOff()) return copy;
  try {
    const fields: Record<string, string> = {};
    for (const name of propagation.fields()) remove(copy, variableOf(name));
    for (const [name, value] of Object.entries(injectFrom(currentContext(), fields))) copy[variableOf(name)] = value;
  } catch (error) {
    telemetryFailed(error);
  }
  return copy;
}

/**
 * Joins the trace of whoever started this process, as its environment tells. `fromEnv(fn)` runs `fn` in it and returns
 * what `fn` returns. `fromEnv()` makes every span of this package that has no parent part of it, for the rest of the
 * process, and answers whether there is a trace to join: for a script or a tool, at its start, after `init`. A server
 * that outlives the run it was started by leaves it be; nothing is joined unless this is called.
 */
export function fromEnv(): boolean;
export function fromEnv<T>(fn: () => T, env?: Environment): T;
export function fromEnv(fn?: () => unknown, env: Environment = process.env): unknown {
  if (fn !== undefined) return runIn(contextFrom(carrierOf(env), context.active()), fn);
  const remote = contextFrom(carrierOf(env), ROOT_CONTEXT);
  const isPart = trace.getSpanContext(remote) !== undefined;
  setDefaultParent(remote === ROOT_CONTEXT ? undefined : remote);
  return isPart;
}

/** With the names that propagators ask for. */
function carrierOf(env: Environment): object {
  const fields: Record<string, string> = {};
  try {
    for (const name of propagation.fields()) {
      const value = read(env, variableOf(name));
      if (value !== undefined && value !== '') fields[name] = value;
    }
  } catch (error) {
    telemetryFailed(error);
  }
  return fields;
}

/** As the specification has it: capitals, digits and underscores, and no digit first. */
function variableOf(field: string): string {
  return field
    .toUpperCase()
    .replace(/[^A-Z0-9_]/g, '_')
    .replace(/^(?=\d)/, '_');
}

function read(env: Environment, name: string): string | undefined {
  if (env[name] !== undefined || !ignoresCase) return env[name];
  const key = Object.keys(env).find((one) => one.toUpperCase() === name);
  return key === undefined ? undefined : env[key];
}

function remove(env: Record<string, string>, name: string): void {
  for (const key of Object.keys(env)) if (key === name || (ignoresCase && key.toUpperCase() === name)) delete env[key];
}
