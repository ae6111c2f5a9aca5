import type { Attributes } from '@opentelemetry/api';

/** How a client's calls are recorded. */
export interface ClientOptions {
  /** Set on every span of the client. */
  readonly attributes?: Attributes;
  /** `gen_ai.provider.name`, where it is not the one that the client or the name of its host tells. */
  readonly provider?: string;
  /** Records prompts, instructions and tool definitions, as bounded JSON. Off by default: they are content. */
  readonly captureInput?: boolean | undefined;
  /** Records what the model says, as bounded JSON. Off by default. */
  readonly captureOutput?: boolean | undefined;
  /** Takes out of every text on the spans what must not be on them, after keys, tokens and the like have been. */
  readonly redact?: ((text: string) => string) | undefined;
}
