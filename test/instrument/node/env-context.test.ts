import { spawn } from 'node:child_process';
import { context, propagation, trace } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OtlpSpan } from '../../../src/analyze/formats/otlp-types.ts';
import { agent, session, step, tool } from '../../../src/instrument/index.ts';
import { childEnv, fromEnv } from '../../../src/instrument/node/index.ts';
import { attributesOf, type Collector, startCollector } from '../../support/collector.ts';
import { compilePrograms, type Programs } from '../../support/run-program.ts';
import { parentIdOf, type Recorder, startRecorder } from '../recorder.ts';

const PROGRAM = 'test/instrument/programs/context';
/** Loaded by its name alone, so that no compiler would find it. */

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const ENV = {
  TRACEPARENT: `00-${TRACE}-${SPAN}-01`,
  TRACESTATE: 'vendor=1',
  BAGGAGE: 'gen_ai.conversation.id=conv-1,gen_ai.agent.name=planner',
};

describe('in one process', () => {
  let recorder: Recorder;

  beforeEach(() => {
    recorder = startRecorder();
  });
  afterEach(async () => {
    fromEnv(() => undefined, {});
    await recorder.stop();
  });

  it('childEnv() is a copy with the context in capitals', () => {
    const env = Object.freeze({ PATH: '/bin', nothing: undefined, traceparent: 'not a variable of ours' });
    const made = session(
      'conv-1',
      agent('planner', () => childEnv(env)),
    );
    const { traceId, spanId } = recorder.span('invoke_agent planner').spanContext();
    expect(made).toEqual({
      PATH: '/bin',
      ...(process.platform === 'win32' ? {} : { traceparent: 'not a variable of ours' }),
      TRACEPARENT: `00-${traceId}-${spanId}-01`,
      BAGGAGE: 'gen_ai.conversation.id=conv-1,gen_ai.agent.name=planner',
    });
  });

  it('childEnv() takes out what no longer holds', () => {
    expect(childEnv({ ...ENV, PATH: '/bin' })).toEqual({ PATH: '/bin' });
    const made = step('work', () => childEnv(ENV))();
    expect(made).toEqual({ TRACEPARENT: expect.stringContaining(recorder.span('work').spanContext().spanId) });
  });

  it('childEnv() is by default that of this process', () => {
    expect(childEnv()).toEqual({ ...process.env });
  });

  it('fromEnv(fn) runs a function in the trace, and nothing else', () => {
    const work = tool('work', () => 7);
    expect(fromEnv(work, ENV)).toBe(7);
    const span = recorder.span('execute_tool work');
    expect([span.spanContext().traceId, parentIdOf(span)]).toEqual([TRACE, SPAN]);
    expect(span.attributes).toMatchObject({ 'gen_ai.conversation.id': 'conv-1', 'gen_ai.agent.name': 'planner' });
    step('aside', () => undefined)();
    expect(recorder.span('aside').parentSpanContext).toBeUndefined();
  });

  it.each([{}, { TRACEPARENT: '' }, { TRACEPARENT: 'nonsense' }, { traceparent: ENV.TRACEPARENT }])(
    'fromEnv(fn) runs it as it is in %o',
    (env) => {
      if (process.platform === 'win32' && 'traceparent' in env) return;
      fromEnv(
        step('work', () => undefined),
        env,
      );
      expect(recorder.span('work').parentSpanContext).toBeUndefined();
    },
  );

  it('variables are named for the fields of the propagator', async () => {
    propagation.disable();
    propagation.setGlobalPropagator({
      fields: () => ['x-b3-traceid', '1st'],
      inject: (active, carrier, setter) => setter.set(carrier, 'x-b3-traceid', trace.getSpanContext(active)!.traceId),
      extract: (active, carrier, getter) => {
        seen = [getter.get(carrier, 'x-b3-traceid'), getter.get(carrier, '1st')];
        return active;
      },
    });
    let seen: unknown;
    const made = step('work', () => childEnv({ X_B3_TRACEID: 'old' }))();
    expect(made).toEqual({ X_B3_TRACEID: recorder.span('work').spanContext().traceId });
    fromEnv(() => undefined, { X_B3_TRACEID: 'a', _1ST: 'b' });
    expect(seen).toEqual(['a', 'b']);
  });

  it('nothing that fails in a propagator is noticed', () => {
    const fail = () => {
      throw new Error('mine');
    };
    propagation.disable();
    propagation.setGlobalPropagator({ fields: fail, inject: fail, extract: fail });
    expect(childEnv({ PATH: '/bin' })).toEqual({ PATH: '/bin' });
    expect(fromEnv(() => 7, ENV)).toBe(7);
    expect(context.active()).toBeDefined();
  });
});

describe('across processes', () => {
  let programs: Programs;
  let collector: Collector;

  beforeAll(() => {
    programs = compilePrograms(PROGRAM);
  });
  afterAll(() => programs.remove());
  beforeEach(async () => {
    collector = await startCollector();
  });
  afterEach(() => collector.close());

  async function run(scenario: string, env: Record<string, string> = {}): Promise<string> {
    const { stdout, stderr, code } = await programs.run(PROGRAM, [collector.url, scenario], {
      TRACEPARENT: '',
      BAGGAGE: '',
      ...env,
    });
    expect([stderr, code]).toEqual(['', 0]);
    return stdout;
  }

  const named = (name: string): OtlpSpan => {
    const found = collector.named(name);
    expect(found, `${name} among ${collector.spans().map((span) => span.name)}`).toHaveLength(1);
    return found[0]!;
  };
  const seenIn = (span: OtlpSpan) => {
    const { 'gen_ai.conversation.id': id, 'gen_ai.agent.name': name } = attributesOf(span.attributes);
    return { trace: span.traceId, parent: span.parentSpanId, session: id, agent: name };
  };
  const planner = () => {
    const { traceId, spanId } = named('invoke_agent planner');
    return { trace: traceId, parent: spanId, session: 'conv-1', agent: 'planner' };
  };

  it('a whole process is part of the trace that started it', async () => {
    expect(await run('parent of a whole process')).toBe('true');
    expect(collector.named('execute_tool work').map(seenIn)).toEqual([planner(), planner()]);
  });

  it('one function of it is', async () => {
    expect(await run('parent of a function')).toBe('"done"');
    expect(seenIn(named('execute_tool work'))).toEqual(planner());
    const { trace: traceId } = planner();
    expect(named('aside').traceId).not.toBe(traceId);
    expect(named('aside').parentSpanId ?? '').toBe('');
  });

  it('and so is what it starts itself', async () => {
    expect(await run('parent of grandchildren')).toBe('true');
    expect(collector.named('execute_tool work').map(seenIn)).toEqual([planner(), planner()]);
  });

  it('nothing is joined unless it is asked for', async () => {
    await run('parent of one that asks nothing');
    expect(named('execute_tool work').traceId).not.toBe(planner().trace);
  });

  it('a stale variable is not handed on', async () => {
    const stdout = await run('parent that traces nothing', { TRACEPARENT: ENV.TRACEPARENT });
    expect(stdout).toBe('[null,"1"]false');
    for (const span of collector.named('execute_tool work')) expect(span.parentSpanId ?? '').toBe('');
  });

  it('a worker thread is part of the trace that its data or a message comes from', async () => {
    await run('parent of a worker thread');
    expect(seenIn(named('execute_tool work'))).toEqual(planner());
    expect(seenIn(named('on message'))).toEqual(planner());
  });

  it('a batch of messages between processes links to what sent each', async () => {
    await run('parent with a queue');
    const consumed = named('consume');
    const published = collector.named('publish');
    expect(consumed.links?.map(({ traceId, spanId }) => [traceId, spanId])).toEqual(
      published.map(({ traceId, spanId }) => [traceId, spanId]),
    );
    expect(published).toHaveLength(3);
    expect(seenIn(consumed).session).toBe('conv-1');
    expect(consumed.parentSpanId ?? '').toBe('');
  });

  it('a server is part of the trace of its clients, over fetch and over node:http', async () => {
    const args = [programs.path(PROGRAM), collector.url, 'server over HTTP'];
    const server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise((resolve) => server.on('exit', resolve));
    const address = await new Promise<string>((resolve) => server.stdout.once('data', (data) => resolve(`${data}`)));
    const url = `http://127.0.0.1:${JSON.parse(address).port}`;
    const { stderr, code } = await programs.run(PROGRAM, [collector.url, 'client over HTTP', url]);
    expect([stderr, code, await ended]).toEqual(['', 0, 0]);
    const { trace: traceId } = planner();
    const served = collector.spans().filter(({ kind }) => kind === 2);
    const sent = collector.spans().filter(({ kind }) => kind === 3);
    expect([served.length, sent.length]).toEqual([2, 2]);
    expect(served.map((span) => span.parentSpanId).sort()).toEqual(sent.map((span) => span.spanId).sort());
    const works = collector.named('execute_tool work');
    expect(works.map((span) => span.parentSpanId).sort()).toEqual(served.map((span) => span.spanId).sort());
    for (const span of [...served, ...works]) expect(seenIn(span)).toMatchObject({ trace: traceId, session: 'conv-1' });
    // What is below the server's span is found to be the agent's by its parent.
    expect(served.map((span) => seenIn(span).agent)).toEqual(['planner', 'planner']);
  });
});
