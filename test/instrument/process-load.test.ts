import { context, propagation, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agent, llm, step, tool } from '../../src/instrument/index.ts';
import { durationMs, type Recorder, sleep, startRecorder } from './recorder.ts';

let recorder: Recorder;

beforeEach(() => {
  recorder = startRecorder();
});

afterEach(() => recorder.stop());

/** Keeps the thread busy until it has used that much CPU, however long a busy machine takes for it. */
function compute(ms: number): void {
  const before = process.cpuUsage();
  for (;;) {
    for (let i = 0; i < 1e5; i++) Math.sqrt(i);
    const { user, system } = process.cpuUsage(before);
    if ((user + system) / 1000 >= ms) return;
  }
}

const cpuMs = ({ attributes }: ReadableSpan) => (attributes['ta.cpu_time'] as number) * 1000;
const utilization = ({ attributes }: ReadableSpan) => attributes['ta.event_loop_utilization'] as number;

describe('the load of an agent', () => {
  it('that computes: CPU time, and no time for the event loop', async () => {
    await agent('busy', async () => {
      await sleep(1);
      compute(150);
    })();
    const span = recorder.span('invoke_agent busy');
    expect(cpuMs(span)).toBeGreaterThanOrEqual(148);
    expect(cpuMs(span)).toBeLessThan(400);
    expect(utilization(span)).toBeGreaterThan(0.8);
    expect(utilization(span)).toBeLessThanOrEqual(1);
  });

  it('that waits: next to no CPU time, and an idle event loop', async () => {
    await agent('waiting', () => sleep(300))();
    const span = recorder.span('invoke_agent waiting');
    expect(cpuMs(span)).toBeGreaterThanOrEqual(0);
    expect(cpuMs(span)).toBeLessThan(150);
    expect(utilization(span)).toBeGreaterThanOrEqual(0);
    expect(utilization(span)).toBeLessThan(0.5);
  });

  it('that does one after the other: the share of each', async () => {
    await agent('both', async () => {
      compute(100);
      await sleep(100);
    })();
    const span = recorder.span('invoke_agent both');
    const busy = durationMs(span) - 100;
    expect(utilization(span)).toBeGreaterThan((busy / durationMs(span)) * 0.7);
    expect(utilization(span)).toBeLessThan(0.95);
  });
});

describe('load is recorded', () => {
  const has = (name: string) => 'ta.cpu_time' in recorder.span(name).attributes;

  it('of agents and of the outermost call here, not of the others, nor of what another machine does', async () => {
    const inner = agent('inner', () => sleep(110));
    await step('root', async () => {
      await step('below', () => inner())();
      await tool('t', () => sleep(110))();
    })();
    await llm('chat', () => sleep(110))();
    expect(['root', 'below', 'execute_tool t', 'invoke_agent inner', 'chat'].map(has)).toEqual([
      true,
      false,
      false,
      true,
      false,
    ]);
  });

  it('of what another process asked for', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const remote = propagation.extract(context.active(), { traceparent });
    await context.with(remote, () => tool('t', () => sleep(110))());
    expect(has('execute_tool t')).toBe(true);
    await trace.getTracer('other').startActiveSpan('local', async (span) => {
      await tool('u', () => sleep(110))();
      span.end();
    });
    expect(has('execute_tool u')).toBe(false);
  });

  it('of nothing shorter than 100 milliseconds', () => {
    step('short', () => undefined)();
    expect(recorder.span('short').attributes).toEqual({});
  });
});

it('how many other runs there were meanwhile is said', async () => {
  const run = agent('run', (ms: number) => sleep(ms));
  await Promise.all([run(150), run(400), sleep(250).then(() => run(300))]);
  await run(110);
  const seen = recorder.spans.map((span) => span.attributes['ta.concurrent_runs']);
  expect(seen).toEqual([1, 2, 1, undefined]);
});
