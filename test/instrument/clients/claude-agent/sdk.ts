import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClientRelease } from '../../../support/clients.ts';
import type { Vendor } from '../../../support/vendors/vendor.ts';
import type { Loose } from '../host-view.ts';

/** What the tests use of a release of the SDK. */
export interface Sdk {
  query(params: { prompt: unknown; options: object }): Query;
  createSdkMcpServer(options: object): object;
  tool(name: string, description: string, shape: object, handler: (args: Loose, extra: Loose) => unknown): object;
  readonly z: { number(): object };
}

export interface Query extends AsyncGenerator<Loose, void> {
  interrupt(): Promise<unknown>;
  setPermissionMode(mode: string): Promise<void>;
  supportedModels(): Promise<unknown[]>;
  /** As of 0.2. */
  close?(): void;
}

export async function loadSdk(release: ClientRelease): Promise<Sdk> {
  return (await release.load()) as unknown as Sdk;
}

/** What Claude Code is run with, so that it asks nobody but the fake API and writes nowhere but to a folder of its own. */
export interface Cage {
  readonly env: Record<string, string>;
  /** The processes that were started, and the environments that they got. */
  readonly children: { readonly process: ChildProcess; readonly env: Record<string, string | undefined> }[];
  options(more?: object): object;
  /** Ends what still runs. */
  remove(): Promise<void>;
}

export const MODEL = 'claude-sonnet-4-5';

export function newCage(server: Vendor): Cage {
  const home = mkdtempSync(join(tmpdir(), 'trace-analyze-claude-'));
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: home,
    CLAUDE_CONFIG_DIR: join(home, '.claude'),
    ANTHROPIC_BASE_URL: server.origin,
    ANTHROPIC_API_KEY: 'sk-ant-fake',
    CLAUDE_CODE_MAX_RETRIES: '1',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    DISABLE_ERROR_REPORTING: '1',
    DISABLE_TELEMETRY: '1',
  };
  const children: Cage['children'] = [];
  return {
    env,
    children,
    options: (more) => ({ env, cwd: home, model: MODEL, spawnClaudeCodeProcess: spawned(children), ...more }),
    async remove() {
      for (const { process: child } of children) {
        if (hasEnded(child)) continue;
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

export function hasEnded({ exitCode, signalCode, pid }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null || pid === undefined;
}

function spawned(children: Cage['children']) {
  return ({ command, args, cwd, env, signal }: Loose) => {
    const child = spawn(command, args, { cwd, env, signal, stdio: ['pipe', 'pipe', 'ignore'] });
    children.push({ process: child, env });
    return child;
  };
}

/** A server in this process with the tools `add` and `bad`, which fails. */
export function localTools(sdk: Sdk, onCall: (name: string) => unknown = () => undefined) {
  const shape = { a: sdk.z.number() };
  const add = sdk.tool('add', 'Adds one.', shape, async ({ a }) => {
    await onCall('add');
    return { content: [{ type: 'text', text: String(a + 1) }] };
  });
  const bad = sdk.tool('bad', 'Fails.', shape, async () => {
    await onCall('bad');
    throw new Error('It broke.');
  });
  return {
    mcpServers: { local: sdk.createSdkMcpServer({ name: 'local', tools: [add, bad] }) },
    allowedTools: ['mcp__local__add', 'mcp__local__bad'],
  };
}

/** A prompt for more than one turn. */
export async function* spoken(texts: AsyncIterable<string> | Iterable<string>): AsyncGenerator<object> {
  for await (const content of texts) {
    yield { type: 'user', session_id: '', parent_tool_use_id: null, message: { role: 'user', content } };
  }
}
