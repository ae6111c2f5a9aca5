import { type AiTelemetryOptions, aiTelemetry } from '../../../../src/instrument/clients/ai-sdk.ts';
import type { ClientRelease } from '../../../support/clients.ts';
import type { Loose } from '../host-view.ts';

/** What the tests use of the packages `ai`, `@ai-sdk/openai` and `zod`. */
export interface Sdk {
  readonly generateText: (options: object) => Promise<Loose>;
  readonly streamText: (options: object) => Loose;
  readonly generateObject: (options: object) => Promise<Loose>;
  readonly streamObject: (options: object) => Loose;
  readonly embed: (options: object) => Promise<Loose>;
  readonly embedMany: (options: object) => Promise<Loose>;
  readonly rerank?: (options: object) => Promise<Loose>;
  readonly tool: (options: object) => object;
  readonly stepCountIs: (count: number) => unknown;
  readonly createOpenAI: (options: object) => Loose;
  readonly z: Loose;
}

export async function loadSdk(release: ClientRelease): Promise<Sdk> {
  return (await release.load()) as unknown as Sdk;
}

export const isVersion7 = (release: ClientRelease) => release.name === 'ai-7';

/** As each version takes it. */
export function telemetryOf(release: ClientRelease, options?: AiTelemetryOptions): object {
  const telemetry = aiTelemetry(options);
  return isVersion7(release) ? { telemetry } : { experimental_telemetry: telemetry };
}

/** A tool without arguments, under the name `weather`. */
export function weatherTools({ tool, z }: Sdk, execute: () => unknown): object {
  return { weather: tool({ description: 'The weather.', inputSchema: z.object({}), execute: async () => execute() }) };
}
