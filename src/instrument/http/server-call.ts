import { type Attributes, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Call } from '../call.ts';
import { safePlan } from '../kinds.ts';
import { activeTracer, openCall } from '../open-call.ts';
import { contextFrom } from '../propagate.ts';
import { ATTR } from '../semconv.ts';
import { telemetryFailed } from '../telemetry-errors.ts';
import { methodAttributes, nameOfMethod } from './method.ts';
import { addressOf } from './url.ts';

/** Stands in URLs for a host that the client did not name; the top level domain is reserved. */
export const NO_HOST = 'none.invalid';

export interface ServedRequest {
  readonly method: string;
  /** As the client wrote it, with the host that it asked for. */
  readonly url: URL | undefined;
  readonly headers: unknown;
}

const TRAITS = { kind: 'step', operation: undefined, captureOutput: false } as const;

/**
 * Undefined where nobody records, or another instrumentation has a span for this very request. Never throws. What runs
 * here by chance, such as the call that started the server, is not the request's parent.
 */
export function openServerCall(read: () => ServedRequest, attributes: Attributes | undefined): Call | undefined {
  const tracer = activeTracer();
  if (tracer === undefined) return undefined;
  try {
    const { method, url, headers } = read();
    const sender = contextFrom(headers, ROOT_CONTEXT);
    if (isServed(trace.getActiveSpan(), trace.getSpanContext(sender)?.spanId)) return undefined;
    const known = url === undefined ? {} : locationOf(url);
    const plan = safePlan({
      kind: TRAITS.kind,
      spanName: nameOfMethod(method),
      spanKind: SpanKind.SERVER,
      attributes: { ...methodAttributes(method), ...known, ...attributes },
      links: [],
      modelOperation: undefined,
    });
    return openCall(tracer, plan, TRAITS, sender);
  } catch (error) {
    telemetryFailed(error);
    return undefined;
  }
}

function locationOf(url: URL): Attributes {
  const address = url.hostname === NO_HOST ? {} : addressOf(url);
  return { ...address, [ATTR.urlPath]: url.pathname, [ATTR.urlScheme]: url.protocol.slice(0, -1) };
}

/** As the spans of the SDKs 1 to 3 are. */
interface ReadableSpan {
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
  readonly parentSpanContext?: { readonly spanId: string };
  readonly parentSpanId?: string;
}

function isServed(active: Span | undefined, senderId: string | undefined): boolean {
  if (active?.isRecording() !== true) return false;
  const { kind, attributes = {}, parentSpanContext, parentSpanId } = active as ReadableSpan;
  const isHttp = attributes[ATTR.httpMethod] !== undefined || attributes['http.method'] !== undefined;
  return kind === SpanKind.SERVER && isHttp && (parentSpanContext?.spanId ?? parentSpanId) === senderId;
}

/** What the answer is. Errors are those of the server: a 404 is an answer as good as any. */
export function noteAnswer(call: Call, method: string, status: unknown, route: unknown): void {
  call.tell((span) => {
    if (typeof route === 'string' && route !== '') {
      span.setAttribute(ATTR.httpRoute, route);
      span.updateName(`${nameOfMethod(method)} ${route}`);
    }
    if (typeof status !== 'number') return;
    span.setAttribute(ATTR.httpStatus, status);
    if (status < 500) return;
    span.setAttribute(ATTR.errorType, String(status));
    span.setStatus({ code: SpanStatusCode.ERROR });
  });
}
