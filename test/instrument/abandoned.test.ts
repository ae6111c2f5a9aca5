import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { llm, tool } from '../../src/instrument/index.ts';
import { durationMs, type Recorder, sleep, startRecorder } from './recorder.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

let recorder: Recorder;

beforeEach(() => {
  recorder = startRecorder();
});

afterEach(() => recorder.stop());

/** Collects until `count` spans have ended; finalizers run when they like. */
async function collectUntil(count: number): Promise<void> {
  for (let tries = 0; tries < 100 && recorder.spans.length < count; tries++) {
    collectGarbage();
    await sleep(10);
  }
}

const endless = (): AsyncIterable<number> => ({
  async *[Symbol.asyncIterator]() {
    for (let i = 0; ; i++) yield i;
  },
});

describe('a stream that the host throws away', () => {
  it.each<[string, () => object]>([
    ['a generator', () => endless()[Symbol.asyncIterator]()],
    ['an async iterable', endless],
    ['a ReadableStream', () => new ReadableStream()],
    // biome-ignore lint/suspicious/noThenProperty: the thing that is tested
    ['a query that is never run', () => ({ then: () => undefined })],
  ])('has its span when it is collected, until something happened last: %s', async (_what, make) => {
    const read = tool('x', make);
    read();
    await sleep(50);
    await collectUntil(1);
    const span = recorder.span('execute_tool x');
    expect(span.attributes['ta.incomplete']).toBe('abandoned');
    expect(durationMs(span)).toBeLessThan(45);
  });

  it('is a cut answer where a model gave it', async () => {
    const read = llm('chat', endless);
    await read()[Symbol.asyncIterator]().next();
    await collectUntil(1);
    expect(recorder.span('chat').attributes['gen_ai.response.finish_reasons']).toEqual(['error']);
  });

  it('is not thrown away while only its iterator or its reader is held', async () => {
    const iterator = tool('x', endless)()[Symbol.asyncIterator]();
    const reader = tool('y', () => new ReadableStream({ pull: (controller) => controller.enqueue(1) }))().getReader();
    for (let i = 0; i < 10; i++) {
      collectGarbage();
      await sleep(5);
      expect([(await iterator.next()).value, (await reader.read()).value]).toEqual([i, 1]);
    }
    expect(recorder.spans).toEqual([]);
    await Promise.all([iterator.return?.(), reader.cancel()]);
    expect(recorder.spans.map((span) => span.attributes['ta.incomplete'])).toEqual([undefined, undefined]);
  });
});
