import { trace } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest';
import { agent, current, step, tool } from '../../src/instrument/index.ts';
import { durationMs, foreignSpan, idOf, parentIdOf, type Recorder, sleep, startRecorder } from './recorder.ts';

let recorder: Recorder;

beforeEach(() => {
  recorder = startRecorder();
});

afterEach(() => recorder.stop());

/** As popular ones do it: whoever is done runs the next one, in its own context. */
function limiter(most: number) {
  const waiting: (() => void)[] = [];
  let running = 0;
  const next = () => {
    if (running >= most) return;
    const start = waiting.shift();
    if (start === undefined) return;
    running++;
    start();
  };
  return <T>(run: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      waiting.push(() => {
        const done = () => {
          running--;
          next();
        };
        run().then(resolve, reject).then(done, done);
      });
      next();
    });
}

const waitMs = (index: number) => (recorder.spans[index]!.attributes['ta.queue_wait'] as number) * 1000;

describe('a call with a limit', () => {
  it('lasts from the call, and knows how long it waited for its turn', async () => {
    const work = tool('work', { limit: limiter(1) }, async (id: string) => {
      foreignSpan(id);
      await sleep(40);
      current().attributes({ id });
      return id;
    });
    expectTypeOf(work).toEqualTypeOf<(id: string) => Promise<string>>();
    expect(await agent('a', () => Promise.all([work('x'), work('y'), work('z')]))()).toEqual(['x', 'y', 'z']);
    const spans = ['x', 'y', 'z'].map((id) => recorder.spans.find((span) => span.attributes.id === id)!);
    const waits = spans.map((span) => (span.attributes['ta.queue_wait'] as number) * 1000);
    expect(waits[0]).toBeLessThan(30);
    expect(waits[1]).toBeGreaterThanOrEqual(38);
    expect(waits[2]).toBeGreaterThanOrEqual(77);
    // What is left is the run.
    for (const [i, span] of spans.entries()) expect(durationMs(span) - waits[i]!).toBeGreaterThanOrEqual(38);
    // Though the limiter runs them where another call ends, they run in their own contexts.
    for (const [i, id] of ['x', 'y', 'z'].entries()) expect(parentIdOf(recorder.span(id))).toBe(idOf(spans[i]!));
  });

  it('fails as its function does', async () => {
    const reason = new Error('no');
    const work = tool('work', { limit: limiter(2) }, async () => Promise.reject(reason));
    await expect(work()).rejects.toBe(reason);
    expect(recorder.span('execute_tool work').attributes['error.type']).toBe('Error');
  });

  it('is limited where nothing records, too', async () => {
    await recorder.stop();
    let [running, most] = [0, 0];
    const work = tool('work', { limit: limiter(2) }, async () => {
      most = Math.max(most, ++running);
      await sleep(2);
      running--;
    });
    await Promise.all(Array.from({ length: 6 }, () => work()));
    expect(most).toBe(2);
  });

  it('needs a function for it', () => {
    expect(() => tool('x', { limit: 2 as never }, async () => 1)).toThrow(TypeError);
  });
});

describe('current().started()', () => {
  it('ends the wait, the first time', async () => {
    await step('s', async () => {
      await sleep(30);
      current().started();
      await sleep(30);
      current().started();
    })();
    expect(waitMs(0)).toBeGreaterThanOrEqual(28);
    expect(durationMs(recorder.spans[0]!) - waitMs(0)).toBeGreaterThanOrEqual(28);
  });

  it('is not there where nothing waits', () => {
    step('s', () => trace.getActiveSpan())();
    expect(recorder.spans[0]!.attributes).toEqual({});
  });
});
