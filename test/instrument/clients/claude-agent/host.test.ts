import { beforeAll, describe, expect, it } from 'vitest';
import { traceQuery } from '../../../../src/instrument/clients/claude-agent.ts';
import { describeReleases } from '../../../support/clients.ts';
import { described, hostView, type Loose, type Note } from '../host-view.ts';
import { loadSdk, localTools, type Query, type Sdk, spoken } from './sdk.ts';
import { setUp, TIMEOUT } from './setup.ts';

const set = setUp();

const DONE = { text: 'Done.' };
const TOOLS = {
  toolUses: [
    { name: 'mcp__local__add', id: 'toolu_add', input: { a: 1 } },
    { name: 'mcp__local__bad', id: 'toolu_bad', input: { a: 1 } },
  ],
};

type Program = (sdk: Sdk, query: Sdk['query'], note: Note) => Promise<unknown>;

/** Times, ids and what else of a message differs from run to run; and where the process put its files. */
const VOLATILE =
  /^(uuid|.*session_id|.*_ms|timestamp|.*cost.*|cwd|.*memory_path|.*request_id|.*[Uu]sage|.*plugins|stop_reason|messaging_socket_path)$/i;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function shown(value: Loose): Loose {
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value === 'string' && UUID.test(value)) return 'an id';
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value).map(([key, held]) => [key, VOLATILE.test(key) ? 'volatile' : shown(held)]);
}

async function noteAll(query: Query, note: Note): Promise<void> {
  for await (const message of query) {
    note('message', shown(message));
    queueMicrotask(() => note('microtask'));
  }
}

/** What a program can see of the query itself. */
function noteQuery(query: Loose, note: Note): void {
  const methods = ['interrupt', 'setPermissionMode', 'supportedCommands', 'streamInput'];
  note('keys', Object.keys(query));
  note('class', [query.constructor.name, Object.prototype.toString.call(query)]);
  note(
    'methods',
    methods.map((name) => described(query[name])),
  );
}

const PROGRAMS: Readonly<Record<string, Program>> = {
  'a run with tools': async (sdk, query, note) => {
    set.server.say((_, results) => (results === 0 ? TOOLS : DONE));
    const running = query({ prompt: 'add', options: set.cage.options(localTools(sdk, (name) => note('ran', name))) });
    noteQuery(running, note);
    await noteAll(running, note);
    note('afterwards', await running.next());
  },
  'a run that fails': async (_, query, note) => {
    set.server.say(() => ({ faults: { status: 400 } }));
    await noteAll(query({ prompt: 'hello', options: set.cage.options() }), note);
  },
  'a run read by hand, and left': async (_, query, note) => {
    set.server.say(() => DONE);
    const running = query({ prompt: 'hello', options: set.cage.options() });
    const step = running.next();
    note('step', [step instanceof Promise, step.constructor.name]);
    note('first', shown((await step).value).slice(0, 2));
    note('left', await running.return());
    note('afterwards', await running.next());
  },
  'control requests': async (_, query, note) => {
    set.server.say(() => DONE);
    let leave: (value?: unknown) => void = () => undefined;
    async function* texts() {
      yield 'hello';
      await new Promise((resolve) => {
        leave = resolve;
      });
    }
    const running = query({ prompt: spoken(texts()), options: set.cage.options() });
    note('models', (await running.supportedModels()).length > 0);
    note('mode', await running.setPermissionMode('acceptEdits'));
    for await (const message of running) if (message.type === 'result') leave();
  },
  'no such program': async (_, query, note) => {
    const options = { cwd: set.cage.env.HOME, pathToClaudeCodeExecutable: '/no/such/claude', env: set.cage.env };
    await noteAll(query({ prompt: 'hello', options }), note);
  },
  'a wrong argument': async (_, query) => query(undefined as never),
};

describeReleases('claude-agent', (release) => {
  let sdk: Sdk;
  beforeAll(async () => {
    sdk = await loadSdk(release);
  });

  describe('the host sees the same with and without it:', () => {
    for (const [name, program] of Object.entries(PROGRAMS)) {
      it(name, { timeout: 2 * TIMEOUT }, async () => {
        const bare = await hostView(set.server, (note) => program(sdk, sdk.query, note));
        const wrapped = await hostView(set.server, (note) => program(sdk, traceQuery(sdk.query), note));
        expect(wrapped.log).toEqual(bare.log);
        expect(wrapped.unhandled).toEqual(bare.unhandled);
        expect(bare.log.length).toBeGreaterThan(0);
        expect(set.recorder.spans.filter((span) => span.name === 'invoke_agent claude')).toHaveLength(1);
      });
    }
  });

  it('is the very query of the SDK, and one view however often it is wrapped', () => {
    const traced = traceQuery(sdk.query);
    expect(traceQuery(traced)).toBe(traced);
    expect([traced.name, traced.length]).toEqual([sdk.query.name, sdk.query.length]);
  });
});
