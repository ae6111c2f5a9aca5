import type { Context, Link, SpanAttributes, SpanKind } from '@opentelemetry/api';
import {
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  type SamplingResult,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-node';

export interface SamplingOptions {
  /**
   * The share of traces that is kept, from 0 to 1. It is decided by the trace's id, as OpenTelemetry's
   * `TraceIdRatioBasedSampler` does, so that all processes with one ratio keep the same traces.
   */
  readonly ratio: number;
  /**
   * Keeps, beside that share, each trace in which something failed in this process, and each whose root in this process
   * lasts `slowMs` milliseconds or longer (`true`: 10,000). The spans of a trace are held in memory until that is known.
   */
  readonly keepErrorsAndSlow?: boolean | { readonly slowMs: number };
}

/** What is kept. */
export interface SamplingPlan {
  readonly ratio: number;
  /** Undefined: failed and slow traces are like any others. */
  readonly slowMs: number | undefined;
  /** Whether a span with a parent goes the way that the parent went. */
  readonly isParentBased: boolean;
  readonly isFromEnvironment: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

const SLOW_MS = 10_000;
const EVERYTHING = { ratio: 1, slowMs: undefined, isParentBased: true };

/** The environment wins over the code: `OTEL_TRACES_SAMPLER` takes the place of all that the code says. */
export function planSampling(options: SamplingOptions | undefined, env: Environment): SamplingPlan {
  const name = env.OTEL_TRACES_SAMPLER?.trim().toLowerCase();
  if (name) return { ...planOf(name, env.OTEL_TRACES_SAMPLER_ARG), isFromEnvironment: true };
  const { ratio = 1, keepErrorsAndSlow = false } = options ?? {};
  const slowMs =
    keepErrorsAndSlow === true ? SLOW_MS : keepErrorsAndSlow === false ? undefined : keepErrorsAndSlow.slowMs;
  return { ratio: shareOf(ratio), slowMs, isParentBased: true, isFromEnvironment: false };
}

/** Of the samplers that the specification names; the SDK takes every other name for the first of them, too. */
function planOf(name: string, argument: string | undefined): Omit<SamplingPlan, 'isFromEnvironment'> {
  const [, parentBased, root] = /^(parentbased_)?(always_on|always_off|traceidratio)$/.exec(name) ?? [];
  if (root === undefined) return EVERYTHING;
  const ratio = root === 'always_on' ? 1 : root === 'always_off' ? 0 : shareOf(Number(argument?.trim() || 1));
  return { ratio, slowMs: undefined, isParentBased: parentBased !== undefined };
}

/** What is no share keeps everything, as in the SDK. */
const shareOf = (ratio: number): number => (ratio >= 0 && ratio <= 1 ? ratio : 1);

/** Whether a trace is in the share that is kept. */
export function shareSampler(ratio: number): (traceId: string) => boolean {
  const sampler = new TraceIdRatioBasedSampler(ratio);
  return (traceId) => sampler.shouldSample(undefined, traceId).decision === SamplingDecision.RECORD_AND_SAMPLED;
}

/** Decides at the start of a trace, and knows how many spans were never made for it. */
export class HeadSampler implements Sampler {
  sampledOut = 0;
  readonly #sampler: Sampler;

  constructor({ ratio, isParentBased }: SamplingPlan) {
    const root = new TraceIdRatioBasedSampler(ratio);
    this.#sampler = isParentBased ? new ParentBasedSampler({ root }) : root;
  }

  shouldSample(
    context: Context,
    traceId: string,
    name: string,
    kind: SpanKind,
    attributes: SpanAttributes,
    links: Link[],
  ): SamplingResult {
    const result = this.#sampler.shouldSample(context, traceId, name, kind, attributes, links);
    if (result.decision === SamplingDecision.NOT_RECORD) this.sampledOut++;
    return result;
  }

  toString(): string {
    return this.#sampler.toString();
  }
}
