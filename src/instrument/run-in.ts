import { type Context, context } from '@opentelemetry/api';
import { telemetryFailed } from './telemetry-errors.ts';

/** Runs `body` in a context, exactly once, even where the context manager fails. What `body` throws is thrown. */
export function runIn<T>(active: Context, body: () => T): T {
  let state: 'before' | 'inside' | 'after' = 'before';
  let result: T | undefined;
  try {
    context.with(active, () => {
      state = 'inside';
      result = body();
      state = 'after';
    });
  } catch (error) {
    if ((state as string) === 'inside') throw error;
    telemetryFailed(error);
    if ((state as string) === 'before') return body();
  }
  return result as T;
}
