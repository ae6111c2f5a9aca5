import { SpanStatusCode } from '@opentelemetry/api';
import type { Call } from '../../call.ts';
import { ATTR } from '../../semconv.ts';

/** For what failed without an error that this process has seen. The call has still to be ended. */
export function markFailed(call: Call, errorType: string): void {
  call.tell((span) => {
    span.setAttribute(ATTR.errorType, errorType);
    span.setStatus({ code: SpanStatusCode.ERROR });
  });
}
