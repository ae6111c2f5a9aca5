import type { ClientOptions } from '../api/options.ts';

export interface AgentsOptions extends ClientOptions {
  /**
   * Whether model calls have spans of their own. Default true. `false` where the client that the SDK uses has them:
   * `setDefaultOpenAIClient(traceOpenAI(new OpenAI()))`. That one also knows when the first piece of a stream came.
   */
  readonly modelCalls?: boolean;
}
