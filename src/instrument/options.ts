import type { Attributes, Link } from '@opentelemetry/api';
import type { Carrier } from './carrier.ts';

/** Any function at all; `never` parameters accept every signature. */
export type AnyFunction = (...args: never[]) => unknown;

/** What can be said about a call beyond its kind and name. */
export interface WrapOptions<Args extends readonly unknown[] = readonly never[]> {
  /** Set when the span starts; wins over what the kind sets. */
  readonly attributes?: Attributes;
  /** `gen_ai.request.model`. Where it is only known inside the call: `current().model(…)`. */
  readonly model?: string;
  /** `gen_ai.provider.name`, for example `openai`. Left out where it is not given: it is never guessed. */
  readonly provider?: string;
  /** The server that is called: `server.address` and `server.port`. What share of time is a vendor's rests on it. */
  readonly server?: string | { readonly address: string; readonly port?: number };
  /** `gen_ai.data_source.id` of a retrieval; its name by default. */
  readonly dataSource?: string;
  /** Whether the work is done in another process (span kind CLIENT, else INTERNAL). Default: as the kind has it. */
  readonly remote?: boolean;
  readonly links?: readonly Link[];
  /**
   * Finds in the arguments what caused a call without waiting for it: the headers of a message, or those of several.
   * The call links to the senders' spans and is part of their session; its parent is what runs here, if anything does.
   */
  readonly linkFrom?: (args: Args) => Carrier | readonly Carrier[] | null | undefined;
  /** Records the arguments, as bounded JSON. Off by default (see `configureContent`): they are content. */
  readonly captureInput?: boolean;
  /** Records what is returned (not the items of a stream), as bounded JSON. Off by default. */
  readonly captureOutput?: boolean;
  /** Takes out of every text on the span what must not be on it, after keys, tokens and the like have been. */
  readonly redact?: ((text: string) => string) | undefined;
  /**
   * Whether calls are compared by their arguments, and a tool's or a retrieval's also by their results, through salted
   * hashes (`ta.args_hash`, `ta.result_hash`); or what to compare them by. Default: tools, retrievals, embeddings and
   * model calls, by all arguments. `TRACE_ANALYZE_HASHES=off` wins.
   */
  readonly hashes?: boolean | ((args: Args) => unknown);
  /** Of a tool: whether it changes nothing (`ta.tool.read_only`). */
  readonly readOnly?: boolean;
  /** Of a tool: the id that the model gave to this call. Links to the model call that asked for it. */
  readonly callId?: (args: Args) => string | undefined;
  /**
   * Limits how many calls run at the same time, by calling what it is given when there is room: what `pLimit(2)`
   * returns, for instance. The span covers the wait, too, whose length is `ta.queue_wait`. The call returns what this
   * returns, so it is for functions that return a promise.
   */
  readonly limit?: (run: () => Promise<unknown>) => unknown;
  /** Names the call from its arguments, in place of the fixed name. Few distinct names, please. */
  readonly name?: (args: Args) => string;
}
