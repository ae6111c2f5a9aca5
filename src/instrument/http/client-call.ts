import { type Context, context, createContextKey, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { Call } from '../call.ts';
import { type Carrier, copyOf } from '../carrier.ts';
import { currentContext } from '../framework-context.ts';
import { safePlan } from '../kinds.ts';
import { activeTracer, openCall } from '../open-call.ts';
import { injectFrom } from '../propagate.ts';
import { ATTR } from '../semconv.ts';
import { telemetryFailed } from '../telemetry-errors.ts';
import { methodAttributes, nameOfMethod } from './method.ts';
import type { HttpClientOptions } from './options.ts';
import { clientAttributes } from './url.ts';

export interface HttpRequest {
  readonly method: string;
  /** Undefined where it is not to be parsed; the client will say so. */
  readonly url: URL | undefined;
}

export interface ClientCall {
  readonly call: Call;
  /** What ran when the request was made. */
  readonly caller: Context;
  /** A copy of headers in any form, with the context of the call; undefined where it does not go along. */
  headersFrom(headers: unknown): Carrier | undefined;
}

const KEY = createContextKey('trace-analyze.http');
const TRAITS = { kind: 'step', operation: undefined, captureOutput: false } as const;

/** Undefined where nobody records, or a wrapper around this one has a span for this very request. Never throws. */
export function openClientCall(read: () => HttpRequest, options: HttpClientOptions): ClientCall | undefined {
  const tracer = activeTracer();
  if (tracer === undefined) return undefined;
  try {
    const { method, url } = read();
    const caller = currentContext();
    const id = `${method} ${url?.href}`;
    if (caller.getValue(KEY) === id) return undefined;
    const isSent = isPropagated(options, url);
    const known = url === undefined ? {} : clientAttributes(url);
    const plan = safePlan({
      kind: TRAITS.kind,
      spanName: nameOfMethod(method),
      spanKind: SpanKind.CLIENT,
      attributes: { ...methodAttributes(method), ...known, ...options.attributes },
      links: [],
      modelOperation: undefined,
    });
    const call = openCall(tracer, plan, TRAITS, caller.setValue(KEY, id));
    if (call === undefined) return undefined;
    const { fail } = call;
    call.fail = (error) => fail.call(call, coded(error));
    const headersFrom = (headers: unknown) =>
      isSent
        ? injectFrom(call.context, typeof headers === 'object' && headers !== null ? copyOf(headers) : {})
        : undefined;
    return { call, caller, headersFrom };
  } catch (error) {
    telemetryFailed(error);
    return undefined;
  }
}

/** Whether this is part of a request that has a span of ours. */
export function isInClientCall(): boolean {
  return context.active().getValue(KEY) !== undefined;
}

function isPropagated({ propagate = true }: HttpClientOptions, url: URL | undefined): boolean {
  return typeof propagate === 'function' ? propagate(url?.href ?? '') === true : propagate;
}

/** The headers of the answer are here; its body may be read or not. */
export function answered(call: Call, status: unknown): void {
  call.mayBeLeft();
  if (typeof status === 'number' && status >= 400) call.details?.failed();
  call.tell((span) => {
    span.setAttribute(ATTR.timeToHeaders, call.elapsed());
    if (typeof status !== 'number') return;
    span.setAttribute(ATTR.httpStatus, status);
    if (status < 400) return;
    span.setAttribute(ATTR.errorType, String(status));
    span.setStatus({ code: SpanStatusCode.ERROR });
  });
}

/** Causes within causes: the error of `fetch`, that of the socket. */
const MAX_CAUSES = 4;

/** `error.type` is the code of what went wrong below, such as `ECONNREFUSED`, where the error has none of its own. */
function coded(error: unknown): unknown {
  try {
    let cause = error as { readonly code?: unknown; readonly cause?: unknown } | undefined;
    if (cause?.code !== undefined) return error;
    for (let depth = 0; depth < MAX_CAUSES; depth++) {
      cause = cause?.cause as typeof cause;
      const code = cause?.code;
      if (typeof code === 'string') return Object.create(error as object, { code: { value: code } });
    }
  } catch {
    // An error whose fields throw has no code.
  }
  return error;
}
