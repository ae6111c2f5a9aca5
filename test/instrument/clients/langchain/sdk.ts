import type { ClientRelease } from '../../../support/clients.ts';
import type { Loose } from '../host-view.ts';

/** What the tests use of `@langchain/core`, `@langchain/langgraph` and `@langchain/openai`. */
export interface Sdk {
  readonly AIMessage: new (fields: object) => Loose;
  readonly BaseRetriever: new (...args: never[]) => object;
  readonly ChatOpenAI: new (options: object) => Loose;
  readonly ChatPromptTemplate: Loose;
  readonly FakeListChatModel: new (options: object) => Loose;
  readonly MessagesAnnotation: Loose;
  readonly OpenAI: new (options: object) => Loose;
  readonly RunnableLambda: Loose;
  readonly StateGraph: new (state: Loose) => Loose;
  readonly StringOutputParser: new () => Loose;
  readonly createReactAgent: (options: object) => Loose;
  readonly langgraph: Loose;
  readonly tool: (fn: (args: Loose, config?: Loose) => unknown, options: object) => Loose;
  readonly z: Loose;
}

export async function loadSdk(release: ClientRelease): Promise<Sdk> {
  return (await release.load()) as unknown as Sdk;
}

export const is02 = (release: ClientRelease) => release.name === 'langchain-0.2';

/** A model of the fake server; the words behind `:` are faults. */
export function chat({ ChatOpenAI }: Sdk, baseURL: string, model = 'gpt-fake', more: object = {}): Loose {
  return new ChatOpenAI({ model, apiKey: 'k', maxRetries: 0, configuration: { baseURL }, ...more });
}

/** A tool without arguments, under the name `weather`. */
export function weather({ tool, z }: Sdk, run: () => unknown = () => 'sunny'): Loose {
  return tool(async () => run(), { name: 'weather', description: 'The weather.', schema: z.object({}) });
}
