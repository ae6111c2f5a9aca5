import { type Context, context } from '@opentelemetry/api';
import { telemetryFailed } from './telemetry-errors.ts';

/**
 * Finds the context of the run of a framework that code belongs to, given the active one; undefined where there is none,
 * or where the active one is deeper.
 */
export type FrameworkContext = (active: Context) => Context | undefined;

const known: FrameworkContext[] = [];

/**
 * For adapters of frameworks that only tell about their runs and do not let anybody run code in them. Adding the same
 * function again changes nothing.
 */
export function addFrameworkContext(find: FrameworkContext): void {
  if (!known.includes(find)) known.push(find);
}

/** The active context, or that of a framework's run which this code is part of. */
export function currentContext(): Context {
  let current = context.active();
  for (const find of known) {
    try {
      current = find(current) ?? current;
    } catch (error) {
      telemetryFailed(error);
    }
  }
  return current;
}
