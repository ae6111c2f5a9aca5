import type { ClientOptions } from '../api/options.ts';

export interface LangchainOptions extends ClientOptions {
  /** Names the agent that a run is which is no part of another one: a graph or a chain. Default: the name of a graph. */
  readonly agent?: string;
}
