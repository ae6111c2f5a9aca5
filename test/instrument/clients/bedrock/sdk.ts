import type { ClientRelease } from '../../../support/clients.ts';
import { startBedrock } from '../../../support/vendors/bedrock.ts';
import type { Vendor } from '../../../support/vendors/vendor.ts';
import type { Loose } from '../host-view.ts';

/** What the tests use of a client. */
export interface Client {
  send(command: object, options?: unknown): Promise<Loose>;
  destroy(): void;
  readonly middlewareStack: { add(middleware: unknown, options: object): void; identify(): string[] };
}

type Command = new (input: object) => object;

export interface Sdk {
  readonly BedrockRuntimeClient: new (options: object) => Client;
  readonly BedrockRuntime: new (options: object) => Client & { converse(input: object): Promise<Loose> };
  readonly ConverseCommand: Command;
  readonly ConverseStreamCommand: Command;
  readonly InvokeModelCommand: Command;
  readonly InvokeModelWithResponseStreamCommand: Command;
}

export async function loadSdk(release: ClientRelease): Promise<Sdk> {
  return (await release.load()) as unknown as Sdk;
}

/** Newer releases speak HTTP/2 by default. */
export function startFor(release: ClientRelease): Promise<Vendor> {
  return startBedrock(release.name === 'bedrock-3.606' ? 'http/1.1' : 'h2');
}

export function settingsFor(server: Vendor): object {
  const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' };
  return { region: 'us-east-1', endpoint: server.origin, credentials, maxAttempts: 1 };
}

export const MESSAGES = [{ role: 'user', content: [{ text: 'How far is the moon?' }] }];
export const TOOLS = {
  tools: [{ toolSpec: { name: 'weather', inputSchema: { json: { type: 'object', properties: {} } } } }],
};
