/**
 * Jaeger's JSON of a trace, as its query service (`/api/traces`) and UI write it. Own types: no npm package has them.
 * Read from jaegertracing/jaeger `internal/uimodel/model.go` and jaegertracing/jaeger-ui
 * `packages/jaeger-ui/src/types/trace.ts`. Times are microseconds. Nothing of a document is certain.
 */
export interface JaegerTag {
  readonly key?: unknown;
  /** `string`, `bool`, `int64`, `float64`, `binary`. */
  readonly type?: unknown;
  readonly value?: unknown;
}

export interface JaegerReference {
  /** `CHILD_OF` or `FOLLOWS_FROM`. */
  readonly refType?: unknown;
  readonly traceID?: unknown;
  readonly spanID?: unknown;
}

export interface JaegerLog {
  readonly timestamp?: unknown;
  readonly fields?: unknown;
}

export interface JaegerProcess {
  readonly serviceName?: unknown;
  readonly tags?: unknown;
}

export interface JaegerSpan {
  readonly traceID?: unknown;
  readonly spanID?: unknown;
  /** Before there were references. */
  readonly parentSpanID?: unknown;
  readonly operationName?: unknown;
  readonly references?: unknown;
  readonly startTime?: unknown;
  readonly duration?: unknown;
  readonly tags?: unknown;
  readonly logs?: unknown;
  readonly processID?: unknown;
  /** In place of `processID`. */
  readonly process?: unknown;
}
