import type { Trace } from '../model/trace.ts';

const KEYS = ['error.type', 'exception.type', 'error.message', 'exception.message', 'otel.status_description'] as const;

/** Whether an error's type or message says that the caller gave up, not that the work failed. */
const saysCancelled = (text: string): boolean => /cancel|abort/i.test(text);

/** What is kept of an error's message: that it says so, or nothing. */
export const cancellationIn = (message: string): string => (saysCancelled(message) ? 'cancelled' : '');

/** Whether a span was cancelled, as far as it says. */
export function isCancelled(trace: Trace, span: number): boolean {
  return KEYS.some((key) => saysCancelled(trace.attribute(span, key) ?? ''));
}
