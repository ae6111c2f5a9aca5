import type { ClientRelease } from '../../../support/clients.ts';
import type { Loose } from '../host-view.ts';

interface Models {
  generateContent(params: object): Promise<Loose>;
  generateContentStream(params: object): Promise<AsyncGenerator<Loose>>;
  embedContent(params: object): Promise<Loose>;
  countTokens(params: object): Promise<Loose>;
}

/** What the tests use of a client. */
export interface Client {
  readonly models: Models;
  readonly chats: { create(params: object): Loose };
}

export interface Sdk {
  readonly GoogleGenAI: new (options: object) => Client;
}

export async function loadSdk(release: ClientRelease): Promise<Sdk> {
  return (await release.load()) as unknown as Sdk;
}

/** A tool that the client calls by itself. */
export function callableTool(name: string, call: (args: unknown) => unknown): object {
  return {
    tool: async () => ({ functionDeclarations: [{ name, parameters: { type: 'OBJECT', properties: {} } }] }),
    callTool: async (calls: { id?: string; name: string; args: unknown }[]) =>
      Promise.all(
        calls.map(async ({ id, args }) => ({ functionResponse: { id, name, response: { output: await call(args) } } })),
      ),
  };
}
