/**
 * Codes and plain shapes that every layer shares.
 *
 * Span kinds use the integers of OTLP (`opentelemetry/proto/trace/v1/trace.proto`, `Span.SpanKind`), so that a format
 * can store what it read without a table.
 */
export const SpanKind = { unspecified: 0, internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;
export type SpanKind = (typeof SpanKind)[keyof typeof SpanKind];

/** OTLP `Status.StatusCode`. */
export const StatusCode = { unset: 0, ok: 1, error: 2 } as const;
export type StatusCode = (typeof StatusCode)[keyof typeof StatusCode];

/**
 * The attributes worth keeping, and how: `'text'` keeps the value, a function keeps what it returns (a digest of a
 * prompt or of tool arguments, so that content never enters the table). Other keys are dropped while reading.
 */
export type AttributePlan = ReadonlyMap<string, 'text' | ((value: string) => string)>;
