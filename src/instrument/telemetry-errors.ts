import { diag } from '@opentelemetry/api';

let count = 0;

/** How often telemetry itself failed (an exporter's hook, a context manager, a `name` function that threw). */
export function telemetryErrors(): number {
  return count;
}

/** Nothing that goes wrong in telemetry may reach the host: it is counted, and the first one told to `diag`. */
export function telemetryFailed(error: unknown): void {
  count++;
  if (count > 1) return;
  try {
    diag.error('trace-analyze: telemetry failed; the program is not affected', error);
  } catch {
    // A logger that throws has been counted already.
  }
}
