import type { ClientRelease } from '../../../support/clients.ts';
import { foreignSpan, sleep } from '../../recorder.ts';

/** A transport of any of the SDKs. */
export interface Transport {
  start(): Promise<void>;
  send(message: unknown, options?: unknown): Promise<void>;
  close(): Promise<void>;
  onmessage?: ((message: unknown, extra?: unknown) => void) | undefined;
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  sessionId?: string | undefined;
}

export interface CallOptions {
  readonly timeout?: number;
  readonly signal?: AbortSignal;
  readonly onprogress?: (progress: unknown) => void;
}

export interface ToolResult {
  readonly content: readonly { readonly type: string; readonly text: string }[];
  readonly isError?: boolean;
}

/** What the clients of all releases have; the order of arguments is evened out by `callTool` below. */
export interface Client {
  readonly transport?: Transport;
  connect(transport: unknown): Promise<void>;
  close(): Promise<void>;
  listTools(): Promise<{ tools: { name: string }[] }>;
  getPrompt(params: { name: string }): Promise<unknown>;
  readResource(params: { uri: string }): Promise<unknown>;
  callTool(params: object, ...rest: unknown[]): Promise<ToolResult>;
  setRequestHandler(method: unknown, handler: (request: never) => unknown): void;
  setNotificationHandler(method: unknown, handler: (notification: never) => unknown): void;
}

interface Server {
  readonly server: {
    createMessage(params: object): Promise<{ content: { text: string } }>;
    notification(notification: object): Promise<void>;
  };
  connect(transport: unknown): Promise<void>;
  close(): Promise<void>;
  registerTool(name: string, config: object, callback: (args: Args, extra: Extra) => unknown): unknown;
  registerPrompt?(name: string, config: object, callback: () => unknown): unknown;
  registerResource?(name: string, uri: string, config: object, callback: () => unknown): unknown;
  prompt?(name: string, callback: () => unknown): unknown;
  resource?(name: string, uri: string, callback: () => unknown): unknown;
}

type Args = Readonly<Record<string, number>>;

/** Of both majors: `sendNotification` in the first, the same below `mcpReq` in the second. */
interface Extra {
  readonly signal?: AbortSignal;
  readonly _meta?: Readonly<Record<string, unknown>>;
  readonly sendNotification?: (notification: object) => Promise<void>;
  readonly mcpReq?: {
    readonly signal: AbortSignal;
    readonly _meta?: Readonly<Record<string, unknown>>;
    readonly notify: (notification: object) => Promise<void>;
  };
}

/** What the tests use of a release of the SDK. */
export interface Sdk {
  readonly isSecond: boolean;
  readonly InMemoryTransport: { createLinkedPair(): [Transport, Transport] };
  readonly StdioClientTransport: new (server: object) => Transport;
  readonly StdioServerTransport: new () => Transport;
  readonly StreamableHTTPClientTransport: new (url: URL, options?: object) => Transport;
  readonly SSEClientTransport: new (url: URL) => Transport;
  newServer(): Server;
  newClient(options?: object): Client;
  callTool(client: Client, name: string, args?: Args, options?: CallOptions): Promise<ToolResult>;
  /** Registers the answer to `sampling/createMessage` on a client. */
  onSampling(client: Client, answer: () => unknown): void;
}

type Loaded = Omit<Sdk, 'newClient' | 'newServer' | 'callTool' | 'isSecond' | 'onSampling'> & {
  readonly Client: new (info: object, options: object) => Client;
  readonly McpServer: new (info: object, options: object) => Server;
  readonly z: { number(): { optional(): unknown }; object(shape: object): object };
  readonly types?: Readonly<Record<string, unknown>>;
};

export async function loadSdk(release: Pick<ClientRelease, 'load'>): Promise<Sdk> {
  const loaded = (await release.load()) as unknown as Loaded;
  const isSecond = loaded.types === undefined;
  return {
    ...loaded,
    isSecond,
    newServer: () => serverWithTools(loaded, isSecond),
    newClient: (options) =>
      new loaded.Client({ name: 'host', version: '1.0.0' }, { capabilities: { sampling: {} }, ...options }),
    callTool: (client, name, args = {}, options) => {
      const params = { name, arguments: args };
      return isSecond ? client.callTool(params, options) : client.callTool(params, undefined, options);
    },
    onSampling: (client, answer) => {
      const method = 'sampling/createMessage';
      client.setRequestHandler(isSecond ? method : loaded.types?.CreateMessageRequestSchema, answer);
    },
  };
}

const text = (value: unknown) => ({ content: [{ type: 'text', text: String(value) }] });

function serverWithTools({ McpServer, z }: Loaded, isSecond: boolean): Server {
  const server = new McpServer({ name: 'tools', version: '1.0.0' }, { capabilities: { logging: {} } });
  const number = z.number().optional();
  const shape = { a: number, b: number };
  const register = (name: string, callback: (args: Args, extra: Extra) => unknown) =>
    server.registerTool(name, { description: name, inputSchema: isSecond ? z.object(shape) : shape }, callback);
  register('add', async ({ a = 0, b = 0 }) => {
    await sleep(5);
    foreignSpan(`inside ${a}`);
    return text(a + b);
  });
  register('fails', () => {
    throw new Error('the tool failed');
  });
  register('waits', async ({ a = 0 }, extra) => {
    const { signal } = extra.mcpReq ?? extra;
    await Promise.race([sleep(a), new Promise((done) => signal?.addEventListener('abort', done))]);
    return text('waited');
  });
  register('reports', async (_args, extra) => {
    const progressToken = (extra.mcpReq ?? extra)._meta?.progressToken;
    const notify = extra.mcpReq?.notify ?? extra.sendNotification!;
    for (const progress of [1, 2]) {
      await notify({ method: 'notifications/progress', params: { progressToken, progress, total: 2 } });
    }
    return text('reported');
  });
  register('asks', async () => {
    const messages = [{ role: 'user', content: { type: 'text', text: 'well?' } }];
    return text((await server.server.createMessage({ messages, maxTokens: 10 })).content.text);
  });
  const greet = () => ({ messages: [{ role: 'user', content: { type: 'text', text: 'hello' } }] });
  const memo = () => ({ contents: [{ uri: 'memo://today', text: 'buy milk' }] });
  // Older releases have other names for these.
  if (server.registerPrompt === undefined) server.prompt?.('greet', greet);
  else server.registerPrompt('greet', { description: 'greets' }, greet);
  if (server.registerResource === undefined) server.resource?.('memo', 'memo://today', memo);
  else server.registerResource('memo', 'memo://today', {}, memo);
  return server;
}
