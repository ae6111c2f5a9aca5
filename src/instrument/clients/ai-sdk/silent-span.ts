import type { Span } from '@opentelemetry/api';
import type { Call } from '../../call.ts';

/** A span that takes note of nothing but its end. What others hang below it is below the call. */
export function silentSpan(call: Call, onEnd: () => void = () => undefined): Span {
  const span: Span = {
    spanContext: () => call.span.spanContext(),
    setAttribute: () => span,
    setAttributes: () => span,
    addEvent: () => span,
    addLink: () => span,
    addLinks: () => span,
    setStatus: () => span,
    updateName: () => span,
    end: onEnd,
    isRecording: () => call.span.isRecording(),
    recordException: () => undefined,
  };
  return span;
}
