import {
  defaultResource,
  detectResources,
  envDetector,
  type Resource,
  resourceFromAttributes,
} from '@opentelemetry/resources';

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
}

export interface Settings {
  /** `OTEL_SDK_DISABLED=true`. */
  readonly isDisabled: boolean;
  /** False for `OTEL_TRACES_EXPORTER=none`: trace context is handed on, spans go nowhere. */
  readonly isExporting: boolean;
  /** What the exporter is told; the rest it reads from the environment itself. */
  readonly exporter: { readonly url?: string; readonly headers?: Record<string, string> };
  readonly resource: Resource;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The environment wins over the code, so that whoever runs a program decides where its spans go. */
export function readSettings(options: InitOptions, env: Environment): Settings {
  return {
    isDisabled: env.OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true',
    isExporting: env.OTEL_TRACES_EXPORTER?.trim() !== 'none',
    exporter: {
      ...(options.endpoint === undefined || isSet(env, 'ENDPOINT') ? {} : { url: tracesUrl(options.endpoint) }),
      ...(options.headers === undefined || isSet(env, 'HEADERS') ? {} : { headers: { ...options.headers } }),
    },
    resource: resourceOf(options),
  };
}

function isSet(env: Environment, name: string): boolean {
  const values = [env[`OTEL_EXPORTER_OTLP_TRACES_${name}`], env[`OTEL_EXPORTER_OTLP_${name}`]];
  return values.some((value) => value !== undefined && value.trim() !== '');
}

function tracesUrl(endpoint: string): string {
  const url = new URL(endpoint);
  if (!url.pathname.endsWith('/v1/traces')) url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`;
  return url.href;
}

function resourceOf({ service, resourceAttributes }: InitOptions): Resource {
  return defaultResource()
    .merge(resourceFromAttributes({ ...resourceAttributes }))
    .merge(service === undefined ? null : resourceFromAttributes({ 'service.name': service }))
    .merge(detectResources({ detectors: [envDetector] }));
}
