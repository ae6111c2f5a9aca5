import {
  defaultResource,
  detectResources,
  envDetector,
  type Resource,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { planSampling, type SamplingOptions, type SamplingPlan } from './sampling.ts';

export interface InitOptions {
  /** `service.name`. The environment wins: `OTEL_SERVICE_NAME`, then `service.name` in `OTEL_RESOURCE_ATTRIBUTES`. */
  readonly service?: string;
  /**
   * Base URL of an OTLP/HTTP receiver, to which `/v1/traces` is added (default `http://localhost:4318`). The
   * environment wins: `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, then `OTEL_EXPORTER_OTLP_ENDPOINT`.
   */
  readonly endpoint?: string;
  /** Sent with every export. Not used where `OTEL_EXPORTER_OTLP_HEADERS` or `…_TRACES_HEADERS` is set. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Further attributes of the resource. The environment wins: `OTEL_RESOURCE_ATTRIBUTES`. */
  readonly resourceAttributes?: Readonly<Record<string, string | number | boolean>>;
  /** Which traces are kept (default: all). The environment wins: `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`. */
  readonly sampling?: SamplingOptions;
}

export interface Settings {
  /** False for `OTEL_TRACES_EXPORTER=none`: trace context is handed on, spans go nowhere. */
  readonly isExporting: boolean;
  /** What the exporter is told; the rest it reads from the environment itself. */
  readonly exporter: { readonly url?: string; readonly headers?: Record<string, string> };
  readonly resource: Resource;
  readonly sampling: SamplingPlan;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The environment wins over the code, so that whoever runs a program decides where its spans go. */
export function readSettings(options: InitOptions, env: Environment): Settings {
  const isExporting = env.OTEL_TRACES_EXPORTER?.trim() !== 'none';
  if (isExporting) checkEndpoint(env);
  return {
    isExporting,
    exporter: {
      ...(options.endpoint === undefined || isSet(env, 'ENDPOINT') ? {} : { url: tracesUrl(options.endpoint) }),
      ...(options.headers === undefined || isSet(env, 'HEADERS') ? {} : { headers: { ...options.headers } }),
    },
    resource: resourceOf(options),
    sampling: planSampling(options.sampling, env),
  };
}

function isSet(env: Environment, name: string): boolean {
  const values = [env[`OTEL_EXPORTER_OTLP_TRACES_${name}`], env[`OTEL_EXPORTER_OTLP_${name}`]];
  return values.some((value) => value !== undefined && value.trim() !== '');
}

/** What is set there in vain would be taken for the default, or fail at every export without a word. */
function checkEndpoint(env: Environment): void {
  const names = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'];
  const name = names.find((one) => (env[one]?.trim() ?? '') !== '');
  if (name !== undefined) httpUrl(env[name]!.trim(), name);
}

function httpUrl(text: string, name: string): URL {
  // `localhost:4318` is a URL, of the scheme "localhost".
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new TypeError(`${name} is no URL with http:// or https://: ${text}`);
}

function tracesUrl(endpoint: string): string {
  const url = httpUrl(endpoint, 'endpoint');
  if (!url.pathname.endsWith('/v1/traces')) url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`;
  return url.href;
}

function resourceOf({ service, resourceAttributes }: InitOptions): Resource {
  return defaultResource()
    .merge(resourceFromAttributes({ ...resourceAttributes }))
    .merge(service === undefined ? null : resourceFromAttributes({ 'service.name': service }))
    .merge(detectResources({ detectors: [envDetector] }));
}
