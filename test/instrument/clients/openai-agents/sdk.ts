import type { ClientRelease } from '../../../support/clients.ts';
import type { Loose } from '../host-view.ts';

/** What the tests use of `@openai/agents`, `openai` and `zod`. */
export interface Sdk {
  readonly Agent: new (options: object) => Loose;
  readonly OpenAI: new (options: object) => Loose;
  readonly OpenAIProvider: new (options: object) => object;
  readonly run: (agent: Loose, input: unknown, options?: object) => Promise<Loose>;
  readonly Runner: new (options: object) => { run(agent: Loose, input: unknown, options?: object): Promise<Loose> };
  readonly tool: (options: object) => Loose;
  readonly z: Loose;
  readonly setDefaultOpenAIClient: (client: object) => void;
  readonly setOpenAIAPI: (api: 'responses' | 'chat_completions') => void;
  readonly setTraceProcessors: (processors: readonly object[]) => void;
  readonly addTraceProcessor: (processor: object) => void;
  readonly setTracingDisabled: (isDisabled: boolean) => void;
  readonly withTrace: <T>(name: string, fn: () => Promise<T>, options?: object) => Promise<T>;
  readonly withCustomSpan: Loose;
}

/** With tracing on, which the SDK switches off in tests. */
export async function loadSdk(release: ClientRelease): Promise<Sdk> {
  const sdk = (await release.load()) as unknown as Sdk;
  sdk.setTracingDisabled(false);
  return sdk;
}

/** A tool without arguments, under the name `weather`. */
export function weather({ tool, z }: Sdk, execute: () => unknown = () => 'sunny', name = 'weather'): Loose {
  return tool({ name, description: 'The weather.', parameters: z.object({}), execute: async () => execute() });
}
