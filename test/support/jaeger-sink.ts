import type { OtlpResource, OtlpScope, OtlpSpan, SpanSink } from '../../src/analyze/formats/otlp-types.ts';

export interface RecordedSpan {
  readonly resource: OtlpResource;
  readonly scope: OtlpScope;
  readonly span: OtlpSpan;
}

/** A sink that remembers what it got, in the order it got it. */
export function recordingSink(): SpanSink & { spans(): readonly RecordedSpan[] } {
  const resources: OtlpResource[] = [];
  const scopes: OtlpScope[] = [];
  const spans: { resource: number; scope: number; span: OtlpSpan }[] = [];
  return {
    openResource: () => resources.push({}) - 1,
    describeResource: (slot, resource) => {
      resources[slot] = resource;
    },
    openScope: () => scopes.push({}) - 1,
    describeScope: (slot, scope) => {
      scopes[slot] = scope;
    },
    span: (resource, scope, span) => {
      spans.push({ resource, scope, span });
    },
    spans: () =>
      spans.map((got) => ({ resource: resources[got.resource]!, scope: scopes[got.scope]!, span: got.span })),
  };
}
