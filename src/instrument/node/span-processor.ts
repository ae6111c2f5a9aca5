import { type ContentOptions, configureContent } from '../content/settings.ts';
import { readOff } from '../off.ts';
import { telemetryFailed } from '../telemetry-errors.ts';
import type { RecordedSpan } from './recorded-span.ts';
import type { SamplingOptions } from './sampling.ts';
import { readSettings, type Settings } from './settings.ts';
import { type DeliveryOptions, type Destination, SpanDelivery } from './span-delivery.ts';

/** `SpanProcessor` of OpenTelemetry's SDK, 2.x and 3.x alike, in types that need neither. */
export interface SpanProcessorLike {
  onStart(span: object): void;
  onEnd(span: RecordedSpan): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

export interface SpanProcessorOptions extends DeliveryOptions, ContentOptions {
  /** As `init` takes it. */
  readonly endpoint?: string;
  /** As `init` takes them. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * As `init` takes it, but of the spans that the provider makes: what its own sampler leaves out never comes here. Where
   * `OTEL_TRACES_SAMPLER` is set, that is the provider's, and everything that comes is kept.
   */
  readonly sampling?: SamplingOptions;
}

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_URL = 'http://localhost:4318/v1/traces';

let live: SpanDelivery[] = [];

/** Those that have not been shut down, and those that have been since the last one was made. */
export function deliveries(): readonly SpanDelivery[] {
  return live;
}

export function startDelivery(
  { exporter }: Settings,
  options: DeliveryOptions,
  sampling: Pick<Destination, 'head' | 'tail'>,
): SpanDelivery {
  const destination = { url: urlOf(exporter, process.env), exporter, ...sampling };
  const delivery = new SpanDelivery(destination, options, process.env);
  live = [...live.filter(({ isClosed }) => !isClosed), delivery];
  return delivery;
}

/**
 * The delivery of `init` for a program that has a provider of its own: goes into its `spanProcessors`. Does nothing where
 * the environment switches telemetry off, or where the endpoint is no HTTP URL, about which a warning is emitted.
 */
export function spanProcessor(options: SpanProcessorOptions = {}): SpanProcessorLike {
  try {
    configureContent(options);
    const settings = readOff() ? undefined : readSettings(options, process.env);
    if (settings?.isExporting) return startDelivery(settings, options, { tail: planForProcessor(settings) });
  } catch (error) {
    warnNothingIsExported(error);
  }
  return { onStart: () => undefined, onEnd: () => undefined, forceFlush: async () => {}, shutdown: async () => {} };
}

/** A share of 1 leaves nothing out. */
function planForProcessor({ sampling }: Settings): Destination['tail'] {
  return sampling.isFromEnvironment || sampling.ratio === 1 ? undefined : sampling;
}

export function warnNothingIsExported(error: unknown): void {
  telemetryFailed(error);
  const reason = error instanceof Error ? error.message : String(error);
  process.emitWarning(`trace-analyze: no spans are exported: ${reason}`, 'TraceAnalyzeWarning');
}

/** What the exporter will make of it. */
export function urlOf({ url }: Destination['exporter'], env: Environment): string {
  if (url !== undefined) return url;
  const exact = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT?.trim();
  if (exact) return new URL(exact).href;
  const base = env.OTEL_EXPORTER_OTLP_ENDPOINT?.trim();
  return base ? new URL(`${base.replace(/\/$/, '')}/v1/traces`).href : DEFAULT_URL;
}
