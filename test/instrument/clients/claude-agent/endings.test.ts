import { beforeAll, expect, it } from 'vitest';
import { traceQuery } from '../../../../src/instrument/clients/claude-agent.ts';
import { describeReleases } from '../../../support/clients.ts';
import { durationMs, outcome, sleep } from '../../recorder.ts';
import { collectUntil, type Loose, readAll } from '../host-view.ts';
import { hasEnded, loadSdk, localTools, MODEL, type Query, type Sdk, spoken } from './sdk.ts';
import { setUp, TIMEOUT } from './setup.ts';

const set = setUp();

const DONE = { text: 'Done.' };
const READ = { toolUses: [{ name: 'Read', id: 'toolu_read', input: { file_path: '/etc/hosts' } }] };
const ADD = { toolUses: [{ name: 'mcp__local__add', id: 'toolu_add', input: { a: 1 } }] };

describeReleases('claude-agent', (release) => {
  let sdk: Sdk;
  const isFirst = release.name === 'claude-agent-0.1';
  const start = (options: object, prompt: unknown = 'hello'): Query =>
    traceQuery(sdk.query)({ prompt, options: set.cage.options(options) });
  const agent = () => set.recorder.span('invoke_agent claude');
  beforeAll(async () => {
    sdk = await loadSdk(release);
  });

  it.each([
    [400, /^(invalid_request|400)$/],
    [500, /^(server_error|500)$/],
  ])('fails with what the API said: %i', { timeout: TIMEOUT }, async (status, type) => {
    set.server.say(() => ({ faults: { status } }));
    const error: Loose = await readAll(start({})).catch((thrown: unknown) => thrown);
    expect(error.message).toMatch(/[45]00|exited with code 1/);
    const { attributes } = set.recorder.span(`chat ${MODEL}`);
    expect(attributes).toMatchObject({ 'http.response.status_code': status, 'gen_ai.request.model': MODEL });
    expect(attributes['error.type']).toMatch(type);
    expect(outcome(set.recorder.span(`chat ${MODEL}`))).toBe('error');
    expect(agent().attributes['error.type']).toBe(attributes['error.type']);
    expect(outcome(agent())).toBe('error + exception');
  });

  it('is one model call that was made again where the API was busy', { timeout: TIMEOUT }, async () => {
    let failures = 1;
    set.server.say(() => (failures-- > 0 ? { faults: { status: 529 } } : DONE));
    await readAll(start({}));
    const chat = set.recorder.span(`chat ${MODEL}`);
    expect([outcome(chat), outcome(agent())]).toEqual(['unset', 'unset']);
    // The first of the releases does not tell.
    if (isFirst) return;
    expect(chat.attributes['ta.retried']).toBe(true);
    expect(chat.events.map(({ name }) => name)).toEqual(['ta.last_attempt']);
  });

  it('fails where the turns are used up', { timeout: TIMEOUT }, async () => {
    set.server.say(() => READ);
    await readAll(start({ maxTurns: 1, allowedTools: ['Read'] })).catch(() => undefined);
    expect(agent().attributes).toMatchObject({ 'error.type': 'error_max_turns', 'ta.agent.turns': 2 });
    expect(outcome(agent())).toMatch(/^error/);
    expect(outcome(set.recorder.span('execute_tool Read'))).toBe('unset');
  });

  it('has stopped early where the host leaves', { timeout: TIMEOUT }, async () => {
    set.server.say((_, results) => (results === 0 ? READ : { faults: { hang: true } }));
    for await (const message of start({ allowedTools: ['Read'] })) if (message.type === 'user') break;
    expect(agent().attributes['ta.stopped_early']).toBe(true);
    expect(set.recorder.spans.map(outcome)).toEqual(['unset', 'unset', 'unset']);
  });

  it('has stopped early where the host interrupts it', { timeout: TIMEOUT }, async () => {
    set.server.say(() => ({ faults: { pieces: 1000, betweenMs: 20 } }));
    let leave: (value?: unknown) => void = () => undefined;
    async function* texts() {
      yield 'hello';
      await new Promise((resolve) => {
        leave = resolve;
      });
    }
    const query = start({ includePartialMessages: true }, spoken(texts()));
    const subtypes: string[] = [];
    const read = async () => {
      for await (const message of query) {
        if (message.event?.type === 'content_block_start') void query.interrupt();
        if (message.type !== 'result') continue;
        subtypes.push(message.subtype);
        leave();
      }
    };
    // Later releases throw at the end of a conversation whose last turn was interrupted.
    const error: unknown = await read().catch((thrown: unknown) => thrown);
    expect(subtypes).toEqual(['error_during_execution']);
    const { attributes } = agent();
    expect(attributes['ta.stopped_early']).toBe(true);
    expect(attributes['error.type']).toBe(error === undefined ? undefined : 'error_during_execution');
    expect(set.recorder.span(`chat ${MODEL}`).attributes['gen_ai.response.finish_reasons']).toEqual(['error']);
  });

  it('fails with the signal that killed the process, and so does the tool that ran', { timeout: TIMEOUT }, async () => {
    set.server.say(() => ADD);
    const tools = localTools(sdk, () => {
      // Not by the child's own method: then the SDK takes it for its own doing.
      process.kill(set.cage.children[0]!.process.pid!, 'SIGKILL');
      return new Promise(() => undefined);
    });
    await expect(readAll(start(tools))).rejects.toThrow('SIGKILL');
    for (const name of ['invoke_agent claude', 'execute_tool mcp__local__add']) {
      expect(set.recorder.span(name).attributes['error.type']).toBe('SIGKILL');
      expect(outcome(set.recorder.span(name))).toBe('error + exception');
    }
    expect(outcome(set.recorder.span(`chat ${MODEL}`))).toBe('unset');
  });

  it('is marked as abandoned where nobody reads it', { timeout: TIMEOUT }, async () => {
    set.server.say(() => DONE);
    const started = performance.now();
    start({});
    // It runs all the same, and is no garbage as long as it does.
    for (let tries = 0; tries < 1500 && !hasEnded(set.cage.children[0]!.process); tries++) await sleep(50);
    const ranMs = performance.now() - started;
    await collectUntil(set.recorder, 2);
    expect(agent().attributes).toMatchObject({ 'ta.incomplete': 'abandoned', 'ta.agent.turns': 1 });
    expect(outcome(set.recorder.span(`chat ${MODEL}`))).toBe('unset');
    expect(durationMs(agent())).toBeLessThanOrEqual(ranMs);
  });

  if (!isFirst) {
    it('has stopped early where the host closes it', { timeout: TIMEOUT }, async () => {
      set.server.say(() => ({ faults: { hang: true } }));
      const query = start({});
      const types: string[] = [];
      for await (const message of query) {
        types.push(message.type);
        query.close!();
      }
      expect(types).toEqual(['system']);
      expect(agent().attributes['ta.stopped_early']).toBe(true);
      expect(outcome(agent())).toBe('unset');
    });
  }

  it('fails where the host aborts it', { timeout: TIMEOUT }, async () => {
    set.server.say(() => ({ faults: { hang: true } }));
    const abortController = new AbortController();
    const read = async () => {
      for await (const _ of start({ abortController })) abortController.abort();
    };
    await expect(read()).rejects.toThrow('aborted by user');
    expect(agent().attributes['error.type']).toBe('AbortError');
    expect(outcome(agent())).toBe('error + exception');
  });
});
