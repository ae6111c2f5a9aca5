import type { HrTime } from '@opentelemetry/api';

/** A clock that was set, or a machine that slept, since the origin was taken. */
const MAX_DRIFT_MS = 5;

let origin = performance.timeOrigin;

/**
 * Unix time in milliseconds at `performance.now() === 0`, for all spans of one trace. The SDK starts spans at whole
 * milliseconds, so that calls one after another seem to overlap; by one monotonic clock they do not.
 */
export function clockOrigin(): number {
  const drift = Date.now() - (origin + performance.now());
  if (Math.abs(drift) > MAX_DRIFT_MS) origin += drift;
  return origin;
}

/** A time of `performance.now()` as OpenTelemetry has it; exact to a quarter of a microsecond. */
export function hrTime(originMs: number, nowMs: number): HrTime {
  const ms = originMs + nowMs;
  const seconds = Math.floor(ms / 1000);
  const nanoseconds = Math.round((ms - seconds * 1000) * 1e6);
  return nanoseconds < 1e9 ? [seconds, nanoseconds] : [seconds + 1, 0];
}
